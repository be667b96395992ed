// list: one list, grown item by item at random places, each a transaction; then read, asked for places, and emptied at random.
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { check, now } from '../lib/measure.mjs'

export const title = 'one list of 10,000 items: inserts and deletes at random places, a transaction each'
export const only = ['meldwork']
export const measures = {
  insertUs: 'insert us',
  readMs: 'read all ms',
  indexUs: 'item by index us',
  deleteUs: 'delete us',
}

export async function run(_, entries) {
  const clone = await openClone({ domain: 'list.example', store: new MemoryStore(), genesis: true })
  let seed = 7
  const random = limit => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return seed % limit
  }
  const model = []
  const places = entries.map((_, i) => random(i + 1))
  const t0 = now()
  for (const [i, place] of places.entries()) void clone.write({ '@id': 'l', '@list': { [place]: i } })
  const t1 = now()
  for (const [i, place] of places.entries()) model.splice(place, 0, i)
  const t2 = now()
  const items = clone.get('l')['@list']
  const t3 = now()
  check(items.length === model.length && items.every((item, i) => item === model[i]), 'the order of the items')
  const asked = Array.from({ length: 1000 }, () => random(model.length))
  const t4 = now()
  for (const index of asked) {
    const [found] = clone.read({ '@select': '?x', '@where': { '@id': 'l', '@list': { [index]: '?x' } } })
    check(found['?x'] === model[index], `the item at ${index}`)
  }
  const t5 = now()
  const gone = Array.from({ length: entries.length / 2 }, (_, i) => random(entries.length - i))
  const t6 = now()
  for (const index of gone) void clone.write({ '@delete': { '@id': 'l', '@list': { [index]: '?' } } })
  const t7 = now()
  for (const index of gone) model.splice(index, 1)
  check(
    clone.get('l')['@list'].every((item, i) => item === model[i]),
    'the order of what is left',
  )
  await clone.flushed()
  await clone.close()
  return {
    insertUs: ((t1 - t0) / places.length) * 1000,
    readMs: t3 - t2,
    indexUs: ((t5 - t4) / asked.length) * 1000,
    deleteUs: ((t7 - t6) / gone.length) * 1000,
  }
}
