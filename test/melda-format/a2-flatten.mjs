/** Section A.2 of the format: a document becomes objects. Ids of orders as in generations C and D. */
import { sha256 } from './b-digest.mjs'
import { compareBytes } from './b-json.mjs'

/** The id of a document's root, unless it gives another. */
export const rootId = '√'

/** The end of the keys whose values become objects. */
export const flat = '♭'

const idOf = (object, path) => {
  if (!object.has('_id')) return path.length === 0 ? rootId : sha256(path.join(''))
  const id = object.get('_id')
  if (typeof id !== 'string' || id.startsWith('^')) throw new Error('invalid _id')
  return id
}

/**
 * The objects of a document by id, and the id of its root. Throws where the original panics.
 * @param {Map<string, unknown>} document
 */
export const flatten = document => {
  /** @type {Map<string, Map<string, unknown>>} */
  const objects = new Map()
  const visit = (value, path) => {
    if (typeof value === 'string') return `!${value}`
    if (Array.isArray(value)) return value.map(element => visit(element, path))
    if (!(value instanceof Map)) return value
    const id = idOf(value, path)
    const stored = new Map()
    for (const key of [...value.keys()].sort(compareBytes)) {
      if (key === '_id') continue
      const field = value.get(key)
      if (!key.endsWith(flat)) {
        stored.set(key, field)
        continue
      }
      const flattened = visit(field, [...path, id, key])
      if (Array.isArray(field)) {
        const order = `^${id}@${key}`
        objects.set(order, new Map([['A', flattened]]))
        stored.set(key, order)
      } else {
        stored.set(key, flattened)
      }
    }
    objects.set(id, stored)
    return id
  }
  return { root: visit(document, []), objects }
}
