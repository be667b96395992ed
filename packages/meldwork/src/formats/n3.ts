import type { Parser, Writer } from 'n3'
import { CodedError } from '../errors.js'
import type { RDF } from '../rdf/index.js'

/** The syntaxes, by their media types. */
export type Syntax = 'application/n-quads' | 'application/n-triples' | 'text/turtle' | 'application/trig'

/** How to parse. */
export interface ParseOptions {
  readonly syntax: Syntax
  /** What relative IRIs are resolved against: for Turtle and TriG. */
  readonly baseIri?: string
}

/** How to serialize. */
export interface SerializeOptions {
  readonly syntax: Syntax
  /** Namespaces that may be abbreviated, by prefix: for Turtle and TriG. */
  readonly prefixes?: Readonly<Record<string, string>>
}

/** A TextDecoder: under this name alone, the declarations of Node do not know the type. */
type Decoder = { decode(bytes?: Uint8Array, options?: { stream?: boolean }): string }

/** Text that has piled up is handed on at this length. */
const chunkLength = 65_536

const formats: Readonly<Record<Syntax, string>> = {
  'application/n-quads': 'N-Quads',
  'application/n-triples': 'N-Triples',
  'text/turtle': 'Turtle',
  'application/trig': 'TriG',
}

/** What n3 listens to when it parses piece by piece; no Node stream is needed. */
class Source {
  private readonly listeners = new Map<string, (argument?: unknown) => void>()

  on(event: string, listener: (argument?: unknown) => void): this {
    this.listeners.set(event, listener)
    return this
  }

  emit(event: string, argument?: unknown): void {
    this.listeners.get(event)?.(argument)
  }
}

/**
 * Parses RDF, piece by piece: only what has been read and not yet taken is in memory. Blank nodes get labels that no other call of
 * this function gives.
 * @param text pieces of any length, cut anywhere; bytes are UTF-8
 * @throws `parse-failed` with the line, `package-missing`, and whatever reading `text` throws
 */
export async function* parse(
  text: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  options: ParseOptions,
): AsyncGenerator<RDF.Quad, void, undefined> {
  const n3 = await load()
  const settings = {
    format: formats[options.syntax],
    ...(options.baseIri === undefined ? {} : { baseIRI: options.baseIri }),
  }
  const parser: Parser = new n3.Parser(settings)
  const source = new Source()
  let quads: RDF.Quad[] = []
  let failure: unknown
  // n3 declares a Node stream here, and uses `on` alone.
  parser.parse(source as unknown as Parameters<Parser['parse']>[0] & string, (error: unknown, quad: unknown) => {
    if (error) failure ??= error
    else if (quad) quads.push(quad as RDF.Quad)
  })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  // Returns what has been parsed, and leaves the error for when all of that has been taken.
  const feed = (event: string, piece?: string): RDF.Quad[] => {
    try {
      source.emit(event, piece)
    } catch (error) {
      failure ??= error
    }
    const parsed = quads
    quads = []
    return parsed
  }
  for await (const piece of text) {
    const decoded = typeof piece === 'string' ? piece : decode(decoder, line, piece)
    for (let at = 0; at < decoded.length; at += chunkLength) {
      yield* feed('data', decoded.slice(at, at + chunkLength))
      if (failure) throw parseFailed(failure, line)
    }
    line += countLines(decoded)
  }
  yield* feed('data', decode(decoder, line))
  yield* feed('end')
  if (failure) throw parseFailed(failure, line)
}

/**
 * Serializes quads, in pieces of about 64 KB.
 * @throws `graph-named` when the syntax has no named graphs, `package-missing`, and whatever reading `quads` throws
 */
export async function* serialize(
  quads: AsyncIterable<RDF.Quad> | Iterable<RDF.Quad>,
  options: SerializeOptions,
): AsyncGenerator<string, void, undefined> {
  const n3 = await load()
  let pending = ''
  const output = {
    write(piece: string, _encoding: unknown, done?: () => void): void {
      pending += piece
      done?.()
    },
    end: (done?: () => void): void => done?.(),
  }
  const settings = { format: formats[options.syntax], prefixes: { ...options.prefixes } }
  const writer: Writer = new n3.Writer(output as unknown as ConstructorParameters<typeof Writer>[0], settings)
  const oneGraph = options.syntax === 'application/n-triples' || options.syntax === 'text/turtle'
  for await (const quad of quads) {
    if (oneGraph && quad.graph.termType !== 'DefaultGraph') throw graphNamed(quad.graph.value, options.syntax)
    writer.addQuad(quad)
    if (pending.length < chunkLength) continue
    yield pending
    pending = ''
  }
  let failure: unknown
  writer.end(error => {
    failure = error
  })
  if (failure) throw failure
  if (pending !== '') yield pending
}

async function load(): Promise<typeof import('n3')> {
  try {
    return await import('n3')
  } catch (cause) {
    const facts = { package: 'n3', install: 'npm install n3' }
    throw new CodedError('package-missing', 'To read and write RDF files, install n3: npm install n3', facts, cause)
  }
}

/** @param bytes none at the end, when an unfinished character is an error */
function decode(decoder: Decoder, line: number, bytes?: Uint8Array): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
  } catch (cause) {
    const reason = 'it is not UTF-8'
    throw new CodedError(
      'parse-failed',
      `Cannot parse at line ${line} or soon after it: ${reason}`,
      { line, reason },
      cause,
    )
  }
}

function countLines(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

function parseFailed(cause: unknown, near: number): CodedError<'parse-failed'> {
  const { message, context } = cause as { message?: unknown; context?: { line?: unknown } }
  const line = typeof context?.line === 'number' ? context.line : near
  const reason = String(message ?? cause).replace(/ on line \d+\.?$/, '')
  return new CodedError('parse-failed', `Cannot parse line ${line}: ${reason}`, { line, reason }, cause)
}

function graphNamed(graph: string, syntax: Syntax): CodedError<'graph-named'> {
  return new CodedError('graph-named', `The graph ${graph} cannot be written as ${syntax}, which has no named graphs`, {
    graph,
  })
}
