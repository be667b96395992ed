// The 10,000 subjects of 10 properties that `Q` asks about, and their quads. Taken over from the project's earlier comparison of engines, like `data.mjs`.
export const cities = Array.from({ length: 50 }, (_, i) => `city${i}`)
export const departments = Array.from({ length: 100 }, (_, i) => `dept${i}`)

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

export const rows = count => Array.from({ length: count }, (_, i) => row(i, count))

export const base = 'http://bench.example/'
const xsd = 'http://www.w3.org/2001/XMLSchema#'

/** @param terms an RDF/JS data factory */
export function* quadsOf(terms, rows) {
  const type = terms.namedNode('http://www.w3.org/1999/02/22-rdf-syntax-ns#type')
  const datatypes = Object.fromEntries(
    ['integer', 'double', 'boolean'].map(name => [name, terms.namedNode(`${xsd}${name}`)]),
  )
  const term = value => {
    if (typeof value === 'object') return terms.namedNode(base + value['@id'])
    if (typeof value === 'boolean') return terms.literal(String(value), datatypes.boolean)
    if (typeof value === 'number')
      return terms.literal(String(value), Number.isInteger(value) ? datatypes.integer : datatypes.double)
    return terms.literal(value)
  }
  const properties = new Map(Object.keys(rows[0]).map(key => [key, terms.namedNode(`${base}#${key}`)]))
  for (const { '@id': id, '@type': className, ...rest } of rows) {
    const subject = terms.namedNode(base + id)
    yield terms.quad(subject, type, terms.namedNode(`${base}#${className}`))
    for (const key in rest) yield terms.quad(subject, properties.get(key), term(rest[key]))
  }
}
