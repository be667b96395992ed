import { isJsonObject } from '../rdf/index.js'
import type { JsonPath } from './json-path.js'
import type { Keys } from './keys.js'
import { isVariable } from './variable.js'

/** A JSON object with its own enumerable members. */
export type JsonObject = Record<string, unknown>

/** Keywords of which one is enough to tell what an object is. */
const deciding: ReadonlySet<string> = new Set(['@value', '@language', '@vocab', '@set', '@list'])

/** @throws `value-invalid` for anything but a JSON object: also for what JSON would turn into something else */
export function asObject(json: unknown, path: JsonPath): JsonObject {
  if (typeof json === 'object' && json !== null && !Array.isArray(json) && isJsonObject(json)) return json
  return path.failValue('a subject: a JSON object')
}

/** Whether {@link ValueReader.native} reads this object: a Date or a Uint8Array, of any realm. */
export function isNativeObject(value: object): boolean {
  if (Object.getPrototypeOf(value) === Object.prototype) return false
  const tag = Object.prototype.toString.call(value)
  return tag === '[object Date]' || tag === '[object Uint8Array]'
}

/**
 * What an object in the place of a value is, by its first key that tells: `@value` or `@language` for a value object, `@vocab`,
 * `@set`, `@list`; empty for a subject or a reference to one.
 */
export function decidingKeyword(object: JsonObject, keys: Keys, path: JsonPath): string {
  let found = ''
  path.enter()
  for (const name in object) {
    if (!Object.hasOwn(object, name)) continue
    path.at(name)
    // A variable stands for a property.
    const keyword = isVariable(name) ? '' : keys.key(name, path).keyword
    if (deciding.has(keyword)) found = keyword
    // A value object can begin with its @type; only a subject has properties.
    if (keyword === '' || found !== '') break
  }
  path.leave()
  return found
}

/** The one member of an object that can have no other. @throws `pattern-unsupported` */
export function onlyMember(object: JsonObject, keyword: string, keys: Keys, path: JsonPath): unknown {
  let value: unknown
  path.enter()
  for (const name in object) {
    if (!Object.hasOwn(object, name)) continue
    path.at(name)
    if (keys.key(name, path).keyword !== keyword)
      path.failUnsupported(name, `there can be nothing else beside "${keyword}"`)
    value = object[name]
  }
  path.leave()
  return value
}

/** The value of the object's `@id` or of its alias; undefined when it has none. The path is left at it. */
export function idOf(object: JsonObject, keys: Keys, path: JsonPath): unknown {
  path.at('@id')
  if (keys.id === '@id') return Object.hasOwn(object, '@id') ? object['@id'] : undefined
  let id: unknown
  for (const name in object) {
    if (!Object.hasOwn(object, name)) continue
    path.at(name)
    if (isVariable(name) || keys.key(name, path).keyword !== '@id') continue
    if (id !== undefined) path.failPattern('one "@id"')
    id = object[name]
  }
  return id
}

/** The own member of an object that is this keyword, itself or as an alias; undefined when there is none. */
export function ownMember(object: JsonObject, keys: Keys, keyword: string, path: JsonPath): unknown {
  for (const name in object) {
    if (Object.hasOwn(object, name) && keys.key(name, path).keyword === keyword) return object[name]
  }
  return undefined
}
