// burst: M2's objects and M3's changes, all in one synchronous turn: an app that does not wait for each. meldwork puts such
// transactions into few messages; the peers do what they do in M2 and M3.
import { carried, check, checkObjects, now } from '../lib/measure.mjs'

export const title = 'a transaction for each object, then for each change of a property, all in one turn'
export const settings = { capMs: 24_000 }
export const measures = {
  putMs: 'objects: write ms',
  putApplyMs: 'apply ms',
  setMs: 'properties: write ms',
  setApplyMs: 'apply ms',
  messageBytes: 'bytes a transaction, with its share of messages',
}

export async function run(peer, entries) {
  let messages = []
  const writer = await peer.create(message => messages.push(message))
  const reader = await peer.create(() => {})
  const puts = await turn(
    writer,
    reader,
    () => messages,
    () => {
      for (const [id, object] of entries) writer.put(id, object)
    },
  )
  const putMessages = messages
  messages = []
  const sets = await turn(
    writer,
    reader,
    () => messages,
    () => {
      entries.forEach(([id], i) => {
        writer.set(id, 'count', 1_000_000 + i)
      })
    },
  )
  const { count, messageBytes } = carried(peer, [...putMessages, ...messages])
  check(count === entries.length * 2, `${count} transactions in messages`)
  const expected = entries.map(([id, object], i) => [id, { ...object, count: 1_000_000 + i }])
  checkObjects(writer, expected)
  checkObjects(reader, expected)
  for (const document of [writer, reader]) await document.close?.()
  return { putMs: puts.writeMs, putApplyMs: puts.applyMs, setMs: sets.writeMs, setApplyMs: sets.applyMs, messageBytes }
}

async function turn(writer, reader, messages, change) {
  const t0 = now()
  change()
  await writer.settled()
  const t1 = now()
  for (const message of messages()) reader.apply(message)
  await reader.settled()
  return { writeMs: t1 - t0, applyMs: now() - t1 }
}
