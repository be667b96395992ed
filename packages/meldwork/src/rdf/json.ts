/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** How deeply arrays and objects of a JSON literal may be nested. */
export const maxJsonDepth = 256

/** Why a value is no JSON, and where: `.a[0]` below the value itself. */
export class NotJson extends Error {
  readonly at: string
  constructor(reason: string, at: string) {
    super(reason)
    this.at = at
  }
}

/**
 * The one text of a JSON value: RFC 8785 (JCS). Members whose value is undefined are left out, as `JSON.stringify` does.
 * @throws {@link NotJson} for what has no JSON text of its own (functions, symbols, bigint, NaN, dates, class instances with a
 * `toJSON`), unpaired surrogates, and nesting deeper than {@link maxJsonDepth}, which includes cycles
 */
export function canonicalJson(value: unknown, at = '', depth = 0): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') {
    if (!isWellFormed(value)) throw new NotJson('text with an unpaired surrogate', at)
    return JSON.stringify(value)
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new NotJson('a number that is not finite', at)
    return JSON.stringify(value)
  }
  if (typeof value !== 'object') throw new NotJson(`a ${typeof value}`, at)
  if (depth >= maxJsonDepth) throw new NotJson(`nesting deeper than ${maxJsonDepth}`, at)
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item, i) => canonicalJson(item ?? null, `${at}[${i}]`, depth + 1)).join()}]`
  }
  if (!isJsonObject(value)) throw new NotJson('an object that is no plain JSON', at)
  const members: string[] = []
  for (const key of Object.keys(value).sort()) {
    const member = value[key]
    if (member === undefined) continue
    const path = `${at}.${key}`
    members.push(`${canonicalJson(key, path)}:${canonicalJson(member, path, depth + 1)}`)
  }
  return `{${members.join()}}`
}

/** The value of a text that {@link canonicalJson} made; undefined for any other text. Never throws. */
export function parseCanonicalJson(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json
    return canonicalJson(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether an object can be read as a JSON object by its own enumerable members: not a Map, Promise, boxed value, or anything that
 * names itself otherwise, and nothing that would turn into something else in `JSON.stringify`.
 */
export function isJsonObject(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value)
  if (
    prototype !== null &&
    prototype !== Object.prototype &&
    Object.prototype.toString.call(value) !== '[object Object]'
  ) {
    return false
  }
  return typeof (value as { toJSON?: unknown }).toJSON !== 'function'
}

/** Whether text has no unpaired surrogate, and so can be UTF-8. Constant time for text that V8 keeps in one byte a character. */
export function isWellFormed(text: string): boolean {
  // In every engine that we run on since 2023, though not in the ES2023 declarations.
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed()
}
