import { hexadecimal } from '../codec/index.js'
import { Connection } from './webrtc-connection.js'
import { type Frame, frameOverheadBytes, readFrame, writeFrame } from './webrtc-frame.js'
import type { Settings } from './webrtc-options.js'
import type { Pair } from './webrtc-pair.js'
import { nameBytes, type Signal } from './webrtc-signal.js'
import type { WebRtcTransportStatistics } from './webrtc-statistics.js'

/** What a link needs of the neighbour that it leads to. */
export interface LinkHost {
  readonly settings: Settings
  readonly counts: WebRtcTransportStatistics
  /** The pair whose other member has told this secret. */
  expecting(secret: string): Pair | undefined
  opened(link: Link): void
  lost(link: Link, reason: string): void
}

/** Members that the other end may have introduced here before the other transport has told for whom they speak. */
const maxEarly = 1000

/** A connection to another transport, and who speaks to whom on it. */
export class Link {
  /** Known to the two ends, and to what carries their signals. */
  readonly id: Uint8Array
  /** By whom the descriptions are exchanged. */
  readonly signaller: Pair
  readonly connection: Connection
  /** What is said of it to the other end, once that is known. */
  description: (Signal & { type: 'offer' | 'answer' }) | undefined
  isAnswered = false
  /** Set while an offer is to be sent again. */
  cancelAgain: (() => void) | undefined
  openedMs: number | undefined
  private readonly host: LinkHost
  /** Who speaks here, by number. */
  private readonly mine = new Map<number, Pair>()
  /** To whom the other end speaks, by number. */
  private readonly theirs = new Map<number, Pair>()
  /** Numbers of the other end's, by a secret that nobody has told yet. */
  private readonly early = new Map<string, number>()
  private lastNumber = 0
  /** A message that comes in parts. */
  private begun: { readonly pair: Pair; readonly bytes: Uint8Array; length: number } | undefined

  /** @throws whatever the platform throws that has no connection to give */
  constructor(host: LinkHost, id: Uint8Array, signaller: Pair) {
    this.host = host
    this.id = id
    this.signaller = signaller
    this.connection = new Connection(host.settings, {
      opened: () => {
        this.openedMs = host.settings.environment.now()
        host.opened(this)
      },
      frame: bytes => this.receive(bytes),
      malformed: () => this.malformed(),
      lost: reason => host.lost(this, reason),
    })
  }

  get isUsable(): boolean {
    return this.connection.isUsable
  }

  /** What the other end says to an offer: once. @throws whatever the platform throws, for a description that it does not take */
  async accept(answer: string): Promise<void> {
    if (this.isAnswered) return
    this.isAnswered = true
    await this.connection.accept(answer)
  }

  /** This end's member wants to speak: it says so by both ways. */
  begin(pair: Pair): void {
    const { environment, connectTimeoutMs } = this.host.settings
    const secret = environment.random(nameBytes)
    const number = ++this.lastNumber
    pair.sending = number
    this.mine.set(number, pair)
    pair.owner.signal(pair.peer, { type: 'bind', secret })
    this.control({ type: 'open', number, secret })
    const again = () => {
      pair.cancelTimer = undefined
      if (pair.isConfirmed || pair.sending !== number || !pair.owner.canSignal) return
      this.control({ type: 'leave', number })
      this.mine.delete(number)
      this.begin(pair)
    }
    // The other transport may have lost it.
    pair.cancelTimer = environment.schedule(again, connectTimeoutMs * 2 ** Math.min(pair.attempts++, 5), true)
  }

  /** The other member of a pair has told its secret. */
  expect(pair: Pair): void {
    const number = this.early.get(pair.expected!)
    if (number === undefined) return
    this.early.delete(pair.expected!)
    if (this.theirs.has(number)) this.malformed()
    else this.match(pair, number)
  }

  /** This end's member goes, or the other one. */
  leave(pair: Pair): void {
    if (pair.sending !== undefined) {
      this.control({ type: 'leave', number: pair.sending })
      this.mine.delete(pair.sending)
    }
    if (pair.receiving !== undefined) this.theirs.delete(pair.receiving)
    if (this.begun?.pair === pair) this.begun = undefined
  }

  announce(pair: Pair, payload: Uint8Array): void {
    if (pair.isConfirmed) this.control({ type: 'announce', number: pair.sending!, bytes: payload })
  }

  /** To a pair that is confirmed. Dropped when too much waits already: by the other way it would wait for others, too. */
  message(pair: Pair, bytes: Uint8Array): void {
    const { counts, settings } = this.host
    const { connection } = this
    const number = pair.sending!
    if (connection.waitingBytes + bytes.length > settings.sendBufferBytes) {
      counts.dropped++
      return
    }
    const partBytes = connection.maxFrameBytes - frameOverheadBytes
    let sent: boolean
    if (bytes.length <= partBytes) sent = connection.send(writeFrame({ type: 'message', number, bytes }))
    else {
      const first = bytes.subarray(0, partBytes)
      sent = connection.send(writeFrame({ type: 'first', number, length: bytes.length, bytes: first }))
      for (let at = partBytes; sent && at < bytes.length; at += partBytes) {
        sent = connection.send(writeFrame({ type: 'next', bytes: bytes.subarray(at, at + partBytes) }))
      }
    }
    if (!sent) {
      counts.dropped++
      return
    }
    counts.messagesOut++
    counts.bytesOut += bytes.length
  }

  /** Whether the other end has shown that it speaks for the other member of this pair. */
  isOf(pair: Pair): boolean {
    return pair === this.signaller || pair.receiving !== undefined
  }

  /** Small frames, which the protocol needs. One who makes many, and reads none, is given up. */
  private control(frame: Frame): void {
    const { connection, host } = this
    if (connection.waitingBytes > 2 * host.settings.sendBufferBytes)
      queueMicrotask(() => host.lost(this, 'it is too slow'))
    else connection.send(writeFrame(frame))
  }

  private receive(data: Uint8Array) {
    let frame: Frame | undefined
    try {
      frame = readFrame(data)
    } catch {
      return this.malformed()
    }
    if (frame !== undefined) this.obey(frame)
  }

  private obey(frame: Frame) {
    switch (frame.type) {
      case 'message': {
        const pair = this.theirs.get(frame.number)
        if (pair === undefined) this.host.counts.ignored++
        else this.deliver(pair, frame.bytes)
        return
      }
      case 'first':
        return this.first(frame)
      case 'next':
        return this.next(frame.bytes)
      case 'open':
        return this.introduced(frame.number, hexadecimal(frame.secret))
      case 'opened': {
        const pair = this.mine.get(frame.number)
        if (pair === undefined) return
        pair.isConfirmed = true
        pair.attempts = 0
        pair.cancelTimer?.()
        return
      }
      case 'leave':
        return this.left(frame.number)
      case 'announce': {
        const pair = this.theirs.get(frame.number)
        pair?.owner.announcedDirectly(pair.peer, frame.bytes)
      }
    }
  }

  private deliver(pair: Pair, bytes: Uint8Array): void {
    const { counts, settings } = this.host
    if (bytes.length > settings.maxMessageBytes) {
      counts.ignored++
      return
    }
    counts.messagesIn++
    counts.bytesIn += bytes.length
    pair.owner.message(pair.peer, bytes)
  }

  private first({ number, length, bytes }: Frame & { type: 'first' }) {
    this.begun = undefined
    const pair = this.theirs.get(number)
    if (bytes.length === 0 || bytes.length >= length) return this.malformed()
    if (pair === undefined || length > this.host.settings.maxMessageBytes) {
      this.host.counts.ignored++
      return
    }
    // As long as it says, at once: many small parts would cost more than their bytes.
    const whole = new Uint8Array(length)
    whole.set(bytes)
    this.begun = { pair, bytes: whole, length: bytes.length }
  }

  private next(bytes: Uint8Array) {
    const { begun } = this
    // The rest of a message that is for nobody here.
    if (begun === undefined) return
    if (bytes.length === 0 || begun.length + bytes.length > begun.bytes.length) return this.malformed()
    begun.bytes.set(bytes, begun.length)
    begun.length += bytes.length
    if (begun.length < begun.bytes.length) return
    this.begun = undefined
    this.deliver(begun.pair, begun.bytes)
  }

  private introduced(number: number, secret: string) {
    if (this.theirs.has(number)) return this.malformed()
    const pair = this.host.expecting(secret)
    if (pair !== undefined) this.match(pair, number)
    else if (this.early.size < maxEarly) this.early.set(secret, number)
    else this.malformed()
  }

  private match(pair: Pair, number: number): void {
    // A secret serves once.
    pair.expected = undefined
    if (pair.receiving !== undefined) this.theirs.delete(pair.receiving)
    pair.receiving = number
    this.theirs.set(number, pair)
    this.control({ type: 'opened', number })
    if (pair.sending === undefined && pair.owner.canSignal) this.begin(pair)
  }

  private left(number: number): void {
    const pair = this.theirs.get(number)
    if (pair === undefined) {
      for (const [secret, early] of this.early) if (early === number) this.early.delete(secret)
      return
    }
    this.theirs.delete(number)
    pair.receiving = undefined
    if (pair.sending === undefined) return
    // Who leaves has forgotten who spoke to it.
    this.mine.delete(pair.sending)
    pair.stopSending()
  }

  private malformed(): void {
    this.host.counts.malformed++
    this.connection.close()
    this.host.lost(this, 'it sent what cannot be understood')
  }
}
