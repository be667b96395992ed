import type { ReplicaIndex } from '../causality/index.js'
import type { PropertyId, TripleSink, ValueId } from '../rdf/index.js'

/** How many numbers an insert takes in {@link Changes.inserts}: subject, property, object. */
export const insertStride = 3
/** How many numbers a delete takes in {@link Changes.deletes}: subject, property, object, counter, replica. */
export const deleteStride = 5

/**
 * What one operation does, in one clone's ids: inserts, whose dots follow from their order, and deletes, each of a dot with the subject
 * and property where it is found. The object of a delete is 0 when the operation came from elsewhere: it is not on the wire.
 * Made to be reused: the arrays keep their size, and only the first `insertLength` and `deleteLength` numbers count.
 */
export class Changes implements TripleSink {
  inserts: number[] = []
  insertLength = 0
  deletes: number[] = []
  deleteLength = 0

  get empty(): boolean {
    return this.insertLength === 0 && this.deleteLength === 0
  }

  get insertCount(): number {
    return this.insertLength / insertStride
  }

  /** How many counters the operation takes: one each insert, and one when there is none, so that it can be named. */
  get counters(): number {
    return this.insertLength === 0 ? 1 : this.insertLength / insertStride
  }

  triple(subject: ValueId, property: PropertyId, object: ValueId): void {
    const { inserts } = this
    const at = this.insertLength
    inserts[at] = subject
    inserts[at + 1] = property
    inserts[at + 2] = object
    this.insertLength = at + insertStride
  }

  delete(subject: ValueId, property: PropertyId, object: ValueId, counter: number, replica: ReplicaIndex): void {
    const { deletes } = this
    const at = this.deleteLength
    deletes[at] = subject
    deletes[at + 1] = property
    deletes[at + 2] = object
    deletes[at + 3] = counter
    deletes[at + 4] = replica
    this.deleteLength = at + deleteStride
  }

  clear(): void {
    this.insertLength = 0
    this.deleteLength = 0
    // A very large operation must not stay in memory for ever.
    if (this.inserts.length > 65_536) this.inserts = []
    if (this.deletes.length > 65_536) this.deletes = []
  }
}
