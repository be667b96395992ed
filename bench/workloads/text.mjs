// text: 6,000 single letters: appended (B1.1) and inserted anywhere (B1.4), a transaction and a message each, applied one by one; and two replicas insert 6,000 each anywhere, in one turn,
// and take in the other's (B2.2). The peers have a type for texts; ours is a list of single letters, each an item of its own, until there is one.

import { edited, edits } from '../lib/letters.mjs'
import { check, now } from '../lib/measure.mjs'

export const title = '6,000 letters: text at the peers, a list of letters at ours (text comes later)'
export const only = ['meldwork', 'yjs', 'json-joy', 'loro']
export const settings = { warm: 1, runs: 1, rounds: 2, capMs: 20_000 }
export const measures = {
  appendMs: 'B1.1 write ms',
  appendApplyMs: 'B1.1 apply ms',
  randomMs: 'B1.4 write ms',
  randomApplyMs: 'B1.4 apply ms',
  bothMs: 'B2.2 write ms',
  mergeMs: 'B2.2 merge ms',
}

const count = 6_000
const appended = edits(1, count, { atEnd: true })
const inserted = edits(7, count)

export async function run(peer) {
  const append = await oneByOne(peer, appended)
  const random = await oneByOne(peer, inserted)
  const both = await concurrently(peer)
  return {
    appendMs: append.writeMs,
    appendApplyMs: append.applyMs,
    randomMs: random.writeMs,
    randomApplyMs: random.applyMs,
    ...both,
  }
}

async function oneByOne(peer, all) {
  const messages = []
  const writer = await peer.createText(message => messages.push(message))
  const reader = await peer.createText(() => {})
  const t0 = now()
  for (const [index, letter] of all) {
    const written = writer.insert(index, letter)
    if (written !== undefined) await written
  }
  await writer.settled()
  const t1 = now()
  for (const message of messages) reader.apply(message)
  await reader.settled()
  const t2 = now()
  check(messages.length === all.length, `${messages.length} messages`)
  const expected = edited(all)
  for (const document of [writer, reader]) {
    check(document.text() === expected, 'the text')
    await document.close?.()
  }
  return { writeMs: t1 - t0, applyMs: t2 - t1 }
}

async function concurrently(peer) {
  const start = 100
  const sides = []
  for (const seed of [9, 10]) {
    const side = { messages: [], all: edits(seed, count, { length: start }) }
    side.document = await peer.createText(message => side.messages.push(message))
    sides.push(side)
  }
  const [one, other] = sides
  await one.document.insert(0, edited(edits(8, start, { atEnd: true })))
  await one.document.settled()
  for (const message of one.messages) other.document.apply(message)
  await other.document.settled()
  one.messages.length = 0
  const t0 = now()
  for (const { document, all } of sides) {
    await document.insertAll(all)
    await document.settled()
  }
  const t1 = now()
  for (const message of other.messages) one.document.apply(message)
  for (const message of one.messages) other.document.apply(message)
  for (const { document } of sides) await document.settled()
  const t2 = now()
  const text = one.document.text()
  check(
    text === other.document.text() && text.length === start + 2 * count,
    `both are equal, of ${text.length} letters`,
  )
  for (const { document } of sides) await document.close?.()
  return { bothMs: t1 - t0, mergeMs: t2 - t1 }
}
