// watch: 10,000 subjects, and as many changes of one property, each a transaction, while requests are watched. What is timed is the synchronous part of a change: the
// write, and the calls of the handlers.
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { check, now } from '../lib/measure.mjs'

export const title = '10,000 changes of a property in 10,000 subjects, while requests are watched'
export const only = ['meldwork']
export const measures = {
  noneUs: 'unwatched, us a change',
  oneUs: '1 watcher, us',
  apartUs: '100 of other properties, us',
  hundredUs: '100 of all kinds, us',
  rerunUs: '1 that is solved anew, us',
  apartRatio: '100 of others / unwatched',
  hundredRatio: '100 of all kinds / unwatched',
}

const row = (i, count) => ({
  '@id': `obj${i}`,
  name: `Name ${i}`,
  age: (i * 37) % 100,
  dept: { '@id': `dept${(i * 31) % 100}` },
  knows: { '@id': `obj${(i * 7919 + 1) % count}` },
  city: `city${(i * 17) % 50}`,
})

const older = { '@value': '?age', '@gt': 50 }
/** The members of a department who are old: each change of an age is looked at, one in a hundred is of this department. */
const join = i => ({ '@select': ['?s', '?age'], '@where': { '@id': '?s', dept: { '@id': `dept${i}` }, age: older } })
const byId = i => ({ '@describe': `obj${i * 13}` })
const byValue = i => ({ '@select': '?s', '@where': { '@id': '?s', city: `city${i % 50}` } })
const youngest = {
  '@select': ['?s', '?age'],
  '@where': { '@id': '?s', age: '?age', city: 'city7' },
  '@orderBy': '?age',
  '@limit': 10,
}

const range = (count, make) => Array.from({ length: count }, (_, i) => make(i))
const situations = {
  noneUs: [],
  oneUs: [join(1)],
  apartUs: range(100, byValue),
  hundredUs: [...range(40, byId), ...range(40, byValue), ...range(20, join)],
  rerunUs: [youngest],
}

export async function run(_, entries) {
  const clone = await openClone({ domain: 'bench.example', store: new MemoryStore(), genesis: true })
  await clone.write({ '@graph': entries.map((_, i) => row(i, entries.length)) })
  const figures = {}
  let shift = 0
  for (const [name, requests] of Object.entries(situations)) {
    const copies = requests.map(request => {
      const copy = { request, size: 0 }
      copy.stop = clone.watch(request, ({ added, removed }) => {
        copy.size += added.length - removed.length
      })
      return copy
    })
    const changes = name === 'rerunUs' ? 1000 : entries.length
    const { ticks } = clone.status.value
    shift++
    let ms = 0
    for (let i = 0; i < changes; i++) {
      const patch = { '@id': `obj${(i * 7) % entries.length}`, age: (i + shift) % 100 }
      const start = now()
      clone.patch(patch)
      ms += now() - start
      if (i % 1000 === 999) await clone.flushed()
    }
    figures[name] = (ms / changes) * 1000
    check(clone.status.value.ticks === ticks + changes, 'each change is one')
    for (const { request, size, stop } of copies) {
      const { length } = clone.read(request)
      check(size === length, `${JSON.stringify(request)}: told of ${size} answers, ${length} are read`)
      stop()
    }
  }
  await clone.close()
  figures.apartRatio = figures.apartUs / figures.noneUs
  figures.hundredRatio = figures.hundredUs / figures.noneUs
  return figures
}
