import { type Constraint, type InputTools, type Rule, type RuleKind, RuleSet } from '../constraint/index.js'
import { platformEnvironment } from '../ports/index.js'
import { Context, canonicalJson, IriSpace, type Json, type ValueId } from '../rdf/index.js'
import { ConstantReader, Keys } from '../subject/index.js'
import { Chance } from './chance.js'
import {
  type Answer,
  ask,
  isAsked,
  type Question,
  type Side,
  shuffled,
  someQuestion,
  withoutHidden,
} from './rule-questions.js'
import { RuleTerms } from './rule-terms.js'

/** What the suite needs of a test runner: `{ test }` of vitest, node:test or mocha (`it`) will do. */
export interface RuleTestRunner {
  test(name: string, run: () => Promise<void>): unknown
}

export interface RuleSuiteOptions {
  /** Values that the rules judge, as JSON, beside some of every kind and those in the declarations: such as they have something to say about. */
  readonly values?: readonly unknown[]
  /** Of what the rules are asked; a failure names the one it had. By default a new one for each run. */
  readonly seed?: number
  /** How many questions each rule is asked by each test: 300 by default. */
  readonly questions?: number
}

/**
 * The acceptance suite for a type of rules: one test for each law that rules must keep, so that all clones see the same.
 *
 * It asks random questions, so it finds what is wrong in some of the cases that the values make; it does not tell whether a rule does what its author wants.
 * @param declarations as apps declare rules of the type: several, with each of its parameters
 */
export function testRule(
  runner: RuleTestRunner,
  kind: RuleKind,
  declarations: readonly Constraint[],
  options: RuleSuiteOptions = {},
): void {
  const { values = [], questions = 300 } = options
  const seed = options.seed ?? new DataView(platformEnvironment.random(4).buffer).getUint32(0)
  for (const [name, law] of Object.entries(laws))
    runner.test(name, async () => {
      if (declarations.length === 0) throw new Error('there is no declaration to try')
      for (const declaration of declarations) {
        const chance = Chance.of(seed, name, canonicalJson(declaration))
        const json = distinct([...values, ...constantsIn(declaration), ...someValues])
        for (const trial of trials(kind, declaration, json, chance)) {
          if (law.each === undefined) continue
          for (let i = 0; i < questions; i++) {
            const question = someQuestion(trial.one, chance)
            const wrong = attempt(() => law.each!(trial, question))
            if (wrong !== undefined)
              throw new Error(
                `${canonicalJson(declaration)}, "${trial.one.rule.name}": ${wrong}\nasked about ${JSON.stringify(described(question, trial.json))}\nwith { seed: ${seed} }`,
              )
          }
        }
      }
    })
}

/** One rule, made twice of one declaration, over dictionaries with other ids. */
interface Trial {
  readonly one: Asked
  readonly other: Asked
  readonly chance: Chance
  /** The values, by place. */
  readonly json: readonly unknown[]
}

interface Asked extends Side {
  readonly ask: (question: Question) => Answer
}

interface Law {
  /** @returns what is wrong. Left out by a law that is about making a rule */
  readonly each?: (trial: Trial, question: Question) => string | undefined
}

const laws: Record<string, Law> = {
  'a declaration is read, and makes the same rule each time': {},

  'a rule answers, whatever the values are': {
    each: ({ one }, question) => {
      one.ask(question)
      return undefined
    },
  },

  'a rule does not ask for the time, nor for chance': {
    each: ({ one }, question) => {
      const used = usedBy(() => one.ask(question))
      return used.length > 0 ? `it uses ${used.join(' and ')}` : undefined
    },
  },

  'a rule that is asked again answers the same': {
    each: ({ one }, question) => {
      const first = one.ask(question)
      return different(first, one.ask(question)) ?? different(first, one.ask(question))
    },
  },

  'a rule answers the same in any order': {
    each: ({ one, chance }, question) => {
      if (one.rule.stratum === 'key') return undefined
      return different(one.ask(question), one.ask(shuffled(question, chance)))
    },
  },

  'a rule does not depend on the ids of values': {
    each: ({ one, other }, question) => different(one.ask(question), other.ask(question)),
  },

  'a rule hides nothing but what it was given': {
    each: ({ one }, question) => {
      const given = [question.candidates.map(({ place }) => place), ...question.sides]
      const sides = question.sides.length > 0 ? question.sides : given
      const isGiven = one.ask(question).hidden.every((hidden, at) => hidden.every(place => sides[at].includes(place)))
      return isGiven ? undefined : 'it hides what it was not asked about'
    },
  },

  'a rule adds nothing about those that it is not asked about': {
    each: ({ one }, question) => {
      const { rule, terms } = one
      if (rule.stratum !== 'inference' || isAsked(rule, terms, question)) return undefined
      const { adds } = one.ask(question)
      return adds.length > 0
        ? `it adds ${adds.join(', ')}; but it is asked only about those it names in "about"`
        : undefined
    },
  },

  'a rule leaves what it has left once': {
    each: ({ one }, question) => {
      if (one.rule.stratum === 'input') return settled(one, question)
      const again = withoutHidden(question, one.ask(question))
      if (one.rule.stratum !== 'pair' && again.candidates.length === 0) return undefined
      const { hidden } = one.ask(again)
      return hidden.some(({ length }) => length > 0) ? 'of what it has left it hides more' : undefined
    },
  },

  'a rule keeps what it says of counts': {
    each: ({ one }, question) => {
      const { rule } = one
      if (rule.stratum === 'set') {
        const left = new Set(withoutHidden(question, one.ask(question)).candidates.map(({ place }) => place))
        if (left.size > (rule.atMost ?? Number.POSITIVE_INFINITY))
          return `it leaves ${left.size}, and says ${rule.atMost}`
        const [{ place }] = question.candidates
        const alone = { ...question, candidates: question.candidates.filter(candidate => candidate.place === place) }
        if (rule.keepsOne && one.ask(alone).hidden[0].length > 0) return 'it says that it keeps one value, and does not'
      }
      if (rule.stratum === 'subject' && rule.reads.length === 1 && one.ask(question).says === true) {
        const { length } = question.sides[0]
        if (length < (rule.atLeast ?? 0)) return `it says that it asks for ${rule.atLeast} values, and takes ${length}`
      }
      return undefined
    },
  },

  'a rule orders any claims of a key': {
    each: ({ one }, question) => {
      if (one.rule.stratum !== 'key') return undefined
      const compare = (a: number, b: number) =>
        one.ask({ ...question, claims: [question.claims[a], question.claims[b]] }).says as number
      for (const a of [0, 1, 2])
        for (const b of [0, 1, 2]) {
          const order = compare(a, b)
          if (a !== b && order !== 1 && order !== -1) return 'it does not say which of two claims comes first'
          if (order !== -compare(b, a)) return 'which of two claims comes first depends on which is asked about first'
        }
      const [a, b, c] = [compare(0, 1), compare(1, 2), compare(2, 0)]
      return a === b && b === c ? 'of three claims each comes before the next' : undefined
    },
  },
}

/** What a rule of input has written it writes again as it is. */
function settled({ rule, terms, values }: Asked, { candidates: [{ place }] }: Question): string | undefined {
  if (rule.stratum !== 'input' || rule.value === undefined) return undefined
  const tools: InputTools = { terms, now: () => 0, newId: () => 'id' }
  const once = rule.value(values[place], tools)
  const twice = rule.value(once, tools)
  return once === twice
    ? undefined
    : `of ${terms.spelled(once)}, which it has written, it makes ${terms.spelled(twice)}`
}

function different(a: Answer, b: Answer): string | undefined {
  const [first, second] = [JSON.stringify(a), JSON.stringify(b)]
  return first === second ? undefined : `it answers ${first}, and then ${second}`
}

/** What is wrong, or what was thrown. */
function attempt(run: () => string | undefined): string | undefined {
  try {
    return run()
  } catch (error) {
    return `it throws ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`
  }
}

// --- rules

function trials(kind: RuleKind, declaration: Constraint, json: readonly unknown[], chance: Chance): Trial[] {
  const [one, other] = [
    made(kind, declaration, json, new RuleTerms(4, 8)),
    made(kind, declaration, json, new RuleTerms(1 << 24, -4)),
  ]
  if (one.text !== other.text) throw new Error(`${canonicalJson(declaration)} makes another rule each time`)
  return one.rules.map((rule, i) => ({ one: rule, other: other.rules[i], chance, json }))
}

interface Made {
  readonly rules: readonly Asked[]
  /** The declaration in its canonical form, and what its rules are about. */
  readonly text: string
}

function made(kind: RuleKind, declaration: Constraint, json: readonly unknown[], terms: RuleTerms): Made {
  const keys = new Keys(Context.of(new IriSpace('rules.example')), terms)
  const constants = new ConstantReader(keys)
  const thrown: unknown[] = []
  const failure = (_: Rule, error: unknown) => thrown.push(error)
  const values = json.map(value => constants.value(value, 'values'))
  const declared = { declaration, source: 'configuration', path: 'declaration', id: undefined, keys } as const
  const { inForce, notInForce } = RuleSet.read([declared], [kind], failure)
  for (const { error } of notInForce) throw error
  const rules = inForce[0].rules.map((rule): Asked => {
    const side = { rule, terms, values }
    return {
      ...side,
      ask(question) {
        thrown.length = 0
        const answer = ask(side, question)
        if (thrown.length > 0) throw thrown[0]
        return answer
      },
    }
  })
  const text = canonicalJson(inForce[0].declaration as Json)
  return { rules, text: `${text} ${rules.map(({ rule }) => outline(rule, terms)).join('; ')}` }
}

/** What a rule is about, in no dictionary's ids. */
function outline(rule: Rule, terms: RuleTerms): string {
  const names = (properties: readonly number[]) => properties.map(property => terms.propertyText(property)).join()
  const scope = JSON.stringify(rule.scope, (key, value) => {
    if (key === 'property') return terms.propertyText(value)
    return key === 'classes' || key === 'nodes' ? value.map((id: ValueId) => terms.text(id)) : value
  })
  const parts = `${rule.stratum} "${rule.name}" ${scope}`
  switch (rule.stratum) {
    case 'value':
      return `${parts} ${typeof rule.property === 'object' ? names([...rule.property.allBut].sort()) : names([rule.property])}`
    case 'set':
      return `${parts} ${names([rule.property])} ${rule.keepsOne} ${rule.atMost}`
    case 'pair':
    case 'key':
      return `${parts} ${names(rule.properties)}`
    case 'subject':
      return `${parts} ${names(rule.reads)} ${rule.atLeast}`
    case 'inference':
      return `${parts} ${names(rule.about)} ${rule.of} ${names(rule.adds)}`
    case 'input':
      return `${parts} ${names([rule.property])}`
    case 'reference':
      return `${parts} ${names([rule.property])} ${rule.classes.map(id => terms.text(id))}`
  }
}

// --- values

const someValues: readonly unknown[] = [
  'a',
  'b',
  '',
  'Ünï',
  0,
  1,
  -2.5,
  true,
  { '@id': 'a' },
  { '@id': 'b' },
  { '@value': 'chat', '@language': 'fr' },
  { '@value': '2020-02-29', '@type': 'http://www.w3.org/2001/XMLSchema#date' },
]

/** What stands in a declaration and can be a value. */
function constantsIn(json: unknown): unknown[] {
  if (Array.isArray(json)) return json.flatMap(constantsIn)
  if (typeof json !== 'object' || json === null)
    return ['string', 'number', 'boolean'].includes(typeof json) ? [json] : []
  if ('@value' in json || '@id' in json) return [json]
  return Object.entries(json).flatMap(([name, value]) => (name.startsWith('@') ? [] : constantsIn(value)))
}

/** No value twice, of a few, so that those that matter are often asked about. */
function distinct(json: readonly unknown[]): unknown[] {
  return [...new Map(json.map(value => [canonicalJson(value), value])).values()]
}

/** A question with its values. */
function described({ candidates, sides, claims, triples, subject }: Question, json: readonly unknown[]) {
  return {
    ...(candidates.length > 0 && {
      candidates: candidates.map(({ place, ...dot }) => ({ value: json[place], ...dot })),
    }),
    ...(sides.length > 0 && { values: sides.map(places => places.map(place => json[place])) }),
    ...(claims.length > 0 && { claims }),
    ...(triples.length > 0 && {
      about: json[subject],
      triples: triples.map(triple => [json[triple.subject], triple.property, json[triple.object]]),
    }),
  }
}

// --- what is not given

/** Runs something, and tells what of the world it has used. */
function usedBy(run: () => unknown): string[] {
  const used = new Set<string>()
  const { random } = Math
  const RealDate = Date
  Math.random = () => {
    used.add('Math.random')
    return random()
  }
  globalThis.Date = new Proxy(RealDate, {
    construct(target, parts, newTarget) {
      if (parts.length === 0) used.add('new Date()')
      return Reflect.construct(target, parts, newTarget)
    },
    apply(target) {
      used.add('Date()')
      return target()
    },
    get(target, name) {
      if (name === 'now') used.add('Date.now')
      return Reflect.get(target, name)
    },
  })
  try {
    run()
  } finally {
    Math.random = random
    globalThis.Date = RealDate
  }
  return [...used]
}
