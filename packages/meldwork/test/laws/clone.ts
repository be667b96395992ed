/**
 * One copy of the engine's heart without a store or a network: graph, rules, causal delivery and codecs, wired as `transaction` wires them,
 * all synchronous. Beside it goes the reference, which is told of the same writes, and of what was delivered.
 */
import { HybridClock } from '../../src/causality/index.js'
import { check32, hexadecimal, Reader, Writer } from '../../src/codec/index.js'
import { everything, type Rule, type SetRule } from '../../src/constraint/index.js'
import {
  type CausalUndo,
  decodeState,
  digestText,
  Effects,
  encodeState,
  Graph,
  type OperationPlace,
  type Snapshot,
} from '../../src/graph/index.js'
import {
  Changes,
  decodeBody,
  decodeHeader,
  encodeBody,
  encodeHeader,
  type OperationHeader,
  operationVersion,
} from '../../src/operation/index.js'
import { atOnce } from '../../src/ports/index.js'
import type { TermTable } from '../../src/rdf/index.js'
import { Delivery, type DeliveryHost } from '../../src/sync/delivery.js'

import { deleteObserved, supersede } from '../../src/transaction/supersede.js'
import { View } from '../../src/transaction/view.js'
import { digestOfPairs, type PlainTerm } from '../reference/digest.js'
import {
  nameOf,
  ObservedRemoveSet,
  pairOf,
  type ReferenceCandidate,
  type ReferenceOperation,
  type ReferencePair,
  type ReferencePattern,
  type ReferenceRule,
  type ReferenceTriple,
} from '../reference/observed-remove-set.js'
import { intern, isLegal, livePairs, plain, properties, spell, spelled, triplesOf } from './terms-pool.js'

/** One operation on its way: the bytes, and what the reference makes of it. */
export interface Published {
  readonly bytes: Uint8Array
  readonly reference: ReferenceOperation
}

export interface PlainTriple {
  readonly subject: PlainTerm
  readonly property: PlainTerm
  readonly object: PlainTerm
}

export interface PlainPattern {
  readonly subject: PlainTerm
  readonly property?: PlainTerm
  readonly object?: PlainTerm
}

/** The greatest value by spelling is seen. */
const greatest: ReferenceRule = candidates => {
  const values = candidates.map(({ value }) => value).sort()
  return values.filter(value => value !== values.at(-1))
}

/** The value written last is seen; of the same time, that of the greatest replica and counter. */
const latest: ReferenceRule = candidates => {
  const isAfter = (a: ReferenceCandidate, b: ReferenceCandidate) =>
    a.time - b.time || (a.replica < b.replica ? -1 : a.replica > b.replica ? 1 : a.counter - b.counter)
  const winner = [...candidates].sort(isAfter).at(-1)
  return candidates.map(({ value }) => value).filter(value => value !== winner?.value)
}

export const referenceRules: ReadonlyMap<string, ReferenceRule> = new Map([
  [spell(properties[0]), greatest],
  [spell(properties[1]), latest],
])

const rulesOver = (terms: TermTable): readonly SetRule[] =>
  [[properties[0], greatest] as const, [properties[1], latest] as const].map(([property, rule]) => ({
    stratum: 'set',
    scope: everything,
    name: `rule of ${property.value}`,
    property: terms.property(String(property.value), true),
    hides(candidates) {
      const spellings = candidates.map(candidate => ({
        ...candidate,
        value: spelled(terms, candidate.value),
        replica: hexadecimal(candidate.replica),
      }))
      const hidden = new Set(rule(spellings))
      return candidates.filter((_, i) => hidden.has(spellings[i].value)).map(({ value }) => value)
    },
  }))

/** What is visible of what is live: as the engine has it, and as the reference has it. */
export interface Judging {
  /** A view of a graph, of which nothing has been judged. */
  view(graph: Graph): View
  /** The triples that the reference shows, spelled. */
  visible(reference: ObservedRemoveSet, graph: Graph): Iterable<string>
}

/** Rules of the tests' own about two properties. */
const byOwnRules: Judging = {
  view: graph => new View(graph, [], rulesOver(graph.terms)),
  visible: reference => reference.visible(referenceRules).keys(),
}

/** What a change left behind for undoing it. */
export interface Undoable {
  readonly effects: Effects
  readonly before: CausalUndo
}

export class Clone {
  graph = new Graph(isLegal)
  reference = new ObservedRemoveSet()
  /** The visible triples, as the events alone tell them. */
  followed = new Set<string>()
  /** Whoever is to be told of each change of the graph. */
  readonly snapshots = new Set<Snapshot>()
  /** The names of all operations that have come, delivered or not. */
  readonly received = new Set<string>()
  forks = 0
  nowMs = 1_000
  private readonly clock = new HybridClock(() => this.nowMs)
  judging: Judging
  view: View
  private delivery = new Delivery()
  private author = -1
  private readonly log: ReadonlyMap<string, Published>
  private readonly newReplica: () => Uint8Array

  /** @param log every operation there is, by name: what the reference learns of those that are delivered */
  constructor(log: ReadonlyMap<string, Published>, newReplica: () => Uint8Array, judging = byOwnRules) {
    this.judging = judging
    this.view = judging.view(this.graph)
    this.log = log
    this.newReplica = newReplica
  }

  get waiting(): number {
    return this.delivery.count
  }

  private get deliveryHost(): DeliveryHost {
    return {
      graph: this.graph,
      now: () => this.nowMs,
      receive: header => {
        this.applyRemote(header)
      },
      isOwn: replica => replica === this.author,
      forked: () => {
        this.forks++
      },
    }
  }

  /** @returns what others are to be given; undefined when nothing was to be done */
  write(
    patterns: readonly PlainPattern[],
    triples: readonly PlainTriple[],
  ): { published: Published; undoable: Undoable } | undefined {
    const { graph } = this
    const changes = new Changes()
    for (const { subject, property, object } of patterns)
      deleteObserved(
        graph,
        changes,
        intern(graph.terms, subject),
        property === undefined ? -1 : graph.terms.property(String(property.value), true),
        object === undefined ? 0 : intern(graph.terms, object),
      )
    for (const { subject, property, object } of triples)
      changes.triple(
        intern(graph.terms, subject),
        graph.terms.property(String(property.value), true),
        intern(graph.terms, object),
      )
    if (changes.empty) {
      expectSame(this.reference.write('none', 0, patterns.map(spelledPattern), triples.map(spelledTriple)), undefined)
      return undefined
    }
    supersede(graph, changes)
    if (this.author < 0) this.author = graph.replicas.add(this.newReplica())
    const { author } = this
    const first = graph.replicas.counters[author] + 1
    const time = this.clock.next()
    const id = graph.replicas.ids[author]
    const bytes = encodeOperation(graph, changes, author, time)
    const place: OperationPlace = {
      author,
      first,
      last: first + changes.counters - 1,
      check: check32(bytes),
      time,
      heads: [...graph.heads.entries()].filter(([replica]) => replica !== author),
    }
    const undoable = this.apply(place, changes)
    const name = hexadecimal(id)
    const operation = this.reference.write(name, time, patterns.map(spelledPattern), triples.map(spelledTriple))
    if (operation === undefined) throw new Error('the reference found nothing to do')
    this.received.add(nameOf(name, operation.last))
    return { published: { bytes, reference: operation }, undoable }
  }

  private apply(place: OperationPlace, changes: Changes): Undoable {
    const effects = new Effects()
    const before = this.graph.apply(place, changes, effects)
    this.view.update(effects)
    this.record(effects)
    this.follow(effects)
    return { effects, before }
  }

  /** Other rules are in force. */
  setRules(judging: Judging, rules: readonly Rule[]): void {
    const effects = new Effects()
    this.judging = judging
    this.view.setRules(rules, effects)
    this.record(effects)
    this.follow(effects)
  }

  private record(effects: Effects): void {
    for (const snapshot of this.snapshots) snapshot.record(effects)
  }

  /** An event must fit to what was told before: nothing comes twice, nothing goes that was not there. */
  private follow(effects: Effects): void {
    const { inserted, deleted } = effects.difference()
    for (const triple of triplesOf(this.graph, deleted))
      if (!this.followed.delete(triple)) throw new Error(`an event deletes ${triple}, which was not there`)
    for (const triple of triplesOf(this.graph, inserted)) {
      if (this.followed.has(triple)) throw new Error(`an event inserts ${triple}, which was there`)
      this.followed.add(triple)
    }
  }

  /** An operation has come, from anybody, perhaps again, perhaps too early. */
  take({ bytes, reference }: Published): void {
    this.received.add(nameOf(reference.replica, reference.last))
    atOnce(this.delivery.taking([decodeHeader(bytes)], this.deliveryHost))
  }

  private applyRemote(header: OperationHeader): void {
    const { graph } = this
    const author = graph.replicas.add(header.replica)
    const changes = new Changes()
    const { first, last, check, time } = header
    const reader = new Reader(header.bytes, 'operation', header.bodyStart)
    decodeBody(reader, last - first + 1, changes, graph.terms, graph.replicas, author)
    reader.finish()
    expectSame(hexadecimal(encodeAgain(graph, header, changes, author)), hexadecimal(header.bytes))
    this.clock.observe(time)
    const heads = header.heads.map(({ replica, counter }) => [graph.replicas.find(replica), counter] as const)
    this.undoable = this.apply({ author, first, last, check, time, heads }, changes)
    this.reference.apply(this.log.get(nameOf(hexadecimal(header.replica), last))!.reference)
  }

  /** Of the operation that was delivered last. */
  undoable: Undoable | undefined

  /** Applies one operation whose causes are here, bypassing the buffer. */
  applyNow({ bytes }: Published): Undoable {
    this.applyRemote(decodeHeader(bytes))
    return this.undoable!
  }

  /** Joins another's state, as bytes. */
  join(other: Clone): Undoable {
    const undoable = this.joinItems(encodeState(other.graph))
    this.reference.join(other.reference)
    atOnce(this.delivery.takingAgain())
    return undoable
  }

  encoded(): Uint8Array[] {
    return encodeState(this.graph)
  }

  joinItems(items: readonly Uint8Array[]): Undoable {
    const effects = new Effects()
    const before = this.graph.join(decodeState(items, this.graph), effects)
    this.view.update(effects)
    this.record(effects)
    this.follow(effects)
    return { effects, before }
  }

  /** Takes back what was done last, and tells of it as one event. */
  undo({ effects, before }: Undoable): void {
    const inverse = new Effects()
    effects.appendInverse(inverse)
    this.follow(inverse)
    this.graph.undo(effects, before)
    this.view.undone(effects)
    this.record(inverse)
  }

  /** The process has ended and begun again: the next write is under a new id. @param reload whether from a checkpoint, too */
  reopen(reload: boolean): void {
    this.author = -1
    if (!reload) return
    this.snapshots.clear()
    const items = encodeState(this.graph)
    this.graph = new Graph(isLegal)
    this.graph.join(decodeState(items, this.graph), new Effects())
    this.view = this.judging.view(this.graph)
    this.view.judgeAll()
    this.delivery = new Delivery()
    this.received.clear()
    for (const name of this.reference.history.keys()) this.received.add(name)
  }

  /** Compares everything with the reference. */
  check(): void {
    const { graph, reference } = this
    const { terms, replicas } = graph
    const live = reference.live()
    expectSame([...livePairs(graph).keys()].sort(), live.map(pairOf).sort())
    const vector = ids(graph).flatMap(([name, replica]) =>
      replicas.counters[replica] > 0 ? [nameOf(name, replicas.counters[replica])] : [],
    )
    expectSame(vector.sort(), [...reference.vector()].map(([name, counter]) => nameOf(name, counter)).sort())
    const heads = [...graph.heads.entries()].map(([replica, counter]) =>
      nameOf(hexadecimal(replicas.ids[replica]), counter),
    )
    expectSame(heads.sort(), [...reference.heads()].sort())
    const indexOf = new Map(ids(graph))
    for (const { replica, counter } of live)
      expectSame(graph.times.of(indexOf.get(replica)!, counter), reference.timeOf(replica, counter))
    this.checkVisible()
    this.checkHidden(live)
    expectSame(digestText(graph.digest), digestOfPairs(this.plainPairs()))
    for (const name of this.received) {
      const operation = this.log.get(name)
      if (operation === undefined || reference.history.has(name)) continue
      const isReady = [...operation.reference.causes].every(cause => reference.history.has(cause))
      if (isReady) throw new Error(`${name} has come, and all its causes, but it was not delivered`)
    }
    expectSame(this.forks, 0)
    expectSame(terms.propertyText(terms.property('#rank', true)), '#rank')
  }

  /** Every way to read what is visible, against the reference. */
  private checkVisible(): void {
    const { graph } = this
    const { terms } = graph
    const expected = [...this.judging.visible(this.reference, graph)].sort()
    expectSame([...this.followed].sort(), expected)
    expectSame(graph.tripleCount, expected.length)
    const found: number[] = []
    const into: number[] = []
    const filled = graph.allSubjects(into)
    const all = into.slice(0, filled)
    expectSame(all.map(subject => spelled(terms, subject)).sort(), [...new Set(expected.map(subjectOf))].sort())
    for (const subject of all) {
      const length = graph.triplesOf(subject, into)
      for (let at = 0; at < length; at += 2) found.push(subject, into[at], into[at + 1])
    }
    expectSame(triplesOf(graph, found).sort(), expected)
    const byPairs: number[] = []
    for (let property = 0; property < terms.propertyCount; property++) {
      const length = graph.pairs(property, into)
      for (let at = 0; at < length; at += 2) byPairs.push(into[at], property, into[at + 1])
    }
    expectSame(triplesOf(graph, byPairs).sort(), expected)
    for (let at = 0; at < found.length; at += 3) {
      const [subject, property, object] = found.slice(at, at + 3)
      if (!graph.has(subject, property, object)) throw new Error('a visible triple is not there')
      const objects = into.slice(0, graph.objects(subject, property, into))
      if (!objects.includes(object)) throw new Error('a visible value is not there')
      const subjectsWith = into.slice(0, graph.subjects(property, object, into))
      if (!subjectsWith.includes(subject)) throw new Error('a visible subject is not there')
      expectSame(graph.countSubjects(property, object), subjectsWith.length)
    }
  }

  /** What is live and not visible is found by no reader; and the counts of references are of what is live. */
  private checkHidden(live: readonly ReferencePair[]): void {
    const { graph } = this
    const { terms } = graph
    const references = new Map<string, number>()
    const triples = new Set<string>()
    for (const pair of live) {
      const triple = `${pair.subject} ${pair.property} ${pair.object}`
      if (triples.has(triple)) continue
      triples.add(triple)
      if (pair.object.startsWith('0:')) references.set(pair.property, (references.get(pair.property) ?? 0) + 1)
    }
    expectSame(graph.liveCount, triples.size)
    for (let property = 0; property < terms.propertyCount; property++) {
      const name = spelled(terms, terms.propertyTerm(property))
      expectSame(graph.countReferences(property), references.get(name) ?? 0)
    }
    const into: number[] = []
    for (const id of graph.liveSubjects()) {
      const length = graph.observed(id, -1, into)
      for (let at = 0; at < length; at += 5) {
        const triple = triplesOf(graph, [id, into[at], into[at + 1]])[0]
        expectSame(graph.has(id, into[at], into[at + 1]), this.followed.has(triple))
        expectSame(graph.isLive(id, into[at], into[at + 1]), true)
        expectSame(into[at + 4] === 1, !this.followed.has(triple))
      }
    }
  }

  private *plainPairs() {
    const { graph } = this
    const { terms, replicas } = graph
    const into: number[] = []
    for (const subject of graph.liveSubjects()) {
      const length = graph.observed(subject, -1, into)
      for (let at = 0; at < length; at += 5)
        yield {
          subject: plain(terms, subject),
          property: plain(terms, terms.propertyTerm(into[at])),
          object: plain(terms, into[at + 1]),
          replica: replicas.ids[into[at + 3]],
          counter: into[at + 2],
        }
    }
  }
}

/** Of a spelled triple. No name of a subject has a space. */
const subjectOf = (triple: string): string => triple.slice(0, triple.indexOf(' '))

const ids = (graph: Graph) => graph.replicas.ids.map((id, replica) => [hexadecimal(id), replica] as const)

const spelledPattern = ({ subject, property, object }: PlainPattern): ReferencePattern => ({
  subject: spell(subject),
  ...(property && { property: spell(property) }),
  ...(object && { object: spell(object) }),
})

const spelledTriple = ({ subject, property, object }: PlainTriple): ReferenceTriple => ({
  subject: spell(subject),
  property: spell(property),
  object: spell(object),
})

/** Encodes an operation of this author as the next one, on all heads. */
export function encodeOperation(graph: Graph, changes: Changes, author: number, time: number): Uint8Array {
  const { replicas } = graph
  const heads = [...graph.heads.entries()]
    .filter(([replica]) => replica !== author)
    .map(([replica, counter]) => ({ replica: replicas.ids[replica], counter }))
    .sort((a, b) => (hexadecimal(a.replica) < hexadecimal(b.replica) ? -1 : 1))
  const first = replicas.counters[author] + 1
  const writer = new Writer()
  encodeHeader(writer, replicas.ids[author], first, changes.counters, replicas.checks[author], heads, time)
  encodeBody(writer, changes, graph.terms, replicas, author)
  return writer.take()
}

/** What was decoded, encoded again: it must be the same bytes. A header's flags and extensions are taken over. */
export function encodeAgain(graph: Graph, header: OperationHeader, changes: Changes, author: number): Uint8Array {
  const writer = new Writer()
  const { replica, first, last, previousCheck, heads, time } = header
  encodeHeader(writer, replica, first, last - first + 1, previousCheck, heads, time)
  if (header.bytes[0] === operationVersion && header.bytes[1] > 1) {
    writer.reset()
    writer.raw(header.bytes.subarray(0, header.bodyStart))
  }
  encodeBody(writer, changes, graph.terms, graph.replicas, author)
  return writer.take()
}

/** As `expect(a).toEqual(b)` for strings, numbers and lists of strings, at a fraction of its cost. */
export function expectSame(actual: unknown, expected: unknown): void {
  if (actual === expected) return
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length === expected.length && actual.every((item, i) => item === expected[i])) return
    const extra = actual.filter(item => !expected.includes(item))
    const lacking = expected.filter(item => !actual.includes(item))
    throw new Error(`too much: ${JSON.stringify(extra, null, 1)}; too little: ${JSON.stringify(lacking, null, 1)}`)
  }
  throw new Error(`got ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`)
}
