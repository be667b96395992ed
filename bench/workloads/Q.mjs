// Q: 10,000 subjects of 10 properties, and four questions; beside them the same with an n3 Store, in turns in the same process. Ours are requests in JSON,
// read, planned and answered in JSON each time; those of n3 are loops over its quads, written by hand.
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { DataFactory, Store } from 'n3'
import { check, now } from '../lib/measure.mjs'

export const title = '10,000 subjects of 10 properties: questions beside an n3 Store'
export const only = ['meldwork']
const questions = ['subj', 'po', 'join', 'link']
export const measures = Object.fromEntries(
  questions.flatMap(name => [
    [`${name}Us`, `${name} us`],
    [`${name}Ratio`, `${name} / n3`],
  ]),
)

const { namedNode, literal, quad } = DataFactory
const base = 'http://bench.example/'
const xsd = 'http://www.w3.org/2001/XMLSchema#'
const cities = Array.from({ length: 50 }, (_, i) => `city${i}`)
const departments = Array.from({ length: 100 }, (_, i) => `dept${i}`)

const row = (i, count) => ({
  '@id': `obj${i}`,
  '@type': `Class${i % 10}`,
  name: `Name ${i}`,
  age: (i * 37) % 100,
  score: i / 7 + 0.5,
  active: i % 3 === 0,
  dept: { '@id': `dept${(i * 31) % 100}` },
  knows: { '@id': `obj${(i * 7919 + 1) % count}` },
  city: `city${(i * 17) % 50}`,
  email: `u${i}@ex.example`,
  level: (i * 13) % 10,
})

const property = name => namedNode(`${base}#${name}`)

function fill(store, rows) {
  const term = value => {
    if (typeof value === 'object') return namedNode(base + value['@id'])
    if (typeof value === 'boolean') return literal(String(value), namedNode(`${xsd}boolean`))
    if (typeof value === 'number')
      return literal(String(value), namedNode(`${xsd}${Number.isInteger(value) ? 'integer' : 'double'}`))
    return literal(value)
  }
  const type = namedNode('http://www.w3.org/1999/02/22-rdf-syntax-ns#type')
  for (const { '@id': id, '@type': className, ...rest } of rows) {
    store.addQuad(quad(namedNode(base + id), type, namedNode(`${base}#${className}`)))
    for (const [key, value] of Object.entries(rest))
      store.addQuad(quad(namedNode(base + id), property(key), term(value)))
  }
}

const ours = clone => ({
  subj: id => Object.keys(clone.get(id)).length - 1,
  po: city => clone.read({ '@select': '?s', '@where': { '@id': '?s', city } }).length,
  join: dept =>
    clone.read({
      '@select': ['?s', '?a'],
      '@where': { '@id': '?s', dept: { '@id': dept }, age: { '@value': '?a', '@gt': 50 } },
    }).length,
  link: city =>
    clone.read({
      '@select': ['?s', '?t'],
      '@where': [
        { '@id': '?t', city },
        { '@id': '?s', knows: { '@id': '?t' }, age: '?a' },
        { '@filter': { '@gt': ['?a', 50] } },
      ],
    }).length,
})

const theirs = store => ({
  subj: id => store.getQuads(namedNode(base + id), null, null, null).length,
  po: city => store.getQuads(null, property('city'), literal(city), null).length,
  join: dept => {
    let found = 0
    const age = property('age')
    const old = object => {
      if (+object.value > 50) found++
    }
    store.forEach(
      ({ subject }) => {
        store.forObjects(old, subject, age, null)
      },
      null,
      property('dept'),
      namedNode(base + dept),
      null,
    )
    return found
  },
  link: city => {
    let found = 0
    const age = property('age')
    const old = object => {
      if (+object.value > 50) found++
    }
    store.forEach(
      ({ subject: target }) => {
        const look = subject => {
          store.forObjects(old, subject, age, null)
        }
        store.forSubjects(look, property('knows'), target, null)
      },
      null,
      property('city'),
      literal(city),
      null,
    )
    return found
  },
})

export async function run(_, entries) {
  const rows = entries.map((_, i) => row(i, entries.length))
  const clone = await openClone({ domain: 'bench.example', store: new MemoryStore(), genesis: true })
  await clone.write({ '@graph': rows })
  const store = new Store()
  fill(store, rows)
  const asked = { subj: rows.slice(0, 1000).map(each => each['@id']), po: cities, join: departments, link: cities }
  const [mine, other] = [ours(clone), theirs(store)]
  const time = (answer, inputs) => {
    const start = now()
    let found = 0
    for (const input of inputs) found += answer(input)
    return { us: ((now() - start) / inputs.length) * 1000, found }
  }
  const figures = {}
  // The first round builds indexes, on both sides.
  for (let round = 0; round < 2; round++)
    for (const name of questions) {
      const [my, their] = [time(mine[name], asked[name]), time(other[name], asked[name])]
      check(my.found === their.found && my.found > 0, `${name}: ${my.found} answers, n3 has ${their.found}`)
      figures[`${name}Us`] = my.us
      figures[`${name}Ratio`] = my.us / their.us
    }
  await clone.close()
  return figures
}
