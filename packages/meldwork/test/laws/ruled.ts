/** Random sets of rules over a small vocabulary in which they bite, and clones that have them in force. */
import fc from 'fast-check'
import { hexadecimal } from '../../src/codec/index.js'
import {
  compareTimes,
  everything,
  type Rule,
  type RuleInForce,
  type RuleKind,
  RuleSet,
} from '../../src/constraint/index.js'
import type { Graph } from '../../src/graph/index.js'
import { Context, rdf, TermKind, type TermTable } from '../../src/rdf/index.js'
import { Keys } from '../../src/subject/index.js'
import { View } from '../../src/transaction/view.js'
import type { PlainTerm } from '../reference/digest.js'
import type { ObservedRemoveSet } from '../reference/observed-remove-set.js'
import { hiddenBy, type LivePair } from '../reference/rules.js'
import { type Clone, expectSame, type Judging, type Undoable } from './clone.js'
import { kinds, type Step, type Vocabulary, World } from './history.js'
import { intern, iris, plain, spelled } from './terms-pool.js'

const iri = (value: string): PlainTerm => ({ kind: TermKind.iri, value })
const string = (value: string): PlainTerm => ({ kind: TermKind.string, value })
const integer = (value: number): PlainTerm => ({ kind: TermKind.integer, value })

/** Subjects that refer to each other, have types, and the same values. */
export const vocabulary: Vocabulary = {
  subjects: ['a', 'b', 'c', 'd'].map(iri),
  properties: ['#name', '#code', '#ref', iris.short(rdf.type), '#name', '#code', '#ref'].map(iri),
  objects: [
    ...['a', 'b', 'c', 'd', '#T', '#U', '#T'].map(iri),
    ...['x', 'y', 'bad'].map(string),
    ...[1, 2].map(integer),
  ],
}

// --- kinds as an app has them

const textOf = (terms: TermTable, value: number): string => String(plain(terms, value).value)

/** Throws for some values; hides some others. */
const moody: RuleKind = {
  point: 'rule',
  type: 'urn:laws:moody',
  version: 1,
  make: parameters => ({
    stratum: 'value',
    name: 'moody',
    scope: parameters.scope(),
    property: parameters.property(),
    allows(value, terms) {
      if (textOf(terms, value) === 'bad') throw new Error('a rule that fails now and then')
      return textOf(terms, value) !== 'y'
    },
  }),
}

/** No values but those of some properties. */
const closed: RuleKind = {
  point: 'rule',
  type: 'urn:laws:closed',
  version: 1,
  make: parameters => ({
    stratum: 'value',
    name: 'closed',
    scope: parameters.scope(),
    property: { allBut: new Set(parameters.properties()) },
    allows: () => false,
  }),
}

/** Throws for as many as three values. */
const notThree: RuleKind = {
  point: 'rule',
  type: 'urn:laws:not-three',
  version: 1,
  make: parameters => ({
    stratum: 'set',
    name: 'not three',
    scope: parameters.scope(),
    property: parameters.property(),
    hides(candidates, terms) {
      const values = [...new Set(candidates.map(({ value }) => value))]
      if (values.length === 3) throw new Error('a rule that fails for three')
      return values.length < 2 ? [] : values.filter(value => textOf(terms, value) < 'b')
    },
  }),
}

/** What is a value of the first property is none of the second. */
const disjoint: RuleKind = {
  point: 'rule',
  type: 'urn:laws:disjoint',
  version: 1,
  make: parameters => ({
    stratum: 'pair',
    name: 'disjoint',
    scope: parameters.scope(),
    properties: [parameters.property('first'), parameters.property('second')],
    hides: (first, second) => [[], second.filter(value => first.includes(value))],
  }),
}

/** The one who claimed it last has the key. */
const grabbed: RuleKind = {
  point: 'rule',
  type: 'urn:laws:grabbed',
  version: 1,
  make: parameters => ({
    stratum: 'key',
    name: 'grabbed',
    scope: parameters.scope(),
    properties: parameters.properties(),
    compare: (a, b) => compareTimes(b.since, a.since) || (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0),
  }),
}

/** Whoever it is about, if only by being there, has a value of one of two properties. */
const either: RuleKind = {
  point: 'rule',
  type: 'urn:laws:either',
  version: 1,
  make(parameters) {
    const [first, second] = [parameters.property('first'), parameters.property('second')]
    return {
      stratum: 'subject',
      name: 'either',
      scope: parameters.scope() ?? everything,
      reads: [first, second],
      holds: values => values(first).length + values(second).length > 0,
    }
  },
}

const kindsOfApp = [moody, closed, notThree, disjoint, grabbed, either]

// --- rules that are declared

const scopes: readonly Record<string, unknown>[] = [
  {},
  {},
  { class: 'T' },
  { class: 'T' },
  { class: ['T', 'U'] },
  { subjectsOf: 'ref' },
  { objectsOf: 'ref' },
  { node: ['a', 'b'] },
  { class: 'U', objectsOf: 'ref' },
]

const withScope = (scope: Record<string, unknown>, property: string) => [
  { '@type': 'single-valued', property, ...scope },
  { '@type': 'single-valued', property, winner: 'least', ...scope },
  { '@type': 'single-valued', property, winner: 'latest', ...scope },
  { '@type': 'single-valued', property, winner: 'order', order: ['y', 2, 'x'], ...scope },
  { '@type': 'max-count', property, count: 2, ...scope },
  { '@type': 'max-count', property, count: 0, ...scope },
  { '@type': 'in', property, values: ['x', 1, 2, { '@id': 'a' }, { '@id': 'c' }, { '@id': 'T' }], ...scope },
  { '@type': 'unique', property, ...scope },
  { '@type': 'unique', property: ['name', 'code'], ...scope },
  { '@type': 'unique', property: [property, 'ref'], ...scope },
  { '@type': 'required', property, ...(Object.keys(scope).length === 0 ? { class: 'T' } : scope) },
  { '@type': 'required', property, ...(Object.keys(scope).length === 0 ? { node: 'a' } : scope) },
  { '@type': 'reference', property, ...scope },
  { '@type': 'reference', property: 'ref', to: 'T', ...scope },
  { '@type': 'reference', property: 'ref', ...scope },
  { '@type': moody.type, property, ...scope },
  { '@type': closed.type, property: ['name', '@type'], ...scope },
  { '@type': notThree.type, property, ...scope },
  { '@type': disjoint.type, first: 'name', second: 'code', ...scope },
  { '@type': disjoint.type, first: 'code', second: 'ref', ...scope },
  { '@type': grabbed.type, property, ...scope },
  { '@type': either.type, first: property, second: 'code', ...scope },
]

/** All that are declared in histories. */
export const constraints: readonly Record<string, unknown>[] = scopes.flatMap(scope =>
  ['name', 'code', 'ref', '@type'].flatMap(name => withScope(scope, name)),
)

/** Numbers of some declarations. */
export const ruleNumbers = fc.array(fc.nat(constraints.length - 1), { minLength: 1, maxLength: 5 })

/** Declared rules over the dictionaries of graphs. */
export class Declarations implements Judging {
  private readonly numbers: readonly number[]
  /** What was in force before. */
  private readonly before: Declarations | undefined
  private readonly sets = new WeakMap<Graph, RuleSet>()

  constructor(numbers: readonly number[], before?: Declarations) {
    this.numbers = numbers
    this.before = before
  }

  /** Some of these, and another one: those that stay are the same rules. */
  others(b: number, c: number): Declarations {
    return new Declarations([...this.numbers.filter((_, i) => (c >> i) % 2 === 0), b], this)
  }

  rules(graph: Graph): RuleSet {
    const known = this.sets.get(graph)
    if (known !== undefined) return known
    const keys = new Keys(Context.of(iris), graph.terms)
    const declared = this.numbers.map(number => {
      const declaration = constraints[number % constraints.length]
      return { declaration, source: 'configuration', path: `[${number}]`, id: undefined, keys } as const
    })
    const set = RuleSet.read(declared, kindsOfApp, () => {}, this.before?.rules(graph))
    this.sets.set(graph, set)
    return set
  }

  view(graph: Graph): View {
    const view = new View(graph, this.rules(graph).rules)
    view.judgeAll()
    return view
  }

  /** What must be hidden and what visible, as the reference has it. */
  judge(reference: ObservedRemoveSet, graph: Graph) {
    const live = livePairsOf(reference, graph)
    const hidden = hiddenBy(live, this.rules(graph).rules, graph.terms)
    const visible = new Set<string>()
    for (const { subject, property, object } of live)
      if (!hidden.has(`${subject} ${property} ${object}`))
        visible.add(spelledTriple(graph, [subject, property, object]))
    return { hidden, visible }
  }

  visible(reference: ObservedRemoveSet, graph: Graph): Iterable<string> {
    return this.judge(reference, graph).visible
  }

  /** Says of which declaration a rule comes, the same at every clone. */
  nameOf(rule: Rule, graph: Graph): string {
    const owner: RuleInForce | undefined = this.rules(graph).ownerOf(rule)
    return JSON.stringify(owner?.declaration) ?? rule.name
  }
}

/** Ids by spelling, for each graph. */
const spellings = new WeakMap<Graph, Map<string, number>>()

function idOf(graph: Graph, spelling: string): number {
  let ids = spellings.get(graph)
  if (ids === undefined) {
    ids = new Map()
    spellings.set(graph, ids)
  }
  let id = ids.get(spelling)
  if (id === undefined) {
    const kind = Number(spelling.slice(0, spelling.indexOf(':'))) as TermKind
    id = intern(graph.terms, { kind, value: JSON.parse(spelling.slice(spelling.indexOf(':') + 1)) })
    ids.set(spelling, id)
  }
  return id
}

function livePairsOf(reference: ObservedRemoveSet, graph: Graph): LivePair[] {
  const { terms } = graph
  return reference.live().map(({ subject, property, object, replica, counter }) => ({
    subject: idOf(graph, subject),
    property: terms.property(terms.text(idOf(graph, property)), true),
    object: idOf(graph, object),
    replica: Uint8Array.from({ length: replica.length / 2 }, (_, at) =>
      Number.parseInt(replica.slice(at * 2, at * 2 + 2), 16),
    ),
    counter,
    time: reference.timeOf(replica, counter),
  }))
}

const spelledTriple = ({ terms }: Graph, [subject, property, object]: readonly [number, number, number]): string =>
  `${spelled(terms, subject)} ${spelled(terms, terms.propertyTerm(property))} ${spelled(terms, object)}`

const judgingOf = (clone: Clone): Declarations => clone.judging as Declarations

/** Every hidden triple, and why: as any clone would say it. */
export function reasonsOf(clone: Clone): string[] {
  const { graph, view } = clone
  return Array.from(view.reasons.entries(), ([subject, property, object, rule]) => {
    return `${spelledTriple(graph, [subject, property, object])} ${judgingOf(clone).nameOf(rule, graph)}`
  }).sort()
}

/** All that a view remembers, in the ids of its graph. */
function memoryOf(view: View, rules: readonly Rule[]): string[] {
  // biome-ignore-start lint/complexity/useLiteralKeys: the way to what is private
  const lines: string[] = []
  for (const [rule, claims] of view['claims']) {
    for (const [key, known] of claims['byKey']) {
      const [winner, all] = 'winner' in known ? [known.winner, [...known.claims.values()]] : [known, [known]]
      if (all.length === 1 && 'winner' in known) throw new Error(`one alone contests ${key}`)
      const rivals = all.map(({ of, since }) => `${of} since ${hexadecimal(since.replica)}.${since.counter}`)
      lines.push(`${rules.indexOf(rule)}: ${key} has ${winner.of} of ${rivals.sort().join('; ')}`)
    }
    const contests = [...claims['byKey'].values()].filter(known => 'winner' in known)
    expectSame(claims['contests'], contests.length)
    for (const subject of claims['bySubject'].keys())
      for (const { key } of claims.of(subject)) lines.push(`${rules.indexOf(rule)}: ${subject} claims ${key}`)
  }
  for (const [subject, rule] of view['broken']) lines.push(`${rules.indexOf(rule)} breaks ${subject}`)
  for (const [subject, property, object, rule] of view.reasons.entries())
    lines.push(`${rules.indexOf(rule)} hides ${subject} ${property} ${object}`)
  return lines.sort()
  // biome-ignore-end lint/complexity/useLiteralKeys: as above
}

/** What is missed is not there, is referred to, and is all that hides a reference. */
function checkAbsent({ graph, view }: Clone): void {
  // biome-ignore-start lint/complexity/useLiteralKeys: the way to what is private
  for (const [rule, absent] of view['absent'])
    for (const target of absent) {
      expectSame(view['isThere'](rule, target), false)
      if (graph.liveSubjectsWith(rule.property, target, []) === 0) throw new Error(`nobody misses ${target}`)
    }
  for (const [, , object, rule] of view.reasons.entries())
    if (rule.stratum === 'reference') expectSame(view['absent'].get(rule)!.has(object), true)
  // biome-ignore-end lint/complexity/useLiteralKeys: as above
}

/** What a clone shows and hides, and why, is what the reference says; and it remembers what one would that has just begun. */
export function checkRules(clone: Clone): void {
  const { graph, reference, view, followed } = clone
  const judging = judgingOf(clone)
  const { hidden, visible } = judging.judge(reference, graph)
  expectSame([...followed].sort(), [...visible].sort())
  expectSame(
    Array.from(view.reasons.entries(), ([s, p, o, rule]) => `${s} ${p} ${o} ${judging.nameOf(rule, graph)}`).sort(),
    Array.from(hidden, ([key, { rule }]) => `${key} ${judging.nameOf(rule, graph)}`).sort(),
  )
  const { rules } = judging.rules(graph)
  const remembered = memoryOf(view, rules)
  const fresh = judging.view(graph)
  fresh.judgeAll()
  expectSame(remembered, memoryOf(fresh, rules))
  checkAbsent(clone)
}

/** Histories in which rules are put in force and taken away as well. */
export class RuledWorld extends World {
  /** The rules that all begin with, and end with. */
  private readonly declarations: Declarations

  constructor(size: number, numbers: readonly number[]) {
    const declarations = new Declarations(numbers)
    super(size, vocabulary, declarations)
    this.declarations = declarations
  }

  static readonly steps = (minLength: number, maxLength: number): fc.Arbitrary<Step[]> =>
    fc.array(fc.tuple(fc.nat(kinds.length + 1), fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff)), {
      minLength,
      maxLength,
      size: 'max',
    })

  override step(step: Step): void {
    const [kind, a, b, c] = step
    const clone = this.clones[a % this.clones.length]
    if (kind < kinds.length) super.step(step)
    else if (kind === kinds.length) this.rule(clone, c % 3 === 0 ? this.declarations : judgingOf(clone).others(b, c))
    else this.severalUndone(clone, b, c)
    checkRules(clone)
  }

  private rule(clone: Clone, declarations: Declarations): void {
    clone.setRules(declarations, declarations.rules(clone.graph).rules)
  }

  /** Writes one after another, and takes them back in reverse: after each everything is as it was before it. */
  private severalUndone(clone: Clone, b: number, c: number): void {
    const done: { reference: ObservedRemoveSet; before: string[]; undoable: Undoable; name: string }[] = []
    for (let i = 0; i < 3; i++) {
      const before = [...clone.followed, ...reasonsOf(clone)].sort()
      const reference = clone.reference.copy()
      const [one] = this.several(b + i * 37, c + i)
      const written = clone.write(i === 1 ? [{ subject: one.subject }] : [], i === 1 ? [] : this.several(c, b + i))
      if (written === undefined) continue
      const { published, undoable } = written
      done.push({ reference, before, undoable, name: `${published.reference.replica}@${published.reference.last}` })
    }
    for (const { reference, before, undoable, name } of done.reverse()) {
      clone.undo(undoable)
      clone.reference = reference
      clone.received.delete(name)
      expectSame([...clone.followed, ...reasonsOf(clone)].sort(), before)
      checkRules(clone)
    }
    clone.reopen(false)
  }

  /** Everybody gets everything, and has the same rules. */
  override drain(): void {
    super.drain()
    for (const clone of this.clones) {
      this.rule(clone, this.declarations)
      checkRules(clone)
    }
  }
}
