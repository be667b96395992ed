import { isOrderKey } from './order.js'

/** The longest text that is shown. What is edited is the whole. */
const shownLength = 2000

/** A string for each value, equal for equal values only: it sorts values, too, the same everywhere. */
export function valueKey(value: unknown): string {
  if (typeof value === 'string') return `string ${value}`
  if (typeof value === 'number') return `number ${Object.is(value, -0) ? '-0' : value}`
  if (value instanceof Uint8Array) return `bytes ${value.join()}`
  if (typeof value !== 'object' || value === null) return `${typeof value} ${value}`
  return `object ${JSON.stringify(value, sorted)}`
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
}

/** Any value, as text for people. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return `(${value.length} bytes)`
  if (typeof value !== 'object' || value === null) return String(value)
  const { '@value': inner, '@id': id, '@vocab': name } = value as Record<string, unknown>
  if (inner !== undefined) return typeof inner === 'object' ? JSON.stringify(inner) : String(inner)
  if (typeof id === 'string') return id
  return typeof name === 'string' ? name : JSON.stringify(value, sorted)
}

/** A text property: what several people wrote at once, each text once, in an order that is the same everywhere. Often just one. */
export type Texts = readonly string[]

/** The different texts among the values of a property. */
export function textsOf(values: readonly unknown[]): Texts {
  return [...new Set(values.map(textOf))]
}

/** The text that stands for all while nobody has chosen. */
export function mainText(texts: Texts): string {
  return texts[0] ?? ''
}

/** A text of which too much is cut off. */
export function shown(text: string): string {
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text
}

/** Done, when everybody says so: what is open to one stays open. */
export function doneOf(values: readonly unknown[]): boolean {
  return values.length > 0 && values.every(value => value === true)
}

/** The least of the keys, or an empty one when there is none. */
export function orderOf(values: readonly unknown[]): string {
  const keys = values.filter(isOrderKey)
  return keys.reduce((least, key) => (key < least ? key : least), keys[0] ?? '')
}

/** The ids to which values refer, sorted. */
export function referencesOf(values: readonly unknown[]): string[] {
  const ids: string[] = []
  for (const value of values) {
    const id = typeof value === 'object' && value !== null ? (value as { '@id'?: unknown })['@id'] : undefined
    if (typeof id === 'string') ids.push(id)
  }
  return ids.sort()
}
