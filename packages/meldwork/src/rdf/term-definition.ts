import type { IriSpace } from './iri.js'

/** What a context says of one term. */
export interface TermDefinition {
  /** An absolute IRI, or a keyword of which the term is an alias; null when the context says to ignore the term. */
  readonly iri: string | null
  /** `@id`, `@vocab`, `@json`, `@none`, or the absolute IRI of a datatype; undefined when not coerced. */
  readonly type: string | undefined
  /** A lower-case tag; null for none; undefined for the context's default. */
  readonly language: string | null | undefined
  /** In alphabetical order. */
  readonly containers: readonly string[]
  readonly reverse: boolean
  /** Whether the term may be the prefix of a compact IRI. */
  readonly prefix: boolean
}

/** What is loaded, by absolute IRI: the local contexts of each document in order, objects and nulls, none of them at an IRI. */
export type ContextDocuments = ReadonlyMap<string, readonly unknown[]>

/** The parts of an active context. */
export interface ContextParts {
  readonly iris: IriSpace
  /** Undefined when the context has taken it away. */
  readonly base: string | undefined
  readonly vocab: string | undefined
  readonly language: string | undefined
  readonly terms: ReadonlyMap<string, TermDefinition>
  readonly documents: ContextDocuments
}

/** The keywords of JSON-LD 1.1, and `@vocab` references as m-ld has them. */
export const keywords: ReadonlySet<string> = new Set(
  (
    '@base @container @context @direction @graph @id @import @included @index @json @language @list @nest @none @prefix ' +
    '@propagate @protected @reverse @set @type @value @version @vocab'
  ).split(' '),
)

const keywordLike = /^@[A-Za-z]+$/

/** Whether text looks like a keyword of some version of JSON-LD, which no term and no IRI may. */
export function isKeywordLike(text: string): boolean {
  return keywordLike.test(text)
}
