// A process of its own for replay-process.test.ts: opens a clone, and keeps a copy of what it shows in a file, together with the cursor of the last update that is in it.
//   node follow-process.mjs <address of the compiled library> <folder> <number of the round>
// Says each write that is durable, and "same" when what it has made of the updates since it was started is what the clone shows; until it is killed.
import { existsSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const [library, folder, round] = process.argv.slice(2)
const say = line => writeSync(1, `${line}\n`)
const { openClone } = await import(`${library}index.js`)
const { LevelStore } = await import(`${library}stores/level.js`)

const clone = await openClone({
  domain: 'process.example',
  store: new LevelStore(join(folder, 'data')),
  genesis: true,
  // Now and then it has been away for too long.
  history: { operations: 300 },
})
const file = join(folder, 'copy.json')
const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { cursor: undefined, lines: [] }
const copy = new Set(kept.lines)
const lineOf = quad => JSON.stringify([quad.subject.value, quad.predicate.value, quad.object.value])
let updates = 0
let last = -1

function apply(update) {
  last = update['@ticks']
  if ('@gap' in update) {
    say(`gap ${update['@gap']}`)
    copy.clear()
    for (const quad of update.quads()) copy.add(lineOf(quad))
  } else {
    updates++
    for (const quad of update.quads.delete) if (!copy.delete(lineOf(quad))) say(`lost or doubled: ${lineOf(quad)}`)
    for (const quad of update.quads.insert) {
      if (copy.has(lineOf(quad))) say(`doubled: ${lineOf(quad)}`)
      copy.add(lineOf(quad))
    }
  }
  // As a database would: what was made of the update, and its cursor, at once.
  if (updates % 3 === 0 || '@gap' in update) {
    writeFileSync(`${file}.new`, JSON.stringify({ cursor: update.cursor, lines: [...copy] }))
    renameSync(`${file}.new`, file)
  }
}

say('open')
// What has been written since the copy was kept comes first.
clone.follow({ after: kept.cursor }, apply)
let number = 0
const write = async () => {
  for (;;) {
    const name = `${round}-${number++}`
    if (number % 4 === 0) await clone.delete(`s${number % 17}`)
    else await clone.patch({ '@id': `s${number % 17}`, [`p${number % 3}`]: [name, `${number % 5}`] })
    await clone.write({ '@id': 'list', '@list': { 0: name } })
    if (number % 10 === 0) await clone.write({ '@delete': { '@id': 'list', '@list': { 1: '?' } } })
    say(name)
    // The handler is told in the turn in which a change becomes readable, once it has come to the present.
    if (last !== clone.status.value.ticks) continue
    const shown = Array.from(clone.quads(), lineOf)
    if (shown.length === copy.size && shown.every(line => copy.has(line))) say('same')
    else say(`another: ${shown.length} ${copy.size}`)
  }
}
await Promise.all([write(), write()])
