/** Random shapes and random data about the same few subjects, as Turtle. */
import type { Chance } from '../../src/testkit/chance.js'

export const prefixes = `
@prefix : <http://board.example/#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
`

/** One class below another: shapes and data both say so. */
export const classes = ':B rdfs:subClassOf :A .\n'

const subjects = [':s0', ':s1', ':s2', ':s3']
const types = [':A', ':B', ':C']
const properties = [':p', ':q', ':r']
const values = [
  ...['"a"', '"bb"', '"cc c"', '""', '1', '2', '3', '"2"^^xsd:int', '2.5', '"abc"^^xsd:integer', 'true'],
  ...['"a"@en', '"b"@en', '"b"@en-gb', '"c"@de', '"2020-01-01"^^xsd:date', '"2020-01-02"^^xsd:date'],
  ...subjects,
  ':elsewhere',
]

/** A triple of data. */
export function triple(chance: Chance): string {
  const subject = chance.pick(subjects)
  return chance.happens(0.25)
    ? `${subject} a ${chance.pick(types)} .`
    : `${subject} ${chance.pick(properties)} ${chance.pick(values)} .`
}

export const triples = (chance: Chance): string[] =>
  Array.from({ length: 4 + chance.whole(0, 13) }, () => triple(chance))

const some = <T>(chance: Chance, most: number, make: () => T): T[] =>
  Array.from({ length: 1 + chance.whole(0, most - 1) }, make)
const count = (chance: Chance) => chance.whole(0, 2)

/** What may be asked of one value. */
function ofValue(chance: Chance, depth: number): string {
  // The other validator compares all text, in whatever language, and dates with times: what SPARQL gives no order to.
  const literals = ['1', '2', '2.5', '"2020-01-01"^^xsd:date']
  const plain: (() => string)[] = [
    () => `sh:datatype ${chance.pick(['xsd:string', 'xsd:integer', 'rdf:langString', 'xsd:date'])}`,
    () => `sh:nodeKind sh:${chance.pick(['IRI', 'Literal', 'IRIOrLiteral', 'BlankNodeOrIRI', 'BlankNode'])}`,
    () => `sh:in (${some(chance, 5, () => chance.pick(values)).join(' ')})`,
    () => `sh:minInclusive ${chance.pick(literals)}`,
    () => `sh:maxInclusive ${chance.pick(literals)}`,
    () => `sh:minExclusive ${chance.pick(literals)}`,
    () => `sh:maxExclusive ${chance.pick(literals)}`,
    () => `sh:minLength ${count(chance)}`,
    () => `sh:maxLength ${count(chance)}`,
    () => `sh:pattern "${chance.pick(['^[ab]', 'c', '\\\\d', '^.$'])}"`,
    () => `sh:languageIn ("${chance.pick(['en', 'de', 'en-gb'])}")`,
    () => 'sh:deactivated false',
  ]
  if (depth === 0 || chance.happens(0.7)) return chance.pick(plain)()
  return logic(chance, () => `[ ${body(some(chance, 2, () => ofValue(chance, depth - 1)))} ]`)
}

function logic(chance: Chance, part: () => string): string {
  const type = chance.pick(['or', 'xone', 'and', 'not', 'node'])
  if (type === 'not' || type === 'node') return `sh:${type} ${part()}`
  return `sh:${type} (${some(chance, 3, part).join(' ')})`
}

/** What may be asked of all values of a property. */
function ofProperty(chance: Chance, depth: number): string {
  const other = chance.pick(properties)
  const plain: (() => string)[] = [
    () => `sh:minCount ${count(chance)}`,
    () => `sh:maxCount ${count(chance)}`,
    () => `sh:hasValue ${chance.pick(values)}`,
    () => `sh:class ${chance.pick(types)}`,
    () => 'sh:uniqueLang true',
    () => `sh:equals ${other}`,
    () => `sh:disjoint ${other}`,
    () => `sh:lessThan ${other}`,
    () => `sh:lessThanOrEquals ${other}`,
  ]
  return chance.happens(0.5) ? chance.pick(plain)() : ofValue(chance, depth)
}

/** Components of which a shape has at most one. */
const single =
  /^sh:(closed|datatype|nodeKind|in|minCount|maxCount|minLength|maxLength|uniqueLang|deactivated|(min|max)(In|Ex)clusive|pattern|languageIn) /

function body(parts: string[]): string {
  const seen = new Set<string>()
  return parts
    .filter(part => {
      const name = single.exec(part)?.[1]
      if (name === undefined) return true
      return !seen.has(name) && seen.add(name)
    })
    .join(' ; ')
}

function propertyShape(chance: Chance, depth: number): string {
  return `[ sh:path ${chance.pick(properties)} ; ${body(some(chance, 3, () => ofProperty(chance, depth)))} ]`
}

/** What may be asked of a subject. */
function ofSubject(chance: Chance, depth: number): string {
  const kind = chance.whole(0, 9)
  if (kind < 4 || depth === 0) return `sh:property ${propertyShape(chance, depth)}`
  if (kind === 4)
    return `sh:closed true ; sh:ignoredProperties (${some(chance, 3, () => chance.pick([...properties, 'rdf:type', 'rdf:type'])).join(' ')})`
  if (kind === 5) return ofValue(chance, 0)
  if (kind === 6) return `sh:class ${chance.pick(types)}`
  const path = chance.pick(properties)
  // Parts about the values of one property mean something else for a subject than for each value.
  const samePath = () => `[ sh:path ${path} ; ${ofValue(chance, 0)} ]`
  const anything = () =>
    chance.happens(0.5) ? propertyShape(chance, depth - 1) : `[ ${ofSubject(chance, depth - 1)} ]`
  const made = logic(chance, chance.happens(0.5) ? samePath : anything)
  return made.startsWith('sh:node [ sh:path') ? ofSubject(chance, 0) : made
}

const target = (chance: Chance): string =>
  chance.pick([
    () => `sh:targetClass ${chance.pick(types)}`,
    () => `sh:targetClass ${chance.pick(types)}`,
    () => `sh:targetSubjectsOf ${chance.pick(properties)}`,
    () => `sh:targetObjectsOf ${chance.pick(properties)}`,
    () => `sh:targetNode ${chance.pick(subjects)}`,
  ])()

export function shapesText(chance: Chance): string {
  const shape = (i: number) =>
    `:Shape${i} a sh:NodeShape ; ${[...some(chance, 2, () => target(chance)), body(some(chance, 2, () => ofSubject(chance, 2)))].join(' ; ')} .`
  return Array.from({ length: 1 + chance.whole(0, 1) }, (_, i) => shape(i)).join('\n')
}
