import type { ReplicaIndex } from '../causality/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/** How many numbers an effect takes: what, subject, property, object, counter, replica. */
export const effectStride = 6

/** What an effect was. Even: something went; odd: something came. The last two are of the view, and have no dot. */
export const Effect = { removed: 0, inserted: 1, hidden: 2, shown: 3 } as const
/** Added to `removed` or `inserted` when the triple's visibility changed with it: it was the last dot, or is the first. */
export const visibly = 4
/** Added to `removed` when the triple is live no more and was hidden: undoing must hide it again. */
export const wasHidden = 8
/** Added to `hidden` or `shown` when the triple is not live: it was, or is, inferred. */
export const byInference = 16

/** A graph that took over a whole state: what {@link Effects} need of it. */
export interface Everything {
  /** Whether a triple was visible before. Without it, the graph had nothing. */
  wasThere?(subject: ValueId, property: PropertyId, object: ValueId): boolean
  /** Tells all live pairs that came; those of one triple in a row. */
  listPairs(
    sink: (subject: ValueId, property: PropertyId, object: ValueId, counter: number, replica: ReplicaIndex) => void,
  ): void
  /** All triples that became visible: [subject, property, object, ...]. */
  listVisible(): number[]
}

/**
 * What one transaction did to a graph, pair by pair, in order: enough to undo it in reverse, and to tell what became
 * visible or invisible. Made to be reused.
 */
export class Effects {
  list: number[] = []
  length = 0
  /**
   * Set when all that is there has come: by far the longest list that there is, and mostly nobody asks for it. Then the list has only what became
   * hidden; {@link spell} lists the rest, as long as nothing else has changed the graph.
   */
  everything: Everything | undefined

  push(
    what: number,
    subject: ValueId,
    property: PropertyId,
    object: ValueId,
    counter: number,
    replica: ReplicaIndex,
  ): void {
    const { list, length } = this
    list[length] = what
    list[length + 1] = subject
    list[length + 2] = property
    list[length + 3] = object
    list[length + 4] = counter
    list[length + 5] = replica
    this.length = length + effectStride
  }

  /** Puts into the list what is only known as {@link everything}. */
  spell(): void {
    const { everything } = this
    if (everything === undefined) return
    const hidden = this.list.slice(0, this.length)
    this.clear()
    let last = [0, 0, 0]
    everything.listPairs((subject, property, object, counter, replica) => {
      const isFurther = last[0] === subject && last[1] === property && last[2] === object
      last = [subject, property, object]
      const isNews = !isFurther && !everything.wasThere?.(subject, property, object)
      this.push(Effect.inserted | (isNews ? visibly : 0), subject, property, object, counter, replica)
    })
    for (const number of hidden) this.list[this.length++] = number
  }

  clear(): void {
    this.everything = undefined
    this.length = 0
    if (this.list.length > 65_536) this.list = []
  }

  /** Appends to `target` what undoing these effects does to what is visible. */
  appendInverse(target: Effects): void {
    this.spell()
    for (let at = this.length - effectStride; at >= 0; at -= effectStride) {
      const [what, subject, property, object, counter, replica] = this.list.slice(at, at + effectStride)
      target.push(what ^ 1, subject, property, object, counter, replica)
    }
  }

  /**
   * The difference of the two visible states, before and after: triples as [subject, property, object, ...]. A triple that went and came
   * back is in neither.
   */
  difference(): Difference {
    if (this.everything !== undefined) return { inserted: this.everything.listVisible(), deleted: [] }
    const inserted: number[] = []
    const deleted: number[] = []
    for (let at = 0; at < this.length; at += effectStride) {
      const what = this.list[at]
      if ((what & visibly) === 0) continue
      const to = (what & 1) === 1 ? inserted : deleted
      to.push(this.list[at + 1], this.list[at + 2], this.list[at + 3])
    }
    return inserted.length === 0 || deleted.length === 0 ? { inserted, deleted } : net(inserted, deleted)
  }
}

/** Triples that became visible, and that became invisible: [subject, property, object, ...]. */
export interface Difference {
  readonly inserted: number[]
  readonly deleted: number[]
}

/** Takes out what is on both sides. A triple comes at most once more than it goes, or the other way round. */
function net(inserted: number[], deleted: number[]): Difference {
  if (inserted.length * deleted.length <= 1024) {
    let overlap = false
    for (let i = 0; i < inserted.length && !overlap; i += 3)
      for (let d = 0; d < deleted.length; d += 3)
        if (inserted[i] === deleted[d] && inserted[i + 2] === deleted[d + 2] && inserted[i + 1] === deleted[d + 1]) {
          overlap = true
          break
        }
    if (!overlap) return { inserted, deleted }
  }
  const balance = new Map<string, number>()
  const count = (list: number[], by: number) => {
    for (let i = 0; i < list.length; i += 3) {
      const key = `${list[i]} ${list[i + 1]} ${list[i + 2]}`
      balance.set(key, (balance.get(key) ?? 0) + by)
    }
  }
  count(inserted, 1)
  count(deleted, -1)
  const keep = (list: number[], sign: number) => {
    const kept: number[] = []
    for (let i = 0; i < list.length; i += 3) {
      const key = `${list[i]} ${list[i + 1]} ${list[i + 2]}`
      const left = balance.get(key)!
      if (left !== sign) continue
      balance.set(key, 0)
      kept.push(list[i], list[i + 1], list[i + 2])
    }
    return kept
  }
  return { inserted: keep(inserted, 1), deleted: keep(deleted, -1) }
}
