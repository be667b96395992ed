// B3.1: 1,540 clients set one property at the same time, knowing nothing of each other; two of them take in what all have set.
import { check, now } from '../lib/measure.mjs'

export const title = '1,540 clients set one property concurrently; ours keeps all values, the others one'
export const settings = { capMs: 12_000 }
export const measures = {
  createMs: 'create and write ms',
  applyMs: 'apply at two ms',
  messageBytes: 'bytes a message',
}

const clients = 1540
const isOurs = peer => peer.name === 'meldwork'

export async function run(peer) {
  const messages = []
  const documents = []
  const t0 = now()
  for (let i = 0; i < clients; i++) {
    const document = await peer.create(message => messages.push(message))
    documents.push(document)
    await document.assign('v', i)
    await document.settled()
  }
  const t1 = now()
  const [one, other] = documents
  for (const document of [one, other]) for (const message of messages) document.apply(message)
  await one.settled()
  await other.settled()
  const t2 = now()

  check(messages.length === clients, `${messages.length} messages of ${clients} clients`)
  const [values, same] = [one, other].map(document => [document.assigned().v].flat().sort((a, b) => a - b))
  check(values.join() === same.join(), 'both show the same')
  if (isOurs(peer)) check(values.length === clients && values.every((value, i) => value === i), 'all values are there')
  else check(values.length === 1 && values[0] < clients, 'one value is there')
  for (const document of documents) await document.close?.()
  const messageBytes = messages.reduce((bytes, message) => bytes + message.length, 0) / clients
  return { createMs: t1 - t0, applyMs: t2 - t1, messageBytes }
}
