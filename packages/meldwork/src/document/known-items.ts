import { isJsonArray, type JsonValue, memberOf } from '../codec/index.js'
import type { ItemsOf, KnownItem } from './anonymous-items.js'
import { isDescriptor, orderField } from './names.js'
import type { Objects } from './objects.js'
import { unflatten } from './unflatten.js'

/** The items that lists have now, as readers see them. */
export function itemsIn(objects: Objects): ItemsOf {
  const lookup = (id: string) => objects.visible(id)
  return function* (owner, key): Generator<KnownItem> {
    const field = memberOf(objects.visible(owner) ?? {}, key)
    const order = typeof field === 'string' && isDescriptor(field) ? memberOf(lookup(field) ?? {}, orderField) : field
    for (const id of textsIn(order)) {
      const content = unflatten(id, lookup)
      if (content) yield { id, content }
    }
  }
}

/** The texts in an order, those of arrays in it included. */
function* textsIn(value: JsonValue | undefined): Generator<string> {
  if (typeof value === 'string') yield value
  else if (value !== undefined && isJsonArray(value)) for (const item of value) yield* textsIn(item)
}
