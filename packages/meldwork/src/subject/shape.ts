import type { Json as JsonType } from '../rdf/index.js'

/** Names what is no constructor, also to another copy of this package. */
const kind: unique symbol = Symbol.for('meldwork.shape') as never

/** {@link Ref} */
export interface ReferenceShape {
  readonly [kind]: 'reference'
}

/** {@link Json} */
export interface JsonShape {
  readonly [kind]: 'json'
}

/** {@link List} */
export interface ListShape<Of> {
  readonly [kind]: 'list'
  readonly of: Of
}

/** {@link pick} */
export interface PickShape<Of> {
  readonly [kind]: 'pick'
  readonly of: Of
  readonly choose: Extreme | ((values: never) => unknown)
}

type Extreme = 'least' | 'greatest'

/** What has an order of its own. */
type OrderedShape = StringConstructor | NumberConstructor | BooleanConstructor | BigIntConstructor | DateConstructor

/** One value: what it is to be read as. An object is a subject, read to that shape. */
export type OneShape =
  | OrderedShape
  | Uint8ArrayConstructor
  | ReferenceShape
  | JsonShape
  | ListShape<unknown>
  | { readonly [property: string]: ShapeValue }

/** The values of a property: one, all of them (`[String]`), or one that is picked. */
export type ShapeValue = OneShape | readonly [OneShape] | PickShape<unknown>

/**
 * What a subject is read as, for `get`: by property, or `@list` for the items of a list.
 *
 * | in a shape | is read from | as |
 * |---|---|---|
 * | `String` | text, and what the context makes text of | `string` |
 * | `Number` | integers of JSON's size, decimals, doubles | `number` |
 * | `Boolean` | `xsd:boolean` | `boolean` |
 * | `BigInt` | integers of any size | `bigint` |
 * | `Date` | `xsd:dateTime` with a time zone, to the millisecond | `Date` |
 * | `Uint8Array` | `xsd:base64Binary` | `Uint8Array` |
 * | `Json` | `rdf:JSON` | what it holds |
 * | `Ref` | a reference | `{ '@id': string }` |
 * | `{ ... }` | a reference | the subject, read to that shape |
 * | `List(T)` | a reference to a list | its items, as an array |
 * | `[T]` | all values | an array, in an order that is the same on every clone; empty for none |
 * | `pick(T, ...)` | all values | one of them |
 *
 * A property without values is undefined; under `[T]` and `List(T)`, an empty array.
 */
export type Shape = { readonly [property: string]: ShapeValue }

/** What {@link Shape} reads, as a type: with `@id`, and with all types of the subject under `@type`. */
export type Shaped<S> = {
  [K in '@id' | '@type' | (keyof S & string)]: K extends '@id'
    ? string
    : K extends '@type'
      ? string[]
      : K extends keyof S
        ? K extends '@list'
          ? ShapedOne<S[K]>[]
          : ShapedValues<S[K]>
        : never
}

type ShapedValues<V> = V extends readonly [infer Of]
  ? ShapedOne<Of>[]
  : V extends ListShape<infer Of>
    ? ShapedOne<Of>[]
    : V extends PickShape<infer Of>
      ? ShapedOne<Of> | undefined
      : ShapedOne<V> | undefined

type ShapedOne<V> = V extends StringConstructor
  ? string
  : V extends NumberConstructor
    ? number
    : V extends BooleanConstructor
      ? boolean
      : V extends BigIntConstructor
        ? bigint
        : V extends DateConstructor
          ? Date
          : V extends Uint8ArrayConstructor
            ? Uint8Array
            : V extends ReferenceShape
              ? { '@id': string }
              : V extends JsonShape
                ? JsonType
                : V extends ListShape<infer Of>
                  ? ShapedOne<Of>[]
                  : Shaped<V>

/** In a {@link Shape}: a reference, as it is. */
export const Ref: ReferenceShape = { [kind]: 'reference' }

/** In a {@link Shape}: any JSON, which was kept as one value. */
export const Json: JsonShape = { [kind]: 'json' }
/** What JSON can say. */
export type Json = JsonType

/** In a {@link Shape}: a list, as the array of its items. With its `@id`: `{ '@list': T }`. */
export function List<const Of extends OneShape>(of: Of): ListShape<Of> {
  return { [kind]: 'list', of }
}

/**
 * In a {@link Shape}: one value where several may be visible.
 * @param choose which one: `least`, `greatest` (numbers and dates by value, texts by UTF-16 code units, false before true), or what a function
 *   chooses from all, which come in an order that is the same on every clone
 */
export function pick<Of extends OrderedShape>(of: Of, choose: Extreme): PickShape<Of>
export function pick<const Of extends OneShape>(
  of: Of,
  choose: (values: ShapedOne<Of>[]) => ShapedOne<Of>,
): PickShape<Of>
export function pick(of: unknown, choose: PickShape<unknown>['choose']): PickShape<unknown> {
  return { [kind]: 'pick', of, choose }
}

/** What something in a shape is, besides a constructor or a shape. */
export function shapeKind(shape: unknown): 'reference' | 'json' | 'list' | 'pick' | undefined {
  return typeof shape === 'object' && shape !== null
    ? (shape as { [kind]?: 'reference' | 'json' | 'list' | 'pick' })[kind]
    : undefined
}
