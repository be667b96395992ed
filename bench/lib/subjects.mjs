// The objects of `data.mjs` as subjects of 5 properties, written by a clone of meldwork.
import { objects } from './data.mjs'

export const subject = ([id, { next, ...rest }]) => ({ '@id': id, ...rest, next: { '@id': next } })

/**
 * @param count how many objects there are in all: those from `from` on are written
 * @param each how many in one transaction
 */
export async function writeObjects(clone, { count, from = 0, each = 1000 }) {
  const entries = objects(count, true)
  // With one transaction after the other in one turn, what a clone has not yet written would grow without end.
  const writes = []
  for (let at = from; at < count; at += each) {
    writes.push(clone.write({ '@graph': entries.slice(at, at + each).map(subject) }))
    if (writes.length % 1000 === 0 || each > 1) await writes.at(-1)
  }
  await Promise.all(writes)
}
