/** Random histories of several clones, as lists of numbers, so that a failing one shrinks. */
import fc from 'fast-check'
import type { PlainTerm } from '../reference/digest.js'
import { nameOf } from '../reference/observed-remove-set.js'
import { Clone, type Judging, type PlainPattern, type PlainTriple, type Published } from './clone.js'
import * as pool from './terms-pool.js'

/** What to do, and three numbers to choose by. */
export type Step = readonly [kind: number, a: number, b: number, c: number]

/** What a step may be, as often as it stands here. */
export const kinds = [
  ...(['insert', 'insert', 'insert', 'several', 'several', 'same', 'same', 'replace', 'replace'] as const),
  ...(['deleteProperty', 'deleteTriple', 'deleteSubject', 'many', 'deliver', 'deliver', 'deliver', 'deliver'] as const),
  ...(['deliverAll', 'again', 'join', 'join', 'reopen', 'reload', 'writeUndone', 'takeUndone', 'joinUndone'] as const),
  'tick' as const,
]

export const steps = (minLength: number, maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(fc.tuple(fc.nat(kinds.length - 1), fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff)), {
    minLength,
    maxLength,
    size: 'max',
  })

/** The terms that a history is made of. */
export interface Vocabulary {
  readonly subjects: readonly PlainTerm[]
  readonly properties: readonly PlainTerm[]
  readonly objects: readonly PlainTerm[]
}

const pick = <T>(list: readonly T[], by: number): T => list[by % list.length]

/** Several clones and the operations between them. Each clone's inbox may be read in any order, and holds some of them twice. */
export class World {
  readonly log = new Map<string, Published>()
  readonly clones: Clone[] = []
  private readonly inboxes: Published[][] = []
  private readonly vocabulary: Vocabulary
  private readonly judging: Judging | undefined
  private lastReplica = 0

  /** @param judging the rules in force; when there is none, those of the tests about two properties of the common vocabulary */
  constructor(size: number, vocabulary: Vocabulary = pool, judging?: Judging) {
    this.vocabulary = vocabulary
    this.judging = judging
    for (let i = 0; i < size; i++) {
      this.clones.push(this.newClone())
      this.inboxes.push([])
      this.clones[i].nowMs += i * 3
    }
  }

  /** A clone that has nothing, and is given nothing. */
  newClone(): Clone {
    return new Clone(this.log, () => this.newReplica(), this.judging)
  }

  /** Of 8 bytes, as today's, or shorter or longer; in no order. */
  private newReplica(): Uint8Array {
    const number = ++this.lastReplica
    const id = new Uint8Array([8, 8, 8, 1, 32][number % 5])
    for (let i = 0; i < id.length; i++) id[i] = Math.imul(number + i * 7, 0x9e3779b1) >>> 11
    id[id.length - 1] = number
    return id
  }

  /** Now and then, those that something happened to are compared with the reference; at the end, all. */
  run(steps: readonly Step[], checkEvery = 15): void {
    const touched = new Set<Clone>()
    steps.forEach((step, i) => {
      this.step(step)
      touched.add(this.clones[step[1] % this.clones.length])
      if (i % checkEvery !== checkEvery - 1) return
      for (const clone of touched) clone.check()
      touched.clear()
    })
    for (const clone of touched) clone.check()
  }

  step([kind, a, b, c]: Step): void {
    const at = a % this.clones.length
    const clone = this.clones[at]
    clone.nowMs += b % 5
    const other = pick(this.clones, b)
    const { subjects, properties, objects } = this.vocabulary
    const subject = pick(subjects, b)
    const property = pick(properties, b >> 4)
    const object = pick(objects, c)
    const does: Record<(typeof kinds)[number], () => void> = {
      insert: () => this.write(at, [], [{ subject, property, object }]),
      several: () => this.write(at, [], this.several(b, c)),
      // What everybody writes: several dots of one triple, and groups for the rules to judge.
      same: () => this.write(at, [], [{ subject: subjects[0], property: properties[b % 2], object: objects[c % 3] }]),
      replace: () => this.write(at, [{ subject, property }], [{ subject, property, object }]),
      deleteProperty: () => this.write(at, [{ subject, property }], []),
      deleteTriple: () => this.write(at, [{ subject, property, object }], []),
      deleteSubject: () => this.write(at, [{ subject }], []),
      many: () => this.write(at, [{ subject }, { subject: pick(subjects, c) }], this.several(c, b)),
      deliver: () => this.deliver(at, b, 1 + (c % 3)),
      deliverAll: () => this.deliver(at, b, Number.MAX_SAFE_INTEGER),
      again: () => this.log.size > 0 && clone.take(pick([...this.log.values()], b)),
      join: () => clone.join(other),
      reopen: () => clone.reopen(false),
      reload: () => this.reload(at),
      writeUndone: () => this.writeUndone(at, this.several(b, c)),
      takeUndone: () => this.takeUndone(at, b),
      joinUndone: () => this.joinUndone(at, other),
      tick: () => {
        clone.nowMs += b % 1000
      },
    }
    does[kinds[kind]]()
  }

  several(b: number, c: number): PlainTriple[] {
    const { subjects, properties, objects } = this.vocabulary
    return Array.from({ length: 1 + (b % 5) }, (_, i) => ({
      subject: pick(subjects, (b >> 3) + (i >> 1)),
      property: pick(properties, (b >> 6) + i * (c % 3)),
      object: pick(objects, c + i * ((b >> 8) % 3)),
    }))
  }

  write(at: number, patterns: readonly PlainPattern[], triples: readonly PlainTriple[]): void {
    const written = this.clones[at].write(patterns, triples)
    if (written === undefined) return
    const { published } = written
    this.log.set(nameOf(published.reference.replica, published.reference.last), published)
    this.inboxes.forEach((inbox, other) => {
      if (other !== at) inbox.push(published)
    })
  }

  private deliver(at: number, by: number, count: number): void {
    const inbox = this.inboxes[at]
    for (let i = 0; i < count && inbox.length > 0; i++) {
      const [published] = inbox.splice((by + i) % inbox.length, 1)
      this.clones[at].take(published)
    }
  }

  /** What waited in memory is lost, and comes again. */
  private reload(at: number): void {
    this.inboxes[at].push(...this.log.values())
    this.clones[at].reopen(true)
  }

  /** The store did not take it: nobody else has seen it. */
  private writeUndone(at: number, triples: readonly PlainTriple[]): void {
    const clone = this.clones[at]
    const reference = clone.reference.copy()
    const written = clone.write([], triples)!
    clone.undo(written.undoable)
    clone.reference = reference
    clone.received.delete(nameOf(written.published.reference.replica, written.published.reference.last))
    clone.reopen(false)
  }

  /** An operation that is ready is applied, and the store does not take it; it comes again. */
  private takeUndone(at: number, by: number): void {
    const clone = this.clones[at]
    const { history } = clone.reference
    const ready = this.inboxes[at].filter(({ reference }) => {
      const isNew = !history.has(nameOf(reference.replica, reference.last))
      return isNew && [...reference.causes].every(cause => history.has(cause))
    })
    if (ready.length === 0) return
    const published = pick(ready, by)
    const reference = clone.reference.copy()
    const name = nameOf(published.reference.replica, published.reference.last)
    const waits = clone.received.has(name)
    clone.undo(clone.applyNow(published))
    clone.reference = reference
    if (waits) clone.take(published)
  }

  private joinUndone(at: number, other: Clone): void {
    const clone = this.clones[at]
    const reference = clone.reference.copy()
    const items = other.encoded()
    clone.undo(clone.joinItems(items))
    clone.reference = reference
  }

  /** Everybody gets everything, in an order of its own; some of it twice. */
  drain(): void {
    const all = [...this.log.values()]
    this.clones.forEach((clone, at) => {
      const order = all.map((published, i) => ({ published, by: Math.imul(i + 1, 0x9e3779b1 + at * 2) >>> 0 }))
      for (const { published } of order.sort((a, b) => a.by - b.by)) clone.take(published)
      for (const published of all.slice(0, 5)) clone.take(published)
      this.inboxes[at].length = 0
    })
  }
}
