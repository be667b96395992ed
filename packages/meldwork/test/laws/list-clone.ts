/**
 * The engine's heart with lists, without a store or a network, all synchronous: graph, rules, list writer and causal delivery, as `transaction`
 * wires them. Each change is compared with what it told of, and the lists with the reference.
 */
import { HybridClock } from '../../src/causality/index.js'
import { check32, hexadecimal, Reader } from '../../src/codec/index.js'
import { type Difference, decodeState, Effects, encodeState, Graph, listDifference } from '../../src/graph/index.js'
import { Changes, decodeBody, decodeHeader, type OperationHeader } from '../../src/operation/index.js'
import { atOnce } from '../../src/ports/index.js'
import { type PropertyId, TermKind, type ValueId } from '../../src/rdf/index.js'
import { Positions } from '../../src/sequence/index.js'
import { Delivery, type DeliveryHost } from '../../src/sync/delivery.js'

import type { Chance } from '../../src/testkit/chance.js'
import { ListWriter } from '../../src/transaction/list-writer.js'
import { supersede } from '../../src/transaction/supersede.js'
import { View } from '../../src/transaction/view.js'
import { type LivePair, listsOf, type Standing } from '../reference/lists.js'
import { encodeOperation, expectSame, type Undoable } from './clone.js'
import { isLegal, plain } from './terms-pool.js'

export class ListClone {
  graph = new Graph(isLegal)
  nowMs = 1000
  /** Slots that this clone has ever shown. */
  readonly seen = new Set<string>()
  private readonly chance: Chance
  private readonly clock = new HybridClock(() => this.nowMs)
  private view = new View(this.graph, [])
  private writer!: ListWriter
  private delivery!: Delivery
  private deliveryHost!: DeliveryHost
  private author = -1
  private lastId = 0
  /** The lists as the events alone tell them. */
  private followed = new Map<string, Standing[]>()

  constructor(chance: Chance) {
    this.chance = chance
    this.begin()
  }

  private begin(): void {
    const { graph } = this
    this.author = -1
    const positions = new Positions(length => this.chance.bytes(length))
    this.writer = new ListWriter(
      graph,
      () => positions,
      () => this.newId(),
    )
    this.delivery = new Delivery()
    this.deliveryHost = {
      graph,
      now: () => this.nowMs,
      receive: header => {
        this.receive(header)
      },
      isOwn: replica => replica === this.author,
      forked: () => {
        throw new Error('a fork')
      },
    }
  }

  private newId(): string {
    return `slot/${hexadecimal(this.chance.bytes(4))}-${++this.lastId}`
  }

  iri(name: string): ValueId {
    return this.graph.terms.iri(name, true)
  }

  text(text: string): ValueId {
    return this.graph.terms.string(text, true)
  }

  list(name: string): Standing[] {
    const view = this.graph.list(this.iri(name))
    return Array.from({ length: view.length }, (_, i) => {
      if (view.indexOf(view.slotAt(i)) !== i) throw new Error(`the slot at ${i} says that it is elsewhere`)
      return this.standing(view.slotAt(i), view.itemAt(i))
    })
  }

  private standing(slot: ValueId, item: ValueId): Standing {
    const { kind, value } = plain(this.graph.terms, item)
    return { slot: this.graph.terms.text(slot), item: `${kind}:${value}` }
  }

  /** @returns the operation, for others; undefined when nothing was to be done */
  write(fill: (writer: ListWriter, changes: Changes) => void): { bytes: Uint8Array; undoable: Undoable } | undefined {
    const { graph } = this
    const changes = new Changes()
    this.writer.begin()
    fill(this.writer, changes)
    this.writer.flush(changes)
    if (changes.empty) return undefined
    supersede(graph, changes)
    if (this.author < 0) this.author = graph.replicas.add(this.chance.bytes(8))
    const { author } = this
    const time = this.clock.next()
    const first = graph.replicas.counters[author] + 1
    const bytes = encodeOperation(graph, changes, author, time)
    const heads = [...graph.heads.entries()].filter(([replica]) => replica !== author)
    const last = first + changes.counters - 1
    return { bytes, undoable: this.apply({ author, first, last, check: check32(bytes), time, heads }, changes) }
  }

  private apply(place: Parameters<Graph['apply']>[0], changes: Changes): Undoable {
    const effects = new Effects()
    const before = this.graph.apply(place, changes, effects)
    this.view.update(effects)
    this.follow(effects.difference())
    return { effects, before }
  }

  take(bytes: Uint8Array): void {
    atOnce(this.delivery.taking([decodeHeader(bytes)], this.deliveryHost))
  }

  private receive(header: OperationHeader): void {
    const { graph } = this
    const author = graph.replicas.add(header.replica)
    const changes = new Changes()
    const { first, last, check, time } = header
    const reader = new Reader(header.bytes, 'operation', header.bodyStart)
    decodeBody(reader, last - first + 1, changes, graph.terms, graph.replicas, author)
    this.clock.observe(time)
    const heads = header.heads.map(({ replica, counter }) => [graph.replicas.find(replica), counter] as const)
    this.apply({ author, first, last, check, time, heads }, changes)
  }

  join(other: ListClone): Undoable {
    const effects = new Effects()
    const before = this.graph.join(decodeState(encodeState(other.graph), this.graph), effects)
    this.view.update(effects)
    this.follow(effects.difference())
    return { effects, before }
  }

  takeWaiting(): void {
    atOnce(this.delivery.takingAgain())
  }

  undo({ effects, before }: Undoable): void {
    const inverse = new Effects()
    effects.appendInverse(inverse)
    this.graph.undo(effects, before)
    this.follow(inverse.difference())
  }

  /** A new opening. @param reload whether from a state; then what waited must be given again */
  reopen(reload: boolean): void {
    if (reload) {
      const items = encodeState(this.graph)
      this.graph = new Graph(isLegal)
      this.graph.join(decodeState(items, this.graph), new Effects())
      this.view = new View(this.graph, [])
      this.view.judgeAll()
    }
    this.begin()
  }

  /** What was told must fit: what is removed was there, at its index before; what is added stands at its index after. */
  private follow(difference: Difference): void {
    const { lists, rest } = listDifference(this.graph, difference)
    const told = [...rest.inserted, ...rest.deleted].filter((_, i) => i % 3 === 1)
    if (told.some((property: PropertyId) => property < 3)) throw new Error('a triple of a list is told as such')
    for (const { list, removed, added } of lists) {
      const name = this.graph.terms.text(list)
      const items = [...(this.followed.get(name) ?? [])]
      for (const { index, slot, item } of removed.toReversed())
        expectSame(JSON.stringify(items.splice(index, 1)[0]), JSON.stringify(this.standing(slot, item)))
      for (const { index, slot, item } of added) {
        if (index > items.length) throw new Error(`added at ${index}, beyond the end`)
        items.splice(index, 0, this.standing(slot, item))
        this.seen.add(this.graph.terms.text(slot))
      }
      this.followed.set(name, items)
    }
  }

  /** Compares the lists with the reference, and with what was told. */
  check(): void {
    const expected = listsOf([...this.livePairs()])
    for (const name of new Set([...expected.keys(), ...this.followed.keys()])) {
      const items = expected.get(name) ?? []
      expectSame(JSON.stringify(this.list(name)), JSON.stringify(items))
      expectSame(JSON.stringify(this.followed.get(name) ?? []), JSON.stringify(items))
    }
  }

  private *livePairs(): Iterable<LivePair> {
    const { graph } = this
    const { terms, replicas } = graph
    const into: number[] = []
    for (const subject of graph.liveSubjects()) {
      const length = graph.observed(subject, -1, into)
      for (let at = 0; at < length; at += 5)
        yield {
          subject: terms.text(subject),
          property: terms.propertyText(into[at]),
          object: plain(terms, into[at + 1]),
          counter: into[at + 2],
          replica: hexadecimal(replicas.ids[into[at + 3]]),
          time: graph.times.of(into[at + 3], into[at + 2]),
        }
    }
  }

  /** The triples of this property, for tests that look below lists. */
  objectsOf(subject: string, property: PropertyId): string[] {
    const into: number[] = []
    const count = this.graph.objects(this.iri(subject), property, into)
    return into
      .slice(0, count)
      .map(value => (this.graph.terms.kind(value) >= TermKind.integer ? '' : this.graph.terms.text(value)))
  }
}
