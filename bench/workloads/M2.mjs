// M2: a transaction and a message for each object, applied one by one at a second replica.
import { check, checkObjects, now } from '../lib/measure.mjs'

export const title = 'a transaction and a message for each object, applied one by one'
export const measures = { writeMs: 'write ms', applyMs: 'apply ms', messageBytes: 'bytes a message' }

export async function run(peer, entries) {
  const messages = []
  const writer = await peer.create(message => messages.push(message))
  const t0 = now()
  for (const [id, object] of entries) writer.put(id, object)
  await writer.settled()
  const t1 = now()

  const reader = await peer.create(() => {})
  const t2 = now()
  for (const message of messages) reader.apply(message)
  await reader.settled()
  const t3 = now()

  check(messages.length === entries.length, `${messages.length} messages for ${entries.length} transactions`)
  checkObjects(writer, entries)
  checkObjects(reader, entries)
  for (const document of [writer, reader]) await document.close?.()
  const bytes = messages.reduce((bytes, message) => bytes + message.length, 0)
  return { writeMs: t1 - t0, applyMs: t3 - t2, messageBytes: bytes / messages.length }
}
