import { CodedError } from '../errors.js'
import { memberPath } from '../rdf/index.js'
import { JsonPath } from './json-path.js'
import { asObject, type JsonObject } from './objects.js'

/** The parts of a write, each as it was given; undefined when absent. */
export interface WriteParts {
  readonly where: unknown
  readonly delete: unknown
  readonly insert: unknown
  /** Where the insert stands in the request. */
  readonly insertPath: string
  /** Whether the insert is part of an update, where strings can be variables. */
  readonly template: boolean
}

const updateKeys = ['@delete', '@insert', '@where']

/**
 * Tells an update from subjects to insert, by its keys.
 * @throws `value-invalid` for what is no object or array, `pattern-unsupported` for a key that an update
 * does not have, `pattern-invalid` for one that changes nothing
 */
export function readWrite(json: unknown, path = '$'): WriteParts {
  const at = new JsonPath()
  at.start(path)
  if (Array.isArray(json))
    return { where: undefined, delete: undefined, insert: json, insertPath: path, template: false }
  const object = asObject(json, at)
  if (!updateKeys.some(key => Object.hasOwn(object, key))) {
    return { where: undefined, delete: undefined, insert: object, insertPath: path, template: false }
  }
  refuseOthers(object, updateKeys, path)
  if (own(object, '@delete') === undefined && own(object, '@insert') === undefined)
    at.failPattern('"@delete" or "@insert"')
  return {
    where: own(object, '@where'),
    delete: own(object, '@delete'),
    insert: own(object, '@insert'),
    insertPath: memberPath(path, '@insert'),
    template: true,
  }
}

/** @throws `pattern-unsupported` for the first key that is not among `known` */
export function refuseOthers(object: JsonObject, known: readonly string[], path = '$'): void {
  for (const keyword of Object.keys(object)) {
    if (known.includes(keyword)) continue
    const at = memberPath(path, keyword)
    throw new CodedError('pattern-unsupported', `${keyword} at ${at} is not supported beside ${known.join(', ')}`, {
      keyword,
      path: at,
    })
  }
}

function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
