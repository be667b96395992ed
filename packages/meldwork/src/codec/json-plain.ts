import { CodedError } from '../errors.js'
import { jsonPath } from './json-path.js'
import { JsonFloat, type JsonValue, setMember } from './json-value.js'

/** A JSON value as JavaScript knows it. */
export type PlainJson = null | boolean | string | number | PlainJson[] | { [key: string]: PlainJson }

/** A JSON value in which numbers keep their kinds and all of their digits: see {@link JsonValue}. */
export type LosslessJson =
  | null
  | boolean
  | string
  | number
  | bigint
  | JsonFloat
  | LosslessJson[]
  | { [key: string]: LosslessJson }

/**
 * A copy of a JSON value for an app, which may change it.
 * @param numbers `native`: as JavaScript numbers, which lose the kind (1.0 is 1); `lossless`: as they are
 * @throws CodedError `number-too-large` with the path when a native number cannot hold an integer
 */
export function plainOf(value: JsonValue, numbers: 'native'): PlainJson
export function plainOf(value: JsonValue, numbers: 'lossless'): LosslessJson
export function plainOf(value: JsonValue, numbers: 'native' | 'lossless'): LosslessJson
export function plainOf(value: JsonValue, numbers: 'native' | 'lossless'): LosslessJson {
  return copy(value, numbers === 'native', [])
}

function copy(value: JsonValue, native: boolean, path: (string | number)[]): LosslessJson {
  if (typeof value === 'bigint') return native ? refuse(value, path) : value
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof JsonFloat) return native ? value.value : value
  if (Array.isArray(value)) {
    const items: LosslessJson[] = []
    for (let i = 0; i < value.length; i++) {
      path.push(i)
      items.push(copy(value[i], native, path))
      path.pop()
    }
    return items
  }
  const object = value as { readonly [key: string]: JsonValue }
  const members: { [key: string]: LosslessJson } = {}
  for (const key of Object.keys(object)) {
    path.push(key)
    setMember(members, key, copy(object[key], native, path))
    path.pop()
  }
  return members
}

function refuse(value: bigint, steps: readonly (string | number)[]): never {
  const path = jsonPath(steps)
  throw new CodedError(
    'number-too-large',
    `The number ${value} at ${path} does not fit a JavaScript number: read with lossless numbers`,
    { path, number: String(value) },
  )
}
