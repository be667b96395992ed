/** So much credit is kept at most: two seconds' worth may be sent at once. */
export const burstMs = 2000

/** What a connection may send: two token buckets, of bytes and of messages, counted in milliseconds' worth of credit. */
export class Rate {
  private readonly msPerByte: number
  private readonly msPerMessage: number
  private atMs: number
  private bytes = burstMs
  private messages = burstMs

  constructor(bytesPerSecond: number, messagesPerSecond: number, nowMs: number) {
    this.msPerByte = 1000 / bytesPerSecond
    this.msPerMessage = 1000 / messagesPerSecond
    this.atMs = nowMs
  }

  /** A clock that is set back or forth gives nothing away beyond a burst. */
  earn(nowMs: number): void {
    const passedMs = Math.min(Math.max(nowMs - this.atMs, 0), burstMs)
    this.atMs = nowMs
    this.bytes = Math.min(this.bytes + passedMs, burstMs)
    this.messages = Math.min(this.messages + passedMs, burstMs)
  }

  /** Pays for a frame of so many bytes. */
  spend(bytes: number): void {
    this.bytes -= bytes * this.msPerByte
    this.messages -= this.msPerMessage
  }

  /** How long until there is credit again; 0 while there is. */
  get debtMs(): number {
    return Math.max(0, -this.bytes, -this.messages)
  }

  /** Deeper in debt than messages alone can bring one. */
  get hopeless(): boolean {
    return this.messages < -2 * burstMs
  }
}
