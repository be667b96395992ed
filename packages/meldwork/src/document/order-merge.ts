import type { JsonValue } from '../codec/index.js'
import { ElementNumbers } from './order-elements.js'

interface Place {
  readonly element: JsonValue
  next: Place | undefined
}

/**
 * Merges one order of an array into another: what `into` has stays as it is; what only `from` has is put beside its neighbour there. Those before the
 * first element that both have go before it, all others behind the one that they follow.
 *
 * Not commutative: replicas converge because all merge the same orders in the same sequence, from the winner's. Takes time and memory linear in both.
 */
export function mergeOrders(into: readonly JsonValue[], from: readonly JsonValue[]): readonly JsonValue[] {
  if (into.length === 0) return from
  if (from.length === 0) return into
  const numbers = new ElementNumbers()
  // A linked list, since what is put in moves everything behind it.
  const start: Place = { element: null, next: undefined }
  const before = new Map<number, Place>()
  const first = new Map<number, Place>()
  let last = start
  for (const element of into) {
    const number = numbers.of(element)
    const place: Place = { element, next: undefined }
    if (!first.has(number)) {
      first.set(number, place)
      before.set(number, last)
    }
    last.next = place
    last = place
  }
  const tokens = from.map(element => numbers.of(element))
  const pivot = tokens.findIndex(token => first.has(token))
  // What comes before the pivot is put in front of it; without one, in front of everything.
  let at = pivot < 0 ? start : before.get(tokens[pivot])!
  for (let i = 0; i < from.length; i++) {
    const there = first.get(tokens[i])
    if (there !== undefined) at = there
    else {
      const place: Place = { element: from[i], next: at.next }
      at.next = place
      first.set(tokens[i], place)
      at = place
    }
  }
  const merged: JsonValue[] = []
  for (let place = start.next; place !== undefined; place = place.next) merged.push(place.element)
  return merged
}
