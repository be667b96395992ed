import type { Condition, Modifiers, Patterns, Read, Update } from './request-types.js'

type Names = string | readonly string[] | null | undefined

/** Every keyword that may stand somewhere, with what it may have wherever that is. */
interface Keywords extends Record<Operator | Clause, unknown> {
  '@id': string | undefined
  '@type': Names
  '@vocab': string
  '@language': string | null | undefined
  '@context': object | string | null | undefined
  '@value': unknown
  '@where': Patterns | undefined
  '@delete': Update['@delete']
  '@update': Update['@update']
  '@orderBy': Modifiers['@orderBy']
  '@limit': number | undefined
  '@offset': number | undefined
  '@depth': number | undefined
  '@distinct': unknown
}

type Clause = `@${
  | 'none'
  | 'list'
  | 'item'
  | 'set'
  | 'reverse'
  | 'graph'
  | 'values'
  | 'union'
  | 'optional'
  | 'bind'
  | 'filter'
  | 'describe'
  | 'select'
  | 'construct'
  | 'insert'
  | 'groupBy'
  | 'having'
  | 'asc'
  | 'desc'}`
type Operator =
  | keyof Condition
  | `@${
      | 'plus'
      | 'minus'
      | 'times'
      | 'divide'
      | 'concat'
      | 'str'
      | 'lang'
      | 'count'
      | 'sum'
      | 'min'
      | 'max'
      | 'avg'
      | 'groupConcat'
      | 'sample'}`

/** What no keyword can stand in, or is looked for in. */
type Atom = string | number | boolean | bigint | Date | Uint8Array | null | undefined | ((...given: never) => unknown)

declare const reason: unique symbol

/** In an error of the compiler: this is no keyword. Nothing is of this type. */
export interface NoKeyword<Keyword> {
  readonly [reason]: Keyword
}

/** In an error of the compiler: what may stand here. Nothing is of this type. */
export interface Expected<Type> {
  readonly [reason]: Type
}

/**
 * What a request or a subject of the type T must be: T itself, unless something stands under a keyword that is none. So
 * `function write<T extends object>(subject: KnownKeywords<T>)` takes interfaces of the app's, which have no index signature, and for `{ '@tpye': 'Card' }` the
 * compiler says, at that key, that `'string' is not assignable to 'NoKeyword<"@tpye">'`. What only running shows passes: a keyword in the
 * wrong place, a Map, a method.
 */
export type KnownKeywords<T> = T extends CheckedRequest<T> ? T : CheckedRequest<T>

type CheckedRequest<T> = [Read] extends [T] ? T : [Patterns] extends [T] ? T : Checked<T>

// In a union, what is known to be right must not hide the rest: itself, not unknown.
type Checked<T> = T extends Atom
  ? T
  : T extends symbol
    ? never
    : T extends readonly (infer Member)[]
      ? readonly Checked<Member>[]
      : string extends keyof T
        ? T
        : { readonly [K in keyof T]: Known<K, T[K]> }

type Known<K, V> = K extends '@value' | '@context'
  ? unknown
  : K extends keyof Keywords
    ? V extends Keywords[K]
      ? Checked<V>
      : Expected<Keywords[K]>
    : K extends `@${string}`
      ? NoKeyword<K>
      : Checked<V>
