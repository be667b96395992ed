// whole: what the whole of M1's objects takes as bytes, with values that do not compress: those of M1 are formulaic, and become almost nothing.
import { checkObjects, now } from '../lib/measure.mjs'

export const title = 'M1 encoded whole, with values that do not compress'
export const settings = { entropy: true, warm: 1, runs: 1, rounds: 1, capMs: 12_000 }
export const measures = {
  sentBytes: 'bytes, as given to a new replica',
  wholeBytes: 'bytes, as kept',
  encodeMs: 'encode ms',
}

export async function run(peer, entries) {
  const writer = await peer.create(() => {}, { historyless: true })
  await writer.putAll(entries)
  await writer.settled()
  const start = now()
  const whole = await writer.encode()
  const encodeMs = now() - start
  const loaded = await peer.load(whole)
  checkObjects(loaded, entries)
  // What is the same at the peers.
  const sentBytes = (await loaded.sentBytes?.()) ?? whole.length
  for (const document of [writer, loaded]) await document.close?.()
  return { sentBytes, wholeBytes: whole.length, encodeMs }
}
