// A process of its own for power-cut.test.ts: a clone that writes one transaction after the other, until it is killed.
//   node power-writer.mjs <address of the library> <folder> <flushed | written | none | mixed> <seed>
// Says "ack NUMBER DURABILITY" when the promise of a write has resolved, and whenever something has been flushed (a checkpoint, too) "logs" and the
// lengths of LevelDB's logs then.
import { readdirSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'

const [library, folder, level, seedText] = process.argv.slice(2)
const { openClone } = await import(`${library}index.js`)
const { LevelStore } = await import(`${library}stores/level.js`)

const say = line => writeSync(1, `${line}\n`)
let state = Number(seedText) >>> 0
const random = () => {
  state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
  return state / 2 ** 32
}
const sizeOf = name => {
  try {
    return statSync(join(folder, name)).size
  } catch {
    // It has become a table meanwhile.
    return 0
  }
}
const logs = () =>
  readdirSync(folder)
    .filter(name => name.endsWith('.log'))
    .map(name => `${name}=${sizeOf(name)}`)

// A small buffer: LevelDB goes on to the next log all the time, and makes tables of those before.
const database = new ClassicLevel(folder, { writeBufferSize: 64 * 1024 })
const batch = database.batch.bind(database)
// The store calls for the next batch when this has ended: nothing more is in the logs now.
database.batch = async (operations, options) => {
  await batch(operations, options)
  if (options.sync) say(`logs ${logs().join(' ')}`)
}
const clone = await openClone({ domain: 'power.example', store: new LevelStore(database) })
let number = 0
while (clone.get(`a${number}`) !== undefined) number++
say(`from ${number}`)
for (; ; number++) {
  const chance = random()
  const durability = level !== 'mixed' ? level : chance < 0.1 ? 'flushed' : chance < 0.6 ? 'written' : 'none'
  const text = String.fromCharCode(
    ...Array.from({ length: random() < 0.02 ? 30_000 : random() * 2000 }, () => 33 + random() * 90),
  )
  // Two subjects, so that half a transaction would be seen.
  await clone.write(
    [
      { '@id': `a${number}`, number, text },
      { '@id': `b${number}`, number },
    ],
    { durability },
  )
  say(`ack ${number} ${durability}`)
  // Without a turn nothing else would be done in this process.
  if (number % 20 === 0) await new Promise(resolve => setTimeout(resolve, 1))
}
