import { CodedError } from '../errors.js'
import type { IriSpace } from './iri.js'
import { canonicalJson, NotJson } from './json.js'
import { memberPath } from './member-path.js'
import type { ContextDocuments } from './term-definition.js'

/**
 * Gives the JSON-LD document at an absolute IRI: an object with a member `@context`. What fetches, caches or bundles it is the
 * app's; a rejection becomes the cause of a `context-invalid`.
 */
export type ContextLoader = (iri: string) => Promise<unknown>

/** How many contexts may include one another, and how many documents may be loaded. */
const maxDepth = 16
const maxDocuments = 64
/** How many local contexts a document may come to, with those that it includes. */
const maxContexts = 256

/**
 * Loads every context that a local context names by its IRI, and those that these name. Each document is loaded once, one after
 * another, and copied. Its `@base` does not count (JSON-LD 1.1 API, 4.1.2, step 5.7).
 * @param local an object, null, an IRI relative to the domain, or an array of those
 * @param path where it stands in the caller's JSON, for errors
 * @throws `context-invalid` for what cannot be loaded, is no document with a context, includes itself, or is too much;
 *   `iri-malformed`. Whether the contexts are valid shows when they are applied
 */
export async function loadContexts(
  local: unknown,
  iris: IriSpace,
  loader: ContextLoader,
  path = "$['@context']",
): Promise<ContextDocuments> {
  const loading = new Loading(iris, loader)
  await loading.flat(local, iris.base, path, [])
  return loading.documents
}

class Loading {
  readonly documents = new Map<string, readonly unknown[]>()
  private readonly iris: IriSpace
  private readonly loader: ContextLoader

  constructor(iris: IriSpace, loader: ContextLoader) {
    this.iris = iris
    this.loader = loader
  }

  /** The local contexts that this one stands for. @param parents the documents in which it stands, outermost first */
  async flat(local: unknown, base: string, path: string, parents: readonly string[]): Promise<readonly unknown[]> {
    if (typeof local === 'string') return this.document(this.iris.resolve(local, base, path), path, parents)
    if (!Array.isArray(local)) return [local]
    const contexts: unknown[] = []
    for (let i = 0; i < local.length; i++) {
      contexts.push(...(await this.flat(local[i], base, `${path}[${i}]`, parents)))
      if (contexts.length > maxContexts) fail(path, `it comes to more than ${maxContexts} contexts`)
    }
    return contexts
  }

  private async document(iri: string, path: string, parents: readonly string[]): Promise<readonly unknown[]> {
    if (parents.includes(iri)) fail(path, `${iri} includes itself`)
    const known = this.documents.get(iri)
    if (known !== undefined) return known
    if (parents.length >= maxDepth) fail(path, `more than ${maxDepth} contexts include one another`)
    const local = await this.load(iri, path)
    const contexts = await this.flat(local, iri, memberPath(iri, '@context'), [...parents, iri])
    if (this.documents.size >= maxDocuments) fail(path, `there are more than ${maxDocuments} documents to load`)
    const withoutBase = contexts.map(context => leaveOutBase(context))
    this.documents.set(iri, withoutBase)
    return withoutBase
  }

  /** A copy of the document's `@context`, of which nothing but JSON is left. */
  private async load(iri: string, path: string): Promise<unknown> {
    let document: unknown
    try {
      document = await this.loader(iri)
    } catch (error) {
      return fail(path, `${iri} could not be loaded`, error)
    }
    if (typeof document !== 'object' || document === null || !Object.hasOwn(document, '@context')) {
      return fail(path, `what is at ${iri} has no @context`)
    }
    try {
      return JSON.parse(canonicalJson((document as Record<string, unknown>)['@context'] ?? null))
    } catch (error) {
      if (error instanceof NotJson) return fail(path, `what is at ${iri} is no JSON: ${error.message} at ${error.at}`)
      throw error
    }
  }
}

function leaveOutBase(context: unknown): unknown {
  if (typeof context !== 'object' || context === null || !Object.hasOwn(context, '@base')) return context
  return Object.fromEntries(Object.entries(context).filter(([key]) => key !== '@base'))
}

function fail(path: string, reason: string, cause?: unknown): never {
  throw new CodedError('context-invalid', `The context at ${path} cannot be used: ${reason}`, { path, reason }, cause)
}
