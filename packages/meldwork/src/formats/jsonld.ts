import { CodedError } from '../errors.js'
import { type ContextLoader, NotJson, type RDF } from '../rdf/index.js'
import { readDocument } from './jsonld-document.js'
import { ExpandedQuads } from './jsonld-quads.js'

export { type SerializeOptions, serialize } from './jsonld-serializer.js'

/** How to parse. */
export interface ParseOptions {
  /** What relative IRIs are resolved against. */
  readonly baseIri?: string
  /** A context that holds where the document has none, such as `{ '@vocab': 'http://board.example/#' }`. */
  readonly context?: object
  /** Gives the contexts that are named by their address. Without it, a document that names one is refused: nothing is ever fetched. */
  readonly contextLoader?: ContextLoader
  /**
   * Whether to refuse a document of which something would be left out, such as a property that no context makes an IRI, or a `@direction`. Default true; JSON-LD
   * itself leaves it out without a word.
   */
  readonly strict?: boolean
}

/** As much as is used of the package, which has no declarations of its own. */
interface Processor {
  expand(document: unknown, options: object): Promise<readonly unknown[]>
}

let calls = 0

/**
 * Parses JSON-LD 1.1. The document is read piece by piece and held whole: what its beginning means may be said at its end. Lists are given as the triples of
 * `rdf:first` and `rdf:rest`, values of `@json` in their canonical text. Blank nodes get labels that no other call of this
 * function gives.
 * @param text pieces of any length, cut anywhere; bytes are UTF-8
 * @throws `parse-failed` with the line, or 1 when the fault has no place; `context-invalid` for a context that is not given or cannot be used;
 *   `package-missing`; whatever reading `text` throws
 */
export async function* parse(
  text: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  options: ParseOptions = {},
): AsyncGenerator<RDF.Quad, void, undefined> {
  const { expand } = await load()
  const nodes = await expanded(expand, await readDocument(text), options)
  const refuse = (what: string) => {
    if (options.strict ?? true) throw notJsonLd(`${what} cannot be kept`)
  }
  try {
    yield* new ExpandedQuads(`jsonld${++calls}`, refuse).all(nodes)
  } catch (error) {
    throw error instanceof NotJson ? notJsonLd(error.message, error) : error
  }
}

async function expanded(
  expand: Processor['expand'],
  document: unknown,
  options: ParseOptions,
): Promise<readonly unknown[]> {
  let refusal: CodedError | undefined
  const documentLoader = async (url: string) => {
    try {
      return { contextUrl: null, documentUrl: url, document: await options.contextLoader!(url) }
    } catch (cause) {
      const isGiven = options.contextLoader !== undefined
      const reason = isGiven ? `it could not be loaded: ${reasonOf(cause)}` : 'no contextLoader is given'
      const message = `The context ${url} cannot be used: ${reason}`
      refusal ??= new CodedError('context-invalid', message, { path: url, reason }, isGiven ? cause : undefined)
      throw refusal
    }
  }
  try {
    return await expand(document, {
      base: options.baseIri ?? '',
      documentLoader,
      safe: options.strict ?? true,
      ...(options.context && { expandContext: options.context }),
    })
  } catch (cause) {
    throw refusal ?? notJsonLd(reasonOf(cause), cause)
  }
}

function reasonOf(cause: unknown): string {
  const { message, details } = cause as { message?: unknown; details?: { event?: { message?: unknown } } }
  return String(details?.event?.message ?? message ?? cause)
}

function notJsonLd(reason: string, cause?: unknown): CodedError<'parse-failed'> {
  return new CodedError('parse-failed', `Cannot read the document as JSON-LD: ${reason}`, { line: 1, reason }, cause)
}

async function load(): Promise<Processor> {
  try {
    const { default: processor } = (await import('jsonld')) as unknown as { default: Processor }
    return processor
  } catch (cause) {
    const facts = { package: 'jsonld', install: 'npm install jsonld' }
    throw new CodedError('package-missing', 'To read JSON-LD files, install jsonld: npm install jsonld', facts, cause)
  }
}
