// m-ld: m-ld-js and ours in turns in the same process, with a store in memory and a network in the process: 1,000 subjects of 10 properties are written, a transaction each, asked for,
// and given to a new clone.
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { MemoryNetwork, MemoryTransport } from 'meldwork/transports/memory'
import * as mld from '../engines/m-ld.mjs'
import * as meldwork from '../engines/meldwork.mjs'
import { check, collect, now, until } from '../lib/measure.mjs'
import { departments, rows } from '../lib/rows.mjs'

export const title =
  'beside m-ld-js: 1,000 subjects of 10 properties, written, got, asked for in a join, and given to a new clone'
export const only = ['meldwork']
export const settings = { warm: 1, runs: 1 }

const labels = {
  write: 'a write, us',
  get: 'get by id, us',
  query: 'a join of two patterns, us',
  join: 'a new clone joins, ms',
}
export const measures = Object.fromEntries(
  Object.entries(labels).flatMap(([key, label]) => [
    [key, label],
    [`${key}Theirs`, `m-ld-js: ${label}`],
    [`${key}Times`, `times as fast as m-ld-js: ${label.replace(/, .*/, '')}`],
  ]),
)

const count = 1_000

const ours = {
  questionsTo: meldwork.questionsTo,
  world() {
    const network = new MemoryNetwork()
    return genesis =>
      openClone({
        domain: 'bench.example',
        store: new MemoryStore(),
        transport: new MemoryTransport(network),
        genesis,
        // So that who joins is given the state, and not operations: so little is let go for its age only.
        history: { operations: 0, ageMs: 1000 },
      })
  },
  historyless: clone => until(() => clone.stats().journalOperations === 0, 'the history is gone'),
}
const theirs = {
  questionsTo: mld.questionsTo,
  world() {
    const domain = mld.newDomain()
    return genesis => mld.open(domain, genesis)
  },
  async historyless() {},
}

export async function run() {
  const figures = {}
  // Ours is done so soon that nothing would be compiled yet: it warms up for about as long as the other takes, not for as many runs.
  let mine
  for (let time = 0; time < 25; time++) mine = await measure(ours)
  const other = await measure(theirs)
  for (const key of Object.keys(labels)) {
    figures[key] = mine[key]
    figures[`${key}Theirs`] = other[key]
    figures[`${key}Times`] = other[key] / mine[key]
  }
  check(mine.found === other.found && mine.found > 0, `${mine.found} answers, m-ld-js has ${other.found}`)
  return figures
}

async function measure({ questionsTo, world, historyless }) {
  const open = world()
  const all = rows(count)
  collect()
  const clone = await open(true)
  let events = 0
  clone.follow(update => {
    events += update['@insert'].length
  })
  const timed = async (inputs, use) => {
    let found = 0
    const start = now()
    for (const input of inputs) found += (await use(input)) ?? 0
    return { us: ((now() - start) * 1000) / inputs.length, found }
  }
  const write = await timed(all, async row => void (await clone.write(row)))
  check(events >= count, `${events} events`)
  const { subj, join } = questionsTo(clone)
  // Once, to make indexes where there are any.
  await join(departments[0])
  const get = await timed(all.slice(0, 500), ({ '@id': id }) => subj(id))
  check(get.found === 10 * 500, `${get.found} values`)
  const query = await timed(departments, join)
  await historyless(clone)
  const start = now()
  const other = await open(false)
  await other.status.becomes({ outdated: false })
  const joinMs = now() - start
  check((await questionsTo(other).subj('obj5')) === 10, 'obj5 has come')
  for (const each of [other, clone]) await each.close()
  return { write: write.us, get: get.us, query: query.us, join: joinMs, found: query.found }
}
