// M2: a transaction and a message for each object, applied one by one at a second replica.
import { carried, check, checkObjects, now } from '../lib/measure.mjs'

export const title = 'a transaction and a message for each object, applied one by one'
export const settings = { capMs: 12_000 }
export const measures = {
  writeMs: 'write ms',
  applyMs: 'apply ms',
  operationBytes: 'bytes an operation',
  messageBytes: 'bytes a message',
}

export async function run(peer, entries) {
  const messages = []
  const writer = await peer.create(message => messages.push(message))
  const t0 = now()
  for (const [id, object] of entries) {
    const written = writer.put(id, object)
    // Whoever works in turns writes the next when this one is done: a message for each, as with the others.
    if (written !== undefined) await written
  }
  await writer.settled()
  const t1 = now()

  const reader = await peer.create(() => {})
  const t2 = now()
  for (const message of messages) reader.apply(message)
  await reader.settled()
  const t3 = now()

  const { count, operationBytes, messageBytes } = carried(peer, messages)
  check(
    messages.length === entries.length && count === entries.length,
    `${messages.length} messages for ${entries.length} transactions`,
  )
  checkObjects(writer, entries)
  checkObjects(reader, entries)
  for (const document of [writer, reader]) await document.close?.()
  return { writeMs: t1 - t0, applyMs: t3 - t2, operationBytes, messageBytes }
}
