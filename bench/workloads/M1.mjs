// M1: all objects in one transaction; applied at a second replica; encoded whole; loaded; all read.
import { check, checkObjects, now } from '../lib/measure.mjs'

export const title = 'all objects in one transaction, applied, encoded, loaded'
export const settings = { capMs: 12_000 }
export const measures = {
  buildMs: 'write ms',
  applyMs: 'apply ms',
  encodeMs: 'encode ms',
  loadReadMs: 'load + read all ms',
  messageBytes: 'message bytes',
  wholeBytes: 'whole bytes',
}

export async function run(peer, entries) {
  const messages = []
  const writer = await peer.create(message => messages.push(message), { historyless: true })
  const t0 = now()
  await writer.putAll(entries)
  await writer.settled()
  const t1 = now()

  const reader = await peer.create(() => {})
  const t2 = now()
  for (const message of messages) reader.apply(message)
  await reader.settled()
  const t3 = now()

  const whole = await writer.encode()
  const t4 = now()
  const loaded = await peer.load(whole)
  let sum = 0
  for (const [id] of entries) sum += loaded.get(id, 'count')
  const t5 = now()

  check(sum === (3 * entries.length * (entries.length - 1)) / 2, 'the sum of counts')
  checkObjects(reader, entries)
  checkObjects(loaded, entries)
  for (const document of [writer, reader, loaded]) await document.close?.()
  return {
    buildMs: t1 - t0,
    applyMs: t3 - t2,
    encodeMs: t4 - t3,
    loadReadMs: t5 - t4,
    messageBytes: messages.reduce((bytes, message) => bytes + message.length, 0),
    wholeBytes: whole.length,
  }
}
