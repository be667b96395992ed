/** Section A.3 of the format: the objects become a document again. */
import { flat } from './a2-flatten.mjs'
import { Panic } from './b-revision.mjs'

/**
 * The document below an object. Each object is taken out of `pool` when it is used. Throws a `Panic` where an order is missing.
 * @param {Map<string, Map<string, unknown>>} pool objects by id; arrays' orders as `{"A": […]}`
 * @param {string} root is in the pool
 */
export const unflatten = (pool, root) => {
  const take = id => {
    const object = pool.get(id)
    pool.delete(id)
    return object
  }
  const document = id => {
    const object = new Map(take(id)).set('_id', id)
    const keys = [...object.keys()].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
    return new Map(keys.map(key => [key, key.endsWith(flat) ? field(object.get(key)) : object.get(key)]))
  }
  const field = value => {
    if (Array.isArray(value)) return value.flatMap(element => inline(element))
    if (typeof value !== 'string') return value
    if (value.startsWith('!')) return value.slice(1)
    if (!value.startsWith('^')) return pool.has(value) ? document(value) : null
    const order = take(value)?.get('A')
    if (!Array.isArray(order)) throw new Panic('unknown_descriptor_object')
    const shown = []
    for (const element of order) {
      if (typeof element === 'string' && pool.has(element)) shown.push(document(element))
    }
    return shown
  }
  /** An element of an array that stands in its object, as in generation A: nothing if it is absent. */
  const inline = element => {
    if (typeof element === 'string' && !element.startsWith('!')) return pool.has(element) ? [document(element)] : []
    return [field(element)]
  }
  return document(root)
}
