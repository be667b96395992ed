import { idOf, valueKey } from './value-key.js'

/** Gives what stands in a copy for a value of an update: never the update's own object, which others have too. */
export type Adopt = (value: unknown) => unknown

/** The values that a property has, in JSON or in an update. */
export function asValues(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined || value === null ? [] : [value]
}

/**
 * The values of a set after an update.
 * @returns undefined when it changes nothing
 */
export function changedValues(
  before: readonly unknown[],
  deleted: readonly unknown[],
  inserted: readonly unknown[],
  adopt: Adopt,
): unknown[] | undefined {
  const gone = new Set(deleted.map(valueKey))
  const after = gone.size === 0 ? [...before] : before.filter(value => !namesOf(value).some(name => gone.has(name)))
  const there = new Set(after.flatMap(namesOf))
  for (const value of inserted) {
    const key = valueKey(value)
    if (there.has(key)) continue
    there.add(key)
    after.push(adopt(value))
  }
  return after.length === before.length && after.every((value, i) => value === before[i]) ? undefined : after
}

/** Makes an array hold these values, with as few changes as it takes when they are in the same order. */
export function refill(array: unknown[], values: readonly unknown[]): void {
  let at = 0
  while (at < array.length && array[at] === values[at]) at++
  for (; at < values.length; at++) array[at] = values[at]
  if (array.length > at) array.length = at
}

/** Copies JSON, dates and bytes. */
export function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyOf)
  const tag = Object.prototype.toString.call(value)
  if (tag === '[object Uint8Array]') return (value as Uint8Array).slice()
  if (tag === '[object Date]') return new Date(value as Date)
  const entries = Object.entries(value).map(([name, inner]) => [name, copyOf(inner)] as const)
  // As own members, whatever their names.
  return Object.fromEntries(entries)
}

/** What a value in a copy may be called in an update: where a context makes references text, that is their name. */
function namesOf(value: unknown): unknown[] {
  const key = valueKey(value)
  const id = idOf(value)
  return id === undefined ? [key] : [key, `s${id}`]
}

const tag = /^(?:@none|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)$/

/** A language map: texts by language tag. JSON that looks like one is taken for one. */
export function isLanguageMap(value: unknown): value is Record<string, string | readonly string[]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  return (
    entries.length > 0 &&
    entries.every(([name, texts]) => tag.test(name) && asValues(texts).every(text => typeof text === 'string'))
  )
}

/** A language map after an update; undefined when nothing is left, and the same object when nothing changes. */
export function changedLanguageMap(before: unknown, deleted: unknown, inserted: unknown): unknown {
  const map = { ...(isLanguageMap(before) ? before : {}) }
  let same = true
  const went = isLanguageMap(deleted) ? deleted : {}
  const came = isLanguageMap(inserted) ? inserted : {}
  for (const language of new Set([...Object.keys(went), ...Object.keys(came)])) {
    const known = map[language]
    const values = changedValues(asValues(known), asValues(went[language]), asValues(came[language]), text => text)
    if (values === undefined) continue
    same = false
    if (values.length === 0) delete map[language]
    else if (values.length === 1 && !Array.isArray(known ?? came[language])) map[language] = values[0] as string
    else map[language] = values as string[]
  }
  if (same) return before
  return Object.keys(map).length === 0 ? undefined : map
}
