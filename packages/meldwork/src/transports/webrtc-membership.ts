import {
  type Channel,
  type ChannelListener,
  type ConnectionState,
  checkPresence,
  type PeerId,
  tellListener,
} from '../ports/index.js'
import type { Neighbourhood } from './webrtc-neighbourhood.js'
import type { Settings } from './webrtc-options.js'
import { Pair, type PairOwner } from './webrtc-pair.js'
import { isSignal, readSignal, type Signal, writeSignal } from './webrtc-signal.js'
import type { WebRtcTransportStatistics } from './webrtc-statistics.js'
import { readTrailer, withTrailer } from './webrtc-trailer.js'

/** Somebody on the channel. */
interface Other {
  readonly payload: Uint8Array
  /** Set for one that can do WebRTC: it undoes what is done to a message that looks like a signal. */
  readonly transportId?: string | undefined
}

/** More receivers than so many who are not reached directly are reached by publishing, which then serves all. */
const mostSent = 2

/** What a signal takes of a peer's allowance: an offer makes a connection here. */
const costs = { offer: 8, answer: 1, bind: 1, gone: 1 } as const

/** One member of a channel: present on the other transport, and speaking directly with those members that it can reach so. */
export class Membership implements Channel, PairOwner {
  readonly settings: Settings
  private readonly neighbourhood: Neighbourhood
  private readonly counts: WebRtcTransportStatistics
  private readonly name: string
  private readonly listener: ChannelListener
  private readonly onClose: (membership: Membership) => void
  /** This member on the other transport. */
  private over: Channel | undefined
  /** That one's state, and why. */
  private overState: ConnectionState = 'connecting'
  private overReason: string | undefined
  private present = new Map<PeerId, Other>()
  private readonly pairs = new Map<PeerId, Pair>()
  /** What the other transport has told last of who is there. */
  private latest: ReadonlyMap<PeerId, Uint8Array> | undefined
  private isClosed = false

  constructor(
    neighbourhood: Neighbourhood,
    name: string,
    listener: ChannelListener,
    onClose: (membership: Membership) => void,
  ) {
    this.settings = neighbourhood.settings
    this.neighbourhood = neighbourhood
    this.counts = neighbourhood.counts
    this.name = name
    this.listener = listener
    this.onClose = onClose
  }

  /** @param join joins the channel on the other transport. @throws what that throws */
  join(join: (listener: ChannelListener) => Channel): void {
    this.over = join({
      message: (from, bytes) => this.heard(from, bytes),
      peers: present => this.seen(present),
      state: (state, reason) => this.changed(state, reason),
    })
    this.over.announce(this.announced(new Uint8Array(0)))
  }

  publish(bytes: Uint8Array) {
    if (this.isDropped(bytes)) return
    const direct: Pair[] = []
    const rest: PeerId[] = []
    for (const peer of this.present.keys()) {
      const pair = this.pairs.get(peer)
      if (pair !== undefined && this.isDirect(pair)) direct.push(pair)
      else rest.push(peer)
    }
    // To nobody: somebody may be there who is not seen yet.
    if (this.canSignal && (direct.length === 0 || rest.length > mostSent)) return this.publishOver(bytes)
    for (const pair of direct) pair.neighbour.link!.message(pair, bytes)
    for (const peer of rest) this.sendOver(peer, bytes)
  }

  send(to: PeerId, bytes: Uint8Array): void {
    if (this.isDropped(bytes)) return
    const pair = this.pairs.get(to)
    if (pair !== undefined && this.isDirect(pair)) pair.neighbour.link!.message(pair, bytes)
    else this.sendOver(to, bytes)
  }

  /** @throws `message-too-large` */
  announce(payload: Uint8Array): void {
    checkPresence(payload)
    if (this.isClosed) return
    this.over?.announce(this.announced(payload))
    if (this.canSignal) return
    for (const pair of this.pairs.values()) pair.neighbour.link?.announce(pair, payload)
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    for (const peer of [...this.pairs.keys()]) this.part(peer)
    this.over?.close()
    this.onClose(this)
  }

  // --- for its pairs

  get canSignal(): boolean {
    return this.overState === 'online' && !this.isClosed
  }

  signal(peer: PeerId, signal: Signal): void {
    if (!this.canSignal) return
    this.counts.signalsOut++
    this.over?.send(peer, writeSignal(signal))
  }

  message(from: PeerId, bytes: Uint8Array): void {
    this.tell(listener => listener.message(from, bytes))
  }

  announcedDirectly(peer: PeerId, payload: Uint8Array): void {
    const other = this.present.get(peer)
    // While the other transport is there, it is that which says who is present, and as what.
    if (other === undefined || this.canSignal) return
    this.present.set(peer, { ...other, payload })
    this.show()
  }

  parted(pair: Pair): void {
    if (this.canSignal || this.isClosed || this.pairs.get(pair.peer) !== pair) return
    // Nobody else says whether it is there.
    this.part(pair.peer)
    this.present.delete(pair.peer)
    if (this.present.size === 0) this.state(this.overState, this.overReason)
    this.show()
  }

  // --- what the other transport tells

  private heard(from: PeerId, bytes: Uint8Array) {
    if (!this.isCapable || !isSignal(bytes)) return this.message(from, bytes)
    let signal: Signal | undefined
    try {
      signal = readSignal(bytes)
    } catch {
      this.counts.malformed++
      return
    }
    if (signal?.type === 'data') return this.message(from, signal.bytes)
    const pair = this.pairs.get(from)
    if (signal === undefined || pair === undefined) this.counts.ignored++
    else if (!pair.allowance.take(costs[signal.type])) this.counts.refused++
    else pair.neighbour.hear(pair, signal)
  }

  private changed(state: ConnectionState, reason: string | undefined) {
    const wasOnline = this.overState === 'online'
    this.overState = state
    this.overReason = reason
    if (state === 'online') {
      if (wasOnline) return
      // Everybody has a new name, and this member, too: the clone shall greet them.
      if (this.present.size > 0) {
        this.forgetAll()
        this.state('connecting')
        this.show()
      }
      return this.state('online')
    }
    const count = this.present.size
    // Who may not be there any more does not go on behind the back of the one who said so.
    if (state === 'refused') this.forgetAll()
    else if (wasOnline) this.keepDirect()
    if (this.present.size === 0) this.state(state, reason)
    if (this.present.size !== count) this.show()
  }

  /** Those who are reached directly stay, while there is nobody to say that they have gone. */
  private keepDirect(): void {
    for (const peer of [...this.present.keys()]) {
      if (this.pairs.get(peer)?.isConfirmed) continue
      this.part(peer)
      this.present.delete(peer)
    }
  }

  private forgetAll(): void {
    for (const peer of [...this.pairs.keys()]) this.part(peer)
    this.present = new Map()
  }

  private seen(announced: ReadonlyMap<PeerId, Uint8Array>) {
    if (!this.canSignal) {
      if (this.present.size === 0) this.show()
      return
    }
    // Nobody is present when the other transport is about to say that it is not online any more, too.
    const isOdd = announced.size === 0 && [...this.pairs.values()].some(({ isConfirmed }) => isConfirmed)
    this.latest = announced
    if (!isOdd) return this.take(announced)
    queueMicrotask(() => {
      if (this.canSignal && this.latest === announced) this.take(announced)
    })
  }

  private take(announced: ReadonlyMap<PeerId, Uint8Array>): void {
    const present = new Map<PeerId, Other>()
    for (const [peer, bytes] of announced) present.set(peer, readTrailer(bytes))
    this.present = present
    for (const [peer, pair] of [...this.pairs]) {
      if (present.get(peer)?.transportId !== pair.neighbour.id) this.part(peer)
    }
    for (const [peer, { transportId }] of present) this.meet(peer, transportId)
    this.show()
  }

  private meet(peer: PeerId, transportId: string | undefined): void {
    if (transportId === undefined || this.pairs.has(peer) || !this.isCapable) return
    const neighbour = this.neighbourhood.find(transportId)
    if (neighbour === undefined) return
    const pair = new Pair(this, peer, neighbour)
    this.pairs.set(peer, pair)
    neighbour.add(pair)
  }

  private part(peer: PeerId): void {
    const pair = this.pairs.get(peer)
    if (pair === undefined) return
    this.pairs.delete(peer)
    pair.neighbour.remove(pair)
  }

  // --- the other way

  private publishOver(bytes: Uint8Array): void {
    if (isSignal(bytes)) {
      for (const peer of this.present.keys()) this.sendOver(peer, bytes)
      return
    }
    this.counts.fallback++
    this.over?.publish(bytes)
  }

  private sendOver(to: PeerId, bytes: Uint8Array): void {
    this.counts.fallback++
    const isEscaped = isSignal(bytes) && this.present.get(to)?.transportId !== undefined
    this.over?.send(to, isEscaped ? writeSignal({ type: 'data', bytes }) : bytes)
  }

  /** While there is another way, not one that is interrupted. */
  private isDirect(pair: Pair): boolean {
    return this.canSignal ? pair.isDirect : pair.isConfirmed
  }

  /** Whether there is nobody to send it to, or it is too long. */
  private isDropped({ length }: Uint8Array): boolean {
    const isSomebody = this.canSignal || this.present.size > 0
    if (isSomebody && !this.isClosed && length <= this.neighbourhood.maxMessageBytes) return false
    this.counts.dropped++
    return true
  }

  /** What is announced of this member, where it can do WebRTC. */
  private announced(payload: Uint8Array): Uint8Array {
    return this.isCapable ? withTrailer(payload, this.neighbourhood.transportId) : payload
  }

  /** Whether this platform has WebRTC. */
  private get isCapable(): boolean {
    return this.settings.peerConnection !== undefined
  }

  // --- to the listener

  private show(): void {
    const present = new Map(Array.from(this.present, ([peer, { payload }]) => [peer, payload]))
    this.tell(listener => listener.peers(present))
  }

  private state(state: ConnectionState, reason?: string): void {
    this.tell(listener => listener.state(state, reason))
  }

  private tell(what: (listener: ChannelListener) => void): void {
    if (!this.isClosed) tellListener(this.name, this.listener, what)
  }
}
