// One document of each kind stays alive, as in an app: with none alive a collection makes V8 forget its optimised code.
import { objects } from './data.mjs'

/** @returns documents of a peer that have been written, applied, loaded and read */
export async function keepAlive(peer) {
  const some = objects(50)
  const messages = []
  const first = await peer.create(message => messages.push(message))
  await first.putAll(some)
  for (const [id] of some) {
    await first.set(id, 'count', -1)
    await first.assign(id, -1)
  }
  await first.settled()
  const second = await peer.create(() => {})
  for (const message of messages) second.apply(message)
  await second.settled()
  const third = await peer.load(await first.encode(), () => {})
  for (const [id] of some) third.read(id)
  const text = await peer.createText?.(() => {})
  await text?.insertAll([[0, 'text']])
  return [first, second, third, text]
}
