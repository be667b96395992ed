import { hexadecimal } from '../codec/index.js'
import { Backoff } from './webrtc-backoff.js'
import { Link, type LinkHost } from './webrtc-link.js'
import type { Settings } from './webrtc-options.js'
import type { Pair, PairNeighbour } from './webrtc-pair.js'
import { nameBytes, type Signal } from './webrtc-signal.js'
import type { WebRtcTransportStatistics } from './webrtc-statistics.js'

/** What a neighbour needs of the transport that it is a neighbour of. */
export interface NeighbourHost {
  readonly settings: Settings
  readonly counts: WebRtcTransportStatistics
  /** In hexadecimal. */
  readonly ownId: string
  /** Whether there may be one connection more. */
  makeRoom(): boolean
  /** There is one connection less. */
  roomMade(): void
  forget(neighbour: Neighbour): void
}

/** Another transport that can do WebRTC, the members that it has where this one has some, and the one connection to it. */
export class Neighbour implements LinkHost, PairNeighbour {
  readonly id: string
  readonly settings: Settings
  readonly counts: WebRtcTransportStatistics
  readonly pairs = new Set<Pair>()
  link: Link | undefined
  private readonly host: NeighbourHost
  private readonly backoff: Backoff
  private cancelLinger: (() => void) | undefined
  private isClosed = false

  constructor(host: NeighbourHost, id: string) {
    this.host = host
    this.id = id
    this.settings = host.settings
    this.counts = host.counts
    this.backoff = new Backoff(host.settings, () => this.wake())
  }

  /** Whether a connection is kept for nobody: it can be given up for another one. */
  get isLingering(): boolean {
    return this.pairs.size === 0
  }

  add(pair: Pair): void {
    this.pairs.add(pair)
    this.cancelLinger?.()
    this.cancelLinger = undefined
    if (this.link?.connection.isOpen) this.link.begin(pair)
    else this.wake()
  }

  remove(pair: Pair) {
    if (!this.pairs.delete(pair)) return
    this.link?.leave(pair)
    pair.receiving = undefined
    pair.stopSending()
    const { link } = this
    if (link?.signaller === pair && !link.connection.isOpen) {
      // What it has sent, or is still to get, is lost. The other end sees that, too.
      this.drop(link)
      this.host.roomMade()
    }
    if (this.pairs.size > 0 || this.isClosed) return
    // Nothing to keep.
    if (this.link === undefined && !this.backoff.isWaiting) return void this.close()
    const { environment, lingerMs } = this.settings
    this.cancelLinger = environment.schedule(() => void this.close(), lingerMs, true)
  }

  /** Connects, if it is for this end to do so, there is need, and nothing speaks against it. Of two ends the one with the greater id does. */
  wake(): void {
    if (this.isClosed || this.link !== undefined || this.backoff.isWaiting || this.host.ownId < this.id) return
    const signaller = [...this.pairs].find(({ owner }) => owner.canSignal)
    if (signaller === undefined || !this.host.makeRoom()) return
    this.connect(this.settings.environment.random(nameBytes), signaller, 'offer', link => link.connection.offer())
  }

  /** What the other member of a pair has said by the other transport. */
  hear(pair: Pair, signal: Exclude<Signal, { type: 'data' }>) {
    switch (signal.type) {
      case 'offer':
        return this.offered(pair, signal.link, signal.sdp)
      case 'answer':
        return this.answered(pair, signal.link, signal.sdp)
      case 'bind':
        pair.expected = hexadecimal(signal.secret)
        this.link?.expect(pair)
        return
      case 'gone':
        if (this.link !== undefined && isSame(this.link.id, signal.link)) this.end(this.link, signal.isFull)
        else this.counts.ignored++
    }
  }

  /** Closes the connection, and gives what waits a little time to leave. */
  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    this.cancelLinger?.()
    this.backoff.cancel()
    this.host.forget(this)
    const { link } = this
    if (link === undefined) return
    this.reset(link)
    const ended = link.connection.end()
    this.host.roomMade()
    await ended
  }

  // --- for the link

  expecting(secret: string): Pair | undefined {
    for (const pair of this.pairs) if (pair.expected === secret) return pair
    return undefined
  }

  opened(link: Link): void {
    if (link !== this.link) return
    this.counts.opened++
    this.counts.links++
    for (const pair of this.pairs) if (pair.owner.canSignal) link.begin(pair)
  }

  lost(link: Link): void {
    if (link !== this.link) return
    // Whoever would offer may not have noticed.
    const { signaller, id } = link
    if (this.pairs.has(signaller)) signaller.owner.signal(signaller.peer, { type: 'gone', link: id, isFull: false })
    this.end(link, false)
  }

  private offered(pair: Pair, id: Uint8Array, sdp: string) {
    const { link } = this
    if (this.host.ownId > this.id || (link !== undefined && !this.mayReplace(link, pair))) {
      this.counts.refused++
      return
    }
    if (link !== undefined) {
      // One that was sent again: it, or the answer, may have been lost.
      if (isSame(link.id, id)) return this.describe(link)
      this.drop(link)
    } else if (!this.host.makeRoom()) {
      pair.owner.signal(pair.peer, { type: 'gone', link: id, isFull: true })
      return
    }
    this.connect(id.slice(), pair, 'answer', link => link.connection.answer(sdp))
  }

  /** Only those who have to do with a connection may say that another one takes its place. */
  private mayReplace(link: Link, pair: Pair): boolean {
    return link.isOf(pair) || !this.pairs.has(link.signaller)
  }

  private answered(pair: Pair, id: Uint8Array, sdp: string): void {
    const { link } = this
    if (link === undefined || link.signaller !== pair || !isSame(link.id, id)) {
      this.counts.ignored++
      return
    }
    link.accept(sdp).catch(() => {
      this.counts.malformed++
      this.failed(link, false)
    })
  }

  /** Makes a link, and sends its description when that is known. */
  private connect(
    id: Uint8Array,
    signaller: Pair,
    type: 'offer' | 'answer',
    describe: (link: Link) => Promise<string>,
  ) {
    let link: Link
    try {
      link = new Link(this, id, signaller)
    } catch {
      this.counts.failed++
      if (type === 'offer') this.backoff.wait(false)
      else signaller.owner.signal(signaller.peer, { type: 'gone', link: id, isFull: true })
      return
    }
    this.link = link
    describe(link).then(
      sdp => {
        link.description = { type, link: id, sdp }
        if (link === this.link) this.describe(link)
      },
      () => this.failed(link, type === 'answer'),
    )
  }

  /** Sends what it is; an offer again now and then, while an answer is awaited: the other transport may lose it, or have yet to tell who is here. */
  private describe(link: Link): void {
    const { signaller, description } = link
    if (description === undefined) return
    signaller.owner.signal(signaller.peer, description)
    if (description.type === 'answer') return
    const { environment, connectTimeoutMs } = this.settings
    const again = () => {
      if (link === this.link && !link.isAnswered) this.describe(link)
    }
    link.cancelAgain?.()
    link.cancelAgain = environment.schedule(again, connectTimeoutMs / 4, true)
  }

  private failed(link: Link, isTheirs: boolean): void {
    if (link !== this.link) return
    if (isTheirs) this.counts.malformed++
    link.connection.close()
    this.lost(link)
  }

  /** The connection is no more. */
  private end(link: Link, isFull: boolean): void {
    const { environment, stableMs } = this.settings
    this.counts.failed++
    if (link.openedMs !== undefined && environment.now() - link.openedMs >= stableMs) this.backoff.reset()
    this.backoff.wait(isFull)
    this.drop(link)
    this.host.roomMade()
  }

  private drop(link: Link): void {
    link.connection.close()
    this.reset(link)
  }

  /** Nobody is reached by this link any more. */
  private reset(link: Link): void {
    this.link = undefined
    link.cancelAgain?.()
    if (link.openedMs !== undefined) this.counts.links--
    for (const pair of [...this.pairs]) {
      pair.receiving = undefined
      pair.stopSending()
    }
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}
