/** What is to be retained, on its way to the broker: for each topic the latest, a few at once. So it is bounded, and what is later never comes before what is earlier. */
export class RetainedQueue {
  /** Bytes that the broker has not taken yet. */
  bytes = 0
  private readonly waiting = new Map<string, Uint8Array>()
  private readonly underWay = new Set<string>()
  private readonly limit: number
  private readonly send: (topic: string, bytes: Uint8Array, done: () => void) => void
  private whenEmpty: (() => void)[] = []

  /**
   * @param limit how many may be under way at once
   * @param send calls back when the broker has taken it, or will not
   */
  constructor(limit: number, send: (topic: string, bytes: Uint8Array, done: () => void) => void) {
    this.limit = limit
    this.send = send
  }

  add(topic: string, bytes: Uint8Array): void {
    this.bytes += bytes.length - (this.waiting.get(topic)?.length ?? 0)
    this.waiting.set(topic, bytes)
    this.proceed()
  }

  /** Resolves when all of it has been taken. */
  empty(): Promise<void> {
    if (this.waiting.size + this.underWay.size === 0) return Promise.resolve()
    return new Promise(resolve => this.whenEmpty.push(resolve))
  }

  private proceed(): void {
    for (const [topic, bytes] of this.waiting) {
      if (this.underWay.size >= this.limit) return
      if (this.underWay.has(topic)) continue
      this.waiting.delete(topic)
      this.underWay.add(topic)
      this.send(topic, bytes, () => {
        this.underWay.delete(topic)
        this.bytes -= bytes.length
        this.proceed()
      })
    }
    if (this.waiting.size + this.underWay.size > 0) return
    for (const resolve of this.whenEmpty) resolve()
    this.whenEmpty = []
  }
}
