// A process of its own: ours and json-joy (for questions: n3) do the same in turns, some times. Says for each row the least of ours divided by the least of theirs, in time that the process
// has worked. V8 has one thread here, so that compiling and collecting are in it no more and no less when the machine is busy.
import * as meldworkEngine from '../engines/meldwork.mjs'
import * as n3 from '../engines/n3.mjs'
import { keepAlive } from '../lib/alive.mjs'
import { objects } from '../lib/data.mjs'
import { collect, countOwnTime, now } from '../lib/measure.mjs'
import { cities, departments, rows } from '../lib/rows.mjs'
import * as jsonJoy from '../peers/json-joy.mjs'
import * as meldwork from '../peers/meldwork.mjs'
import * as M1 from '../workloads/M1.mjs'
import * as M2 from '../workloads/M2.mjs'
import * as M3 from '../workloads/M3.mjs'

const { wanted } = JSON.parse(process.argv[2])
const entries = objects(2_000)
const warm = 4
const runs = 5

/** For each workload, which of its figures are rows, and the milliseconds of each. */
const paired = {
  M1: { workload: M1, figures: { write: 'buildMs', apply: 'applyMs', load: 'loadReadMs' } },
  M2: { workload: M2, figures: { write: 'writeMs', apply: 'applyMs' } },
  M3: { workload: M3, figures: { write: 'writeMs', apply: 'applyMs' } },
}
const least = (a, b) => (a === undefined ? b : Math.min(a, b))
const isWanted = name => wanted === undefined || wanted.some(row => row.startsWith(`${name} `))

async function compare(name, { workload, figures }) {
  const sides = [meldwork, jsonJoy].map(peer => ({ peer, times: {}, result: undefined }))
  for (let run = 0; run < warm + runs; run++)
    for (const side of run % 2 === 0 ? sides : sides.toReversed()) {
      collect()
      side.result = await workload.run(side.peer, entries)
      if (run < warm) continue
      for (const [row, figure] of Object.entries(figures)) {
        side.times[row] = least(side.times[row], side.result[figure])
      }
    }
  const [mine, theirs] = sides
  const found = Object.keys(figures).map(row => [`${name} ${row}`, mine.times[row] / theirs.times[row]])
  // Bytes do not depend on the machine.
  const { operationBytes } = mine.result
  if (operationBytes !== undefined) found.push([`${name} bytes`, operationBytes / theirs.result.operationBytes])
  return found
}

async function questions() {
  const all = rows(2_000)
  const asked = { subj: all.slice(0, 1000).map(row => row['@id']), po: cities, join: departments, link: cities }
  const sides = [meldworkEngine, n3].map(engine => ({ engine, times: {} }))
  for (const side of sides) side.store = await side.engine.load(all)
  for (let run = 0; run < 20; run++)
    for (const [name, inputs] of Object.entries(asked))
      for (const side of sides) {
        const start = now()
        for (const input of inputs) side.store[name](input)
        side.times[name] = least(side.times[name], now() - start)
      }
  const [mine, theirs] = sides
  return Object.keys(asked).map(name => [`Q ${name}`, mine.times[name] / theirs.times[name]])
}

countOwnTime()
globalThis.alive = [await keepAlive(meldwork), await keepAlive(jsonJoy)]
const found = []
for (const [name, pair] of Object.entries(paired)) if (isWanted(name)) found.push(...(await compare(name, pair)))
if (isWanted('Q')) found.push(...(await questions()))
process.send(Object.fromEntries(found), () => process.exit(0))
