/**
 * Sees to it that a body has one legal order. The writer goes through the deletes, takes with each run of one key (a subject; within a subject a
 * property) the next inserts of the same key, and writes what inserts are left at the end. So, of the runs of a body:
 *
 *     1. no key follows itself;
 *     2. those without deletes come last;
 *     3. a run with inserts has another key than all runs since the last one with inserts, that one included: it would stand there.
 */
export class Runs {
  /** The keys since the last run with inserts, that one included: so many of the list, which is never shortened. */
  private readonly sinceInserts: number[] = []
  private count = 0
  private deletesEnded = false

  clear(): void {
    this.count = 0
    this.deletesEnded = false
  }

  /** @returns whether a run may stand here */
  add(key: number, hasDeletes: boolean, hasInserts: boolean): boolean {
    const { sinceInserts } = this
    if (this.count > 0 && sinceInserts[this.count - 1] === key) return false
    if (!hasDeletes) this.deletesEnded = true
    else if (this.deletesEnded) return false
    if (hasInserts) {
      // Each run is looked at once: linear in all.
      for (let i = 0; i < this.count; i++) if (sinceInserts[i] === key) return false
      this.count = 0
    }
    sinceInserts[this.count++] = key
    return true
  }
}
