/**
 * Calls handlers one after the other, in the order of transactions: what a handler writes is told to all when everybody has been told what was before it. One that
 * throws is reported, and stops nobody.
 */
export class Deliveries {
  private readonly queue: (() => void)[] = []
  private delivering = false

  /** To be called at the next {@link run}. */
  push(deliver: () => void): void {
    this.queue.push(deliver)
  }

  /** Calls what waits, unless that is being done already: then it is done by and by, in this turn. */
  run(): void {
    if (this.delivering || this.queue.length === 0) return
    this.delivering = true
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) call(next)
    this.delivering = false
  }

  /** Calls this at once, before everything that comes of it. */
  first(deliver: () => void): void {
    const { delivering } = this
    this.delivering = true
    call(deliver)
    this.delivering = delivering
    this.run()
  }
}

function call(deliver: () => void): void {
  try {
    deliver()
  } catch (error) {
    console.error('A handler of updates threw', error)
  }
}
