import { Duplex } from 'node:stream'

/** What one connection may do. */
export interface MqttBounds {
  /** The longest packet, in bytes. */
  readonly maxPacketBytes: number
  /** In the long run; two seconds' worth may come at once. */
  readonly bytesPerSecond: number
  readonly packetsPerSecond: number
}

type Written = (error?: Error | null) => void

/**
 * Stands between a connection and the broker, which by itself would take a packet of any length, at any speed, and keep everybody waiting for one who does not
 * read. Of MQTT it knows only where packets begin: a byte of their kind, and their length in one to four bytes (MQTT 3.1.1, 2.2).
 */
export class MqttGuard extends Duplex {
  private readonly source: Duplex
  private readonly bounds: MqttBounds
  /** Bytes of a packet that are to come. */
  private remaining = 0
  /** Of the length that is being read: undefined between packets. */
  private length: { value: number; bits: number } | undefined
  /** In milliseconds' worth of what may be sent. */
  private credit = { atMs: performance.now(), bytesMs: burstMs, packetsMs: burstMs }
  private throttle: NodeJS.Timeout | undefined

  constructor(source: Duplex, bounds: MqttBounds) {
    // The broker is never told to wait: what must not pile up is dropped before it comes here.
    super({ writableHighWaterMark: 0x7fffffff, readableHighWaterMark: 65_536 })
    this.source = source
    this.bounds = bounds
    source.on('data', (chunk: Buffer) => this.pass(chunk))
    source.on('end', () => this.push(null))
    source.on('error', error => this.destroy(error))
    source.on('close', () => this.destroy())
    source.pause()
  }

  override _read(): void {
    if (this.throttle === undefined) this.source.resume()
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: Written): void {
    this.source.write(chunk, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: Written): void {
    this.source.cork()
    const last = chunks.length - 1
    for (const [at, { chunk }] of chunks.entries()) this.source.write(chunk, at === last ? done : undefined)
    this.source.uncork()
  }

  override _final(done: Written): void {
    this.source.end()
    done()
  }

  override _destroy(error: Error | null, done: Written): void {
    clearTimeout(this.throttle)
    this.source.destroy()
    done(error)
  }

  private pass(chunk: Buffer): void {
    const packets = this.packetsIn(chunk)
    if (packets === undefined) {
      this.destroy(new Error(`a packet is longer than ${this.bounds.maxPacketBytes} bytes, or is none`))
      return
    }
    const debtMs = this.pay(chunk.length, packets)
    if (!this.push(chunk)) this.source.pause()
    if (debtMs === 0) return
    this.source.pause()
    clearTimeout(this.throttle)
    this.throttle = setTimeout(() => {
      this.throttle = undefined
      this.source.resume()
    }, debtMs)
  }

  /** @returns how many packets begin in it; undefined when one of them is not to be taken */
  private packetsIn(chunk: Buffer): number | undefined {
    let packets = 0
    for (let at = 0; at < chunk.length; ) {
      if (this.remaining > 0) {
        const taken = Math.min(this.remaining, chunk.length - at)
        this.remaining -= taken
        at += taken
        continue
      }
      const byte = chunk[at++]
      if (this.length === undefined) {
        packets++
        this.length = { value: 0, bits: 0 }
        continue
      }
      this.length.value += (byte & 0x7f) * 2 ** this.length.bits
      this.length.bits += 7
      if (byte < 0x80) {
        this.remaining = this.length.value
        this.length = undefined
        if (this.remaining > this.bounds.maxPacketBytes) return undefined
      } else if (this.length.bits >= 28) return undefined
    }
    return packets
  }

  /** @returns how long to wait until there is credit again */
  private pay(bytes: number, packets: number): number {
    const { credit, bounds } = this
    const nowMs = performance.now()
    const earnedMs = nowMs - credit.atMs
    credit.atMs = nowMs
    credit.bytesMs = Math.min(credit.bytesMs + earnedMs, burstMs) - (bytes * 1000) / bounds.bytesPerSecond
    credit.packetsMs = Math.min(credit.packetsMs + earnedMs, burstMs) - (packets * 1000) / bounds.packetsPerSecond
    return Math.max(0, -credit.bytesMs, -credit.packetsMs)
  }
}

const burstMs = 2000

/** The two ends of a connection within this process. */
export function streamPair(): [Duplex, Duplex] {
  const near = new StreamEnd()
  const far = new StreamEnd()
  near.other = far
  far.other = near
  return [near, far]
}

class StreamEnd extends Duplex {
  other!: StreamEnd
  /** Called when the reader at this end wants more. */
  private taken: Written | undefined

  override _read(): void {
    const { taken } = this
    this.taken = undefined
    taken?.()
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: Written): void {
    // In a turn of its own, as on a network.
    setImmediate(() => {
      if (this.other.destroyed) done()
      else if (this.other.push(chunk)) done()
      else this.other.taken = done
    })
  }

  override _final(done: Written): void {
    setImmediate(() => {
      this.other.push(null)
      done()
    })
  }

  override _destroy(error: Error | null, done: Written): void {
    setImmediate(() => this.other.destroy())
    done(error)
  }
}
