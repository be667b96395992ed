import { CodedError } from '../errors.js'

/** A JSON object of a request: its own members. */
export type JsonMembers = Readonly<Record<string, unknown>>

/** @throws `pattern-invalid` for anything but a JSON object */
export function membersOf(json: unknown, path: string, expected = 'an object'): JsonMembers {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return invalid(path, expected)
  return json as JsonMembers
}

/** The own member of an object; undefined when it has none. */
export function own(object: JsonMembers, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** What may be one or an array, as an array of each with where it stands. */
export function eachOf(json: unknown, path: string): readonly (readonly [item: unknown, path: string])[] {
  return Array.isArray(json) ? json.map((item, i) => [item, `${path}[${i}]`] as const) : [[json, path]]
}

/** @throws always, `pattern-invalid` */
export function invalid(path: string, expected: string): never {
  throw new CodedError('pattern-invalid', `The request is not understood at ${path}: expected ${expected}`, {
    path,
    expected,
  })
}

/** @throws always, `pattern-unsupported` */
export function unsupported(keyword: string, path: string, hint = ''): never {
  throw new CodedError(
    'pattern-unsupported',
    `${keyword} is not supported at ${path}${hint === '' ? '' : `: ${hint}`}`,
    {
      keyword,
      path,
    },
  )
}
