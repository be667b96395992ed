// growth: what operations cost at n, 2n and 4n subjects: the exponent that fits best. Of what should cost the same however much there is (write, get, query, merge, insert into a list,
// a change while there are watchers), the time for n of them; of what is about everything (join, open), the time of one. So 1 is the best for all.
import { keepAlive } from '../lib/alive.mjs'
import { operations } from '../lib/growing.mjs'
import { Growth } from '../lib/growth.mjs'
import * as peer from '../peers/meldwork.mjs'

export const title = 'exponents of the time for n, 2n and 4n subjects, from the least of 7 runs each'
export const only = ['meldwork']
export const settings = { warm: 0, runs: 1, rounds: 1, timeoutMs: 900_000 }
export const measures = {
  write: 'write, one by one',
  get: 'get, one by one',
  query: 'questions with few answers, one by one',
  merge: 'operations of another, one by one',
  join: 'join by state',
  open: 'open',
  list: 'inserts at random places of a list',
  watch: 'changes beside 20 watchers',
}

const series = 7
/** What seems to grow too much is measured again, as often, before it counts: a machine that is busy just then makes the largest size the slowest. */
const doubtful = 1.1
const most = 3

export async function run(_, entries) {
  const alive = await keepAlive(peer)
  const n = Math.max(500, Math.round(entries.length * 0.4))
  const growth = new Growth()
  let names = Object.keys(operations)
  for (const name of names) await operations[name](n)
  for (let round = 0; round < most && names.length > 0; round++) {
    for (let run = 0; run < series; run++)
      // Sizes take turns, each time in another order.
      for (const name of names)
        for (let i = 0; i < 3; i++) {
          const size = n * 2 ** ((i + run) % 3)
          growth.add(name, size, await operations[name](size))
        }
    const found = growth.exponents()
    names = names.filter(name => found[name] > doubtful)
  }
  for (const document of alive) await document?.close?.()
  for (const [name, times] of growth.least)
    console.error(name, [...times].map(([size, ms]) => `${size}: ${ms.toFixed(1)} ms`).join(', '))
  return growth.exponents()
}
