// The acceptance suite of rules: those that ship pass it; each of the others breaks one law, and must not.
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import {
  type Candidate,
  type Constraint,
  everything,
  type InferenceRule,
  type InputRule,
  type Parameters,
  type Rule,
  type RuleKind,
  type SetRule,
  shippedKinds,
} from '../../src/constraint/index.js'
import { TermKind, type TermTable } from '../../src/rdf/index.js'
import { type RuleSuiteOptions, testRule } from '../../src/testkit/rule-suite.js'

const declarations: Readonly<Record<string, readonly object[]>> = {
  'single-valued': [
    {},
    { class: 'T' },
    { winner: 'least', subjectsOf: 'q' },
    { winner: 'latest', objectsOf: 'q' },
    { winner: 'order', order: ['b', 1, 'a'], node: ['a', 'b'] },
  ],
  'max-count': [{ count: 2 }, { count: 0 }, { count: 1, winner: 'least', class: ['T', 'U'] }],
  in: [{ values: ['a', 1, { '@id': 'b' }] }],
  unique: [{}, { property: ['p', 'q'], class: 'T' }],
  required: [{ class: 'T' }],
  reference: [{}, { to: 'T', class: 'U' }],
  datatype: [{ datatype: 'string' }, { datatype: 'integer', class: 'T' }],
  'node-kind': [{ kind: 'literal' }, { kind: 'iri' }],
  'language-in': [{ languages: ['en'] }],
  closed: [{ property: undefined, properties: ['p', 'q'], class: 'T' }],
  pattern: [{ pattern: '^[a-c]+$' }],
  'min-inclusive': [{ value: 1 }],
  'max-inclusive': [{ value: 1 }],
  'min-exclusive': [{ value: 'a' }],
  'max-exclusive': [{ value: 1.5 }],
  'min-length': [{ length: 2 }],
  'max-length': [{ length: 1 }],
  'unique-lang': [{}, { winner: 'latest' }],
  disjoint: [{ with: 'q' }],
  equals: [{ with: 'q' }],
  'less-than': [{ than: 'q' }],
  'less-than-or-equals': [{ than: 'q' }],
  'min-count': [{ count: 2, class: 'T' }],
  'has-value': [{ value: 'a', class: 'T' }],
  and: [
    {
      of: [
        { '@type': 'in', values: ['a', 1] },
        { '@type': 'min-length', length: 1 },
      ],
    },
  ],
  or: [{ of: [{ '@type': 'required' }, { '@type': 'required', property: 'q' }], class: 'T' }],
  not: [{ of: [{ '@type': 'in', values: ['a'] }] }],
  xone: [{ of: [{ '@type': 'required' }, { '@type': 'required', property: 'q' }], class: 'T' }],
  inverse: [{ of: 'q' }],
  transitive: [{}],
  'sub-class': [{ property: undefined }],
  count: [{ as: 'n' }, { property: undefined, objectsOf: 'q', as: 'n' }],
  trim: [{}],
  'lower-case': [{}],
  'normal-form': [{}],
  default: [{ value: 'a', class: 'T' }],
}

describe('a shipped type of rules passes:', () => {
  for (const kind of shippedKinds)
    describe(kind.type, () =>
      testRule(
        { test },
        kind,
        (declarations[kind.type] ?? []).map(rest => ({ '@type': kind.type, property: 'p', ...rest })),
        { seed: fuzz.seed, questions: fuzz.runs(100) },
      ),
    )
})

/** A type that is not what it should be. */
const kindOf = (make: (parameters: Parameters) => Rule): RuleKind => ({
  point: 'rule',
  type: 'urn:test:bad',
  version: 1,
  make,
})

const setOf = (hides: SetRule['hides'], more: Partial<SetRule> = {}) =>
  kindOf(parameters => ({
    stratum: 'set',
    name: 'bad',
    scope: everything,
    property: parameters.property(),
    hides,
    ...more,
  }))

const valuesOf = (candidates: readonly Candidate[]) => [...new Set(candidates.map(({ value }) => value))]

const allBut = (candidates: readonly Candidate[], value: number) =>
  valuesOf(candidates).filter(other => other !== value)

const claimed = (compare: (a: Candidate, b: Candidate) => number) =>
  kindOf(parameters => ({
    stratum: 'key',
    name: 'bad',
    scope: everything,
    properties: parameters.properties(),
    compare: (a, b) => compare(a.since, b.since),
  }))

const inferred = (infer: InferenceRule['infer'], adds = true) =>
  kindOf(parameters => {
    const property = parameters.property()
    const of = { about: [property], of: 'subjects', adds: adds ? [property] : [] } as const
    return { stratum: 'inference', name: 'bad', scope: everything, ...of, infer }
  })

const written = (value: InputRule['value']) =>
  kindOf(parameters => ({
    stratum: 'input',
    name: 'bad',
    scope: everything,
    property: parameters.property(),
    ...(value && { value }),
  }))

/** The property that is declared. */
const p = (terms: TermTable) => terms.property('#p', true)

let made = 0
let asked = 0

/** Each with the law that must find it out. */
const faulty: Readonly<Record<string, readonly [law: string, kind: RuleKind]>> = {
  'shows what came first': [
    'a rule answers the same in any order',
    setOf(candidates => allBut(candidates, candidates[0].value)),
  ],
  'shows any value': [
    'a rule does not ask for the time, nor for chance',
    setOf(candidates => allBut(candidates, candidates[Math.floor(Math.random() * candidates.length)].value)),
  ],
  'shows nothing before noon': [
    'a rule does not ask for the time, nor for chance',
    setOf(candidates => (new Date().getHours() < 12 ? valuesOf(candidates) : [])),
  ],
  'counts how often it is asked': [
    'a rule that is asked again answers the same',
    setOf(candidates => (++asked % 2 === 0 ? valuesOf(candidates) : [])),
  ],
  'shows the value with the greatest id': [
    'a rule does not depend on the ids of values',
    setOf(candidates => allBut(candidates, Math.max(...valuesOf(candidates)))),
  ],
  'hides a value that is not there': [
    'a rule hides nothing but what it was given',
    setOf((_, terms) => [terms.string('b', true)]),
  ],
  'sorts what it is given': [
    'a rule answers, whatever the values are',
    setOf(candidates => {
      const sorted = (candidates as Candidate[]).sort((a, b) => a.time - b.time)
      return allBut(sorted, sorted[0].value)
    }),
  ],
  'throws for what is no text': [
    'a rule answers, whatever the values are',
    setOf((candidates, terms) => valuesOf(candidates).filter(value => terms.text(value) === 'nothing')),
  ],
  'hides half of what there is': [
    'a rule leaves what it has left once',
    setOf((candidates, terms) => {
      const texts = (value: number) => JSON.stringify([terms.kind(value), String(value > 0 ? 1 : 2)])
      const values = valuesOf(candidates).sort((a, b) => (texts(a) < texts(b) ? -1 : 1))
      return values.slice(0, values.length >> 1)
    }),
  ],
  'says that it keeps one, and hides all': [
    'a rule keeps what it says of counts',
    setOf(candidates => valuesOf(candidates), { keepsOne: true }),
  ],
  'says that it leaves one, and leaves all': ['a rule keeps what it says of counts', setOf(() => [], { atMost: 1 })],
  'lets the later of two have a key, and either at the same time': [
    'a rule orders any claims of a key',
    claimed((a, b) => b.time - a.time),
  ],
  'lets nobody be the first': ['a rule orders any claims of a key', claimed(() => -1)],
  'goes round in circles': [
    'a rule orders any claims of a key',
    claimed((a, b) => ((((a.counter - b.counter) % 3) + 3) % 3 === 1 ? 1 : -1)),
  ],
  'looks at more than it says': [
    'a rule answers, whatever the values are',
    kindOf(parameters => {
      const [read, other] = [parameters.property(), parameters.terms.property('#other', true)]
      return {
        stratum: 'subject',
        name: 'bad',
        scope: everything,
        reads: [read],
        holds: values => values(other).length === 0,
      }
    }),
  ],
  'says that it asks for two, and takes one': [
    'a rule keeps what it says of counts',
    kindOf(parameters => {
      const property = parameters.property()
      const holds = (values: (of: number) => readonly number[]) => values(property).length > 0
      return { stratum: 'subject', name: 'bad', scope: everything, reads: [property], atLeast: 2, holds }
    }),
  ],
  'compares values one way only': [
    'a rule answers the same in any order',
    kindOf(parameters => ({
      stratum: 'pair',
      name: 'bad',
      scope: everything,
      properties: [parameters.property(), parameters.property('other')],
      hides: (first, second) => [first[0] === second[0] ? first : [], []],
    })),
  ],
  'adds what follows from the first it finds': [
    'a rule answers the same in any order',
    inferred((subject, data, add) => {
      const [first] = data.objects(subject, p(data.terms))
      if (first !== undefined) add(subject, p(data.terms), first)
    }),
  ],
  'adds a property that it does not name': [
    'a rule answers, whatever the values are',
    inferred((subject, data, add) => {
      for (const object of data.objects(subject, p(data.terms))) add(subject, p(data.terms), object)
    }, false),
  ],
  'adds something to what is no subject': [
    'a rule answers, whatever the values are',
    inferred((subject, data, add) => {
      for (const object of data.objects(subject, p(data.terms))) add(object, p(data.terms), subject)
    }),
  ],
  'adds something to whoever it is asked about': [
    'a rule adds nothing about those that it is not asked about',
    inferred((subject, data, add) => add(subject, p(data.terms), subject)),
  ],
  'adds the time': [
    'a rule does not ask for the time, nor for chance',
    inferred((subject, data, add) => {
      if (data.objects(subject, p(data.terms)).length > 0)
        add(subject, p(data.terms), data.terms.double(Date.now(), true))
    }),
  ],
  'follows the greater id': [
    'a rule does not depend on the ids of values',
    inferred((subject, data, add) => {
      for (const object of data.objects(subject, p(data.terms)))
        if (object > subject) add(subject, p(data.terms), object)
    }),
  ],
  'writes a mark before all it is given': [
    'a rule leaves what it has left once',
    written((value, { terms }) =>
      terms.kind(value) === TermKind.string ? terms.string(`*${terms.text(value)}`, true) : value,
    ),
  ],
  'writes any number': [
    'a rule does not ask for the time, nor for chance',
    written((_, { terms }) => terms.double(Math.random(), true)),
  ],
  'writes nothing for a while': [
    'a rule that is asked again answers the same',
    written(
      (value, { terms }) => terms.integer(++asked, true) && (asked % 2 === 0 ? value : terms.integer(asked, true)),
    ),
  ],
  'is about something else each time': [
    'a declaration is read, and makes the same rule each time',
    kindOf(parameters => ({
      stratum: 'value',
      name: `bad ${made++}`,
      scope: everything,
      property: parameters.property(),
      allows: () => true,
    })),
  ],
}

/** Runs every law. @returns those that are broken, and how */
async function failuresOf(
  kind: RuleKind,
  more: readonly Constraint[],
  options: RuleSuiteOptions = { seed: fuzz.seed },
): Promise<Map<string, string>> {
  const laws: [name: string, run: () => Promise<void>][] = []
  testRule({ test: (name, run) => laws.push([name, run]) }, kind, more, options)
  const failures = new Map<string, string>()
  for (const [name, run] of laws) await run().catch(error => failures.set(name, String(error)))
  return failures
}

const bad = [{ '@type': 'urn:test:bad', property: 'p', other: 'q' }]
const declared = (kind: RuleKind) => {
  const isPair = String(kind.make).includes("'pair'")
  return isPair ? bad : bad.map(({ other, ...rest }) => rest)
}

describe('the suite of rules', () => {
  test.each(Object.entries(faulty))('finds out a rule that %s', async (_, [law, kind]) => {
    const failures = await failuresOf(kind, declared(kind))
    expect([...failures.keys()]).toContain(law)
  })

  test('names the seed of what it found, and takes it', async () => {
    const [law, kind] = faulty['shows what came first']
    const first = (await failuresOf(kind, declared(kind), {})).get(law)
    const seed = Number(/seed: (\d+)/.exec(first!)?.[1])
    expect((await failuresOf(kind, declared(kind), { seed })).get(law)).toBe(first)
  })

  test('wants a declaration, and one that can be used', async () => {
    const kind = setOf(() => [])
    for (const [law, message] of await failuresOf(kind, []))
      expect([law, message]).toEqual([law, expect.stringMatching(/no declaration/)])
    expect((await failuresOf(kind, [{ '@type': 'urn:test:bad' }])).size).toBeGreaterThan(8)
  })
})
