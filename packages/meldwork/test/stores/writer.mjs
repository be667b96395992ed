// A process of its own for level-process.test.ts: opens a store and does what it is told, until it is killed.
//   node writer.mjs <address of the store's module> <folder> hold    says "open", and keeps it open
//   node writer.mjs <address of the store's module> <folder> write   also writes batches, and says the number of each that is durable
import { writeSync } from 'node:fs'

const [module, folder, task] = process.argv.slice(2)
// Written at once: what a dying process has buffered would be lost.
const say = line => writeSync(1, `${line}\n`)
const key = (batch, part) => `${String(batch).padStart(8, '0')}/${part}`

const { LevelStore } = await import(module)
const store = new LevelStore(folder)
try {
  await store.open()
} catch (error) {
  say(error.code)
  process.exit(1)
}
say('open')
setInterval(() => {}, 1000)

let number = 0
for await (const [last] of store.entries({ gte: '0', lt: 'a' })) number = Number(last.slice(0, 8)) + 1
const writeNext = async () => {
  const batch = number++
  const value = new Uint8Array(1 + ((batch * 997) % 5000)).fill(batch)
  const changes = ['a', 'b', 'c', 'd'].map(part => ({ key: key(batch, part), value }))
  await store.batch([...changes, { key: 'last', value: new TextEncoder().encode(String(batch)) }])
  say(batch)
}
// Several at a time: so some wait while others are written, as with an app that does not await.
const writer = async () => {
  while (task === 'write') await writeNext()
}
await Promise.all([writer(), writer(), writer()])
