/**
 * The slow and obvious replicated type: a set of operations, and everything else worked out from it by definition. It keeps all history, so it
 * needs no rule for joining, no heads kept up to date, no vector that must not have gaps:
 *
 *     live        what an operation here inserted and no operation here deleted
 *     vector      the last counter of each replica
 *     heads       the operations here that no operation here has seen, by the whole causal graph
 *     join        the union of two sets of operations
 *
 * Beside it stands {@link joinStates}, the join of two states without history, word for word as the engine's design has it.
 */

/** A triple, spelled. */
export interface ReferenceTriple {
  readonly subject: string
  readonly property: string
  readonly object: string
}

/** A dot and the triple that it names. */
export interface ReferencePair extends ReferenceTriple {
  readonly replica: string
  readonly counter: number
}

export interface ReferenceOperation {
  readonly replica: string
  readonly first: number
  readonly last: number
  readonly time: number
  /** The names of all operations that its author knew. */
  readonly causes: ReadonlySet<string>
  readonly inserts: readonly ReferencePair[]
  /** Dots. */
  readonly deletes: ReadonlySet<string>
}

/** What a write is to delete: all of a subject, or of a property of it, or one triple. */
export interface ReferencePattern {
  readonly subject: string
  readonly property?: string
  readonly object?: string
}

/** A live value of a property that has a rule, as a rule sees it. */
export interface ReferenceCandidate {
  readonly value: string
  readonly replica: string
  readonly counter: number
  readonly time: number
}

/** Of all live values of one subject and property, those that must not be seen. */
export type ReferenceRule = (candidates: readonly ReferenceCandidate[]) => readonly string[]

export const nameOf = (replica: string, last: number): string => `${replica}@${last}`
export const dotOf = (pair: ReferencePair): string => `${pair.replica}.${pair.counter}`
export const tripleOf = (triple: ReferenceTriple): string => `${triple.subject} ${triple.property} ${triple.object}`
export const pairOf = (pair: ReferencePair): string => `${dotOf(pair)} ${tripleOf(pair)}`

export class ObservedRemoveSet {
  readonly history = new Map<string, ReferenceOperation>()

  /** @throws when a cause is missing */
  apply(operation: ReferenceOperation): void {
    for (const cause of operation.causes)
      if (!this.history.has(cause)) throw new Error(`${nameOf(operation.replica, operation.last)} came before ${cause}`)
    this.history.set(nameOf(operation.replica, operation.last), operation)
  }

  join(other: ObservedRemoveSet): void {
    for (const [name, operation] of other.history) this.history.set(name, operation)
  }

  copy(): ObservedRemoveSet {
    const copy = new ObservedRemoveSet()
    copy.join(this)
    return copy
  }

  /**
   * Makes an operation and applies it. An insert of what is live takes the place of the dots observed for it.
   * @returns undefined when there is nothing to do
   */
  write(
    replica: string,
    time: number,
    patterns: readonly ReferencePattern[],
    triples: readonly ReferenceTriple[],
  ): ReferenceOperation | undefined {
    const live = this.live()
    const inserted = new Map(triples.map(triple => [tripleOf(triple), triple]))
    const deletes = new Set<string>()
    let matched = false
    for (const pair of live) {
      const isDeleted = patterns.some(
        ({ subject, property, object }) =>
          subject === pair.subject &&
          (property === undefined || property === pair.property) &&
          (object === undefined || object === pair.object),
      )
      if (isDeleted) matched = true
      if (isDeleted || inserted.has(tripleOf(pair))) deletes.add(dotOf(pair))
    }
    if (!matched && inserted.size === 0) return undefined
    const first = (this.vector().get(replica) ?? 0) + 1
    const inserts = [...inserted.values()].map((triple, i) => ({ ...triple, replica, counter: first + i }))
    const last = first + Math.max(1, inserts.length) - 1
    const operation = { replica, first, last, time, causes: new Set(this.history.keys()), inserts, deletes }
    this.apply(operation)
    return operation
  }

  live(): ReferencePair[] {
    const deleted = new Set<string>()
    for (const { deletes } of this.history.values()) for (const dot of deletes) deleted.add(dot)
    const live: ReferencePair[] = []
    for (const { inserts } of this.history.values())
      for (const pair of inserts) if (!deleted.has(dotOf(pair))) live.push(pair)
    return live
  }

  vector(): Map<string, number> {
    const vector = new Map<string, number>()
    for (const { replica, last } of this.history.values()) vector.set(replica, Math.max(vector.get(replica) ?? 0, last))
    return vector
  }

  heads(): Set<string> {
    const heads = new Set(this.history.keys())
    for (const { causes } of this.history.values()) for (const cause of causes) heads.delete(cause)
    return heads
  }

  /** When the operation of a dot was made. */
  timeOf(replica: string, counter: number): number {
    for (const operation of this.history.values())
      if (operation.replica === replica && operation.first <= counter && counter <= operation.last)
        return operation.time
    return 0
  }

  /** The visible triples, by spelling. @param rules by property */
  visible(rules: ReadonlyMap<string, ReferenceRule>): Map<string, ReferenceTriple> {
    const live = this.live()
    const visible = new Map(live.map(pair => [tripleOf(pair), pair]))
    for (const [property, rule] of rules)
      for (const subject of new Set(live.map(pair => pair.subject))) {
        const group = live.filter(pair => pair.subject === subject && pair.property === property)
        const candidates = group.map(({ object, replica, counter }) => {
          return { value: object, replica, counter, time: this.timeOf(replica, counter) }
        })
        for (const object of rule(candidates)) visible.delete(tripleOf({ subject, property, object }))
      }
    return visible
  }

  state(): ReferenceState {
    const heads = [...this.heads()].map(name => this.history.get(name)!)
    return {
      pairs: new Map(this.live().map(pair => [pairOf(pair), pair])),
      vector: this.vector(),
      heads: new Map(heads.map(({ replica, last }) => [replica, last])),
    }
  }
}

/** A state without its history. */
export interface ReferenceState {
  readonly pairs: ReadonlyMap<string, ReferencePair>
  readonly vector: ReadonlyMap<string, number>
  readonly heads: ReadonlyMap<string, number>
}

/** Keeps what both have, and what one has and the other's vector does not cover: pairs and heads alike. */
export function joinStates(a: ReferenceState, b: ReferenceState): ReferenceState {
  const pairs = new Map<string, ReferencePair>()
  const heads = new Map<string, number>()
  const vector = new Map(a.vector)
  for (const [replica, counter] of b.vector) vector.set(replica, Math.max(vector.get(replica) ?? 0, counter))
  for (const [one, other] of [
    [a, b],
    [b, a],
  ]) {
    for (const [key, pair] of one.pairs)
      if (other.pairs.has(key) || pair.counter > (other.vector.get(pair.replica) ?? 0)) pairs.set(key, pair)
    for (const [replica, counter] of one.heads)
      if (other.heads.get(replica) === counter || counter > (other.vector.get(replica) ?? 0))
        heads.set(replica, counter)
  }
  return { pairs, vector, heads }
}
