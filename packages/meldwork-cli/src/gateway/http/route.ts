import type { Clone, ErrorCode } from 'meldwork'
import type { DomainAction } from './access.js'

/** A JSON Schema (2020-12), as OpenAPI 3.1 has them. */
export type Schema = { readonly [keyword: string]: unknown }

/** One parameter of a route, beside the domain. All are optional texts. */
export interface Parameter {
  readonly name: string
  readonly in: 'query' | 'header'
  readonly description: string
  readonly schema: Schema
}

/** What a request comes down to, when all has been checked that concerns every route. */
export interface Call {
  readonly request: Request
  /** The parameters in the query, those that the route has. */
  readonly query: Readonly<Record<string, string>>
  /** The clone of the domain; undefined when the route is not about one. */
  readonly clone: Clone | undefined
  /** Cuts the connection, for an answer that cannot be told to its end. */
  readonly cut: (() => void) | undefined
}

/** What a route answers. */
export interface Answer {
  readonly type: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body: string | ReadableStream<Uint8Array>
}

/** One thing that can be done over HTTP. All that is described of it, and all that it does, comes from here. */
export interface Route {
  readonly method: 'get' | 'post'
  /** In the words of OpenAPI: `/domains/{domain}/read`. */
  readonly path: string
  /** What is done with a domain; undefined when the route is not about one. */
  readonly action?: DomainAction
  /** Whether it needs the token, where there is one. */
  readonly secured: boolean
  readonly id: string
  readonly summary: string
  readonly description: string
  readonly parameters?: readonly Parameter[]
  /** Of the JSON in the body. */
  readonly body?: { readonly schema: Schema; readonly examples: Readonly<Record<string, unknown>> }
  /** What a successful answer is, by its media type. */
  readonly answers: Readonly<Record<string, { readonly description: string; readonly schema?: Schema }>>
  readonly answerHeaders?: Readonly<Record<string, string>>
  /** Its own errors; those that every route has, and every route of its kind, come on top. */
  readonly errors: readonly ErrorCode[]
  answer(call: Call): Answer | Promise<Answer>
}

/** The methods that can be asked for at one path, as an `Allow` header has them. */
export function allowedAt(routes: readonly Route[]): string[] {
  return [...routes.flatMap(methodsOf), 'OPTIONS']
}

/** What asks for a route. A stream has no end, and no head without a body. */
export function methodsOf({ method, action }: Route): string[] {
  return method === 'get' && action === undefined ? ['GET', 'HEAD'] : [method.toUpperCase()]
}

/** The error codes that a route can answer with. */
export function errorsOf({ errors, action, secured, body }: Route): ErrorCode[] {
  const common: ErrorCode[] = ['access-refused', 'method-unsupported', 'option-invalid']
  if (secured) common.push('token-refused')
  if (action !== undefined) common.push('domain-not-kept', 'clone-closed')
  if (body !== undefined) common.push('media-type-unsupported', 'message-too-large', 'input-malformed')
  return [...new Set([...common, ...errors])]
}
