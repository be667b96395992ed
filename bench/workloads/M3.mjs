// M3: then one property of each object changed, a transaction and a message each, applied one by one.
import { carried, check, checkObjects, now } from '../lib/measure.mjs'
import { wholeOf } from '../lib/wholes.mjs'

export const title = 'one property changed, a transaction and a message each, applied one by one'
export const settings = { capMs: 12_000 }
export const measures = {
  writeMs: 'write ms',
  applyMs: 'apply ms',
  operationBytes: 'bytes an operation',
  messageBytes: 'bytes a message',
}

export async function run(peer, entries) {
  const whole = await wholeOf(peer, entries)
  const messages = []
  const writer = await peer.load(whole, message => messages.push(message))
  const reader = await peer.load(whole)
  // So that a peer that builds an index at its first access has done so.
  check(reader.get('obj1', 'count') === 3 && writer.get('obj1', 'count') === 3, 'obj1.count')

  const changes = entries.map((_, i) => [`obj${(i * 7) % entries.length}`, 1_000_000 + i])
  const t0 = now()
  for (const [id, value] of changes) {
    const written = writer.set(id, 'count', value)
    // Whoever works in turns writes the next when this one is done: a message for each, as with the others.
    if (written !== undefined) await written
  }
  await writer.settled()
  const t1 = now()
  for (const message of messages) reader.apply(message)
  await reader.settled()
  const t2 = now()

  const { count, operationBytes, messageBytes } = carried(peer, messages)
  check(
    messages.length === changes.length && count === changes.length,
    `${messages.length} messages for ${changes.length} transactions`,
  )
  const counts = new Map(changes)
  const expected = entries.map(([id, object]) => [id, { ...object, count: counts.get(id) }])
  checkObjects(writer, expected)
  checkObjects(reader, expected)
  for (const document of [writer, reader]) await document.close?.()
  return { writeMs: t1 - t0, applyMs: t2 - t1, operationBytes, messageBytes }
}
