import type { ReplicaIndex } from '../causality/index.js'
import type { ValueId } from '../rdf/index.js'

/** By dot: the entries that it names. Several only where a replica id forked. */
type Entries = Map<number, number | readonly number[]>

/** A dot as one number: replica indexes are far below 2^22. */
const keyOf = (counter: number, replica: ReplicaIndex): number => replica * 2 ** 31 + counter

/** Where in a block the dot of an entry stands (see `triples.ts`), and what of its second number is the replica. */
const counterAt = (block: number, entry: number): number => block + 5 + entry * 4
const replicaMask = (1 << 28) - 1

/**
 * From dots to entries, for wide subjects from which something was removed by its dot: a delete on the wire does not say of which value, and
 * looking at all values of a property for each would make it cost n² to empty a list of n. Holds the first dots of triples, not the further ones.
 */
export class WideDots {
  private readonly bySubject = new Map<ValueId, Entries>()

  /** Fills the entries that the dot names. Builds the subject's index when there is none. @returns how many */
  entries(
    subject: ValueId,
    slab: Int32Array,
    block: number,
    counter: number,
    replica: ReplicaIndex,
    into: number[],
  ): number {
    const found = this.index(subject, slab, block).get(keyOf(counter, replica))
    if (found === undefined) return 0
    if (typeof found === 'number') {
      into[0] = found
      return 1
    }
    for (let i = 0; i < found.length; i++) into[i] = found[i]
    return found.length
  }

  private index(subject: ValueId, slab: Int32Array, block: number): Entries {
    const known = this.bySubject.get(subject)
    if (known !== undefined) return known
    const entries: Entries = new Map()
    for (let entry = 0; entry < slab[block]; entry++)
      if (slab[counterAt(block, entry)] !== 0) put(entries, dotAt(slab, block, entry), entry)
    this.bySubject.set(subject, entries)
    return entries
  }

  /** An entry has come, or has got another dot. */
  came(subject: ValueId, slab: Int32Array, block: number, entry: number): void {
    const entries = this.of(subject)
    if (entries !== undefined && slab[counterAt(block, entry)] !== 0) put(entries, dotAt(slab, block, entry), entry)
  }

  /** An entry is about to go, or to get another dot. */
  goes(subject: ValueId, slab: Int32Array, block: number, entry: number): void {
    const entries = this.of(subject)
    if (entries === undefined || slab[counterAt(block, entry)] === 0) return
    const key = dotAt(slab, block, entry)
    const found = entries.get(key)!
    const rest = typeof found === 'number' ? [] : found.filter(other => other !== entry)
    if (rest.length === 0) entries.delete(key)
    else entries.set(key, rest)
  }

  private of(subject: ValueId): Entries | undefined {
    return this.bySubject.size === 0 ? undefined : this.bySubject.get(subject)
  }

  forget(subject: ValueId): void {
    if (this.bySubject.size > 0) this.bySubject.delete(subject)
  }
}

const dotAt = (slab: Int32Array, block: number, entry: number): number => {
  const at = counterAt(block, entry)
  return keyOf(slab[at], slab[at + 1] & replicaMask)
}

function put(entries: Entries, key: number, entry: number): void {
  const there = entries.get(key)
  if (there === undefined) entries.set(key, entry)
  else entries.set(key, typeof there === 'number' ? [there, entry] : [...there, entry])
}
