/**
 * Sees to it that a body has one legal order. The writer goes through the deletes, takes with each run of one key (a subject; within a subject a
 * property) the next inserts of the same key, and writes what inserts are left at the end. So, of the runs of a body:
 *
 *     1. no key follows itself;
 *     2. those without deletes come last;
 *     3. a run with inserts has another key than all runs since the last one with inserts, that one included: it would stand there.
 */
export class Runs {
  private readonly sinceInserts: number[] = []
  private deletesEnded = false

  clear(): void {
    this.sinceInserts.length = 0
    this.deletesEnded = false
  }

  /** @returns whether a run may stand here */
  add(key: number, hasDeletes: boolean, hasInserts: boolean): boolean {
    const { sinceInserts } = this
    if (sinceInserts[sinceInserts.length - 1] === key) return false
    if (!hasDeletes) this.deletesEnded = true
    else if (this.deletesEnded) return false
    if (hasInserts) {
      // Each run is looked at once: linear in all.
      if (sinceInserts.length > 1 && sinceInserts.includes(key)) return false
      sinceInserts.length = 0
    }
    sinceInserts.push(key)
    return true
  }
}
