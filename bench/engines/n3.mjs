// n3: the questions are loops over its quads, written by hand. https://github.com/rdfjs/N3.js
import { DataFactory, Store } from 'n3'
import { base, quadsOf } from '../lib/rows.mjs'

export const name = 'n3'

const { namedNode, literal } = DataFactory
const property = name => namedNode(`${base}#${name}`)

export function load(rows) {
  const store = new Store()
  for (const quad of quadsOf(DataFactory, rows)) store.addQuad(quad)
  const older = (subject, age) => {
    let found = 0
    store.forObjects(({ value }) => void (+value > 50 && found++), subject, age, null)
    return found
  }
  return {
    subj: id => store.getQuads(namedNode(base + id), null, null, null).length,
    po: city => store.getQuads(null, property('city'), literal(city), null).length,
    join(dept) {
      let found = 0
      const age = property('age')
      const count = ({ subject }) => {
        found += older(subject, age)
      }
      store.forEach(count, null, property('dept'), namedNode(base + dept), null)
      return found
    },
    link(city) {
      let found = 0
      const age = property('age')
      const count = subject => {
        found += older(subject, age)
      }
      const each = ({ subject }) => store.forSubjects(count, property('knows'), subject, null)
      store.forEach(each, null, property('city'), literal(city), null)
      return found
    },
  }
}
