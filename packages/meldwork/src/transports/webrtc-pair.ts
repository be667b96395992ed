import type { PeerId } from '../ports/index.js'
import { Allowance } from './webrtc-allowance.js'
import type { Settings } from './webrtc-options.js'
import type { Signal } from './webrtc-signal.js'

/** The member at this end of a {@link Pair}. */
export interface PairOwner {
  readonly settings: Settings
  /** Whether signals reach anybody. */
  readonly canSignal: boolean
  signal(peer: PeerId, signal: Signal): void
  message(peer: PeerId, bytes: Uint8Array): void
  /** What the other member announces, told by itself. */
  announcedDirectly(peer: PeerId, payload: Uint8Array): void
  /** It cannot be spoken to directly any more. */
  parted(pair: Pair): void
}

/** The connection by which the other member of a {@link Pair} is spoken to. */
export interface PairLink {
  readonly isUsable: boolean
  message(pair: Pair, bytes: Uint8Array): void
  announce(pair: Pair, payload: Uint8Array): void
}

/** The transport of the other member of a {@link Pair}. */
export interface PairNeighbour {
  /** In hexadecimal. */
  readonly id: string
  readonly link: PairLink | undefined
  /** What the other member has said by the transport that carries signals. */
  hear(pair: Pair, signal: Exclude<Signal, { type: 'data' }>): void
  /** One of the two is gone. */
  remove(pair: Pair): void
}

/**
 * A member here and one that it sees, which can be reached by WebRTC. Each of the two proves to the other that the link speaks for it: it says one
 * secret twice, by the other transport, which knows who speaks, and on the link. So nobody can announce another's transport as its own and be
 * taken for its members, or be given what is for them.
 */
export class Pair {
  readonly owner: PairOwner
  readonly peer: PeerId
  readonly neighbour: PairNeighbour
  readonly allowance: Allowance
  /** The number under which this end speaks on the link, once it has said so. */
  sending: number | undefined
  /** The other end understands it. */
  isConfirmed = false
  /** The secret that the other one has told, in hexadecimal. */
  expected: string | undefined
  /** The number under which the other one speaks. */
  receiving: number | undefined
  /** How often in a row this end has begun in vain. */
  attempts = 0
  cancelTimer: (() => void) | undefined

  constructor(owner: PairOwner, peer: PeerId, neighbour: PairNeighbour) {
    this.owner = owner
    this.peer = peer
    this.neighbour = neighbour
    this.allowance = new Allowance(owner.settings.environment)
  }

  /** Whether a message sent now goes directly. */
  get isDirect(): boolean {
    return this.isConfirmed && this.neighbour.link?.isUsable === true
  }

  /** What this end says on the link is not understood any more. */
  stopSending(): void {
    const wasConfirmed = this.isConfirmed
    this.cancelTimer?.()
    this.cancelTimer = undefined
    this.sending = undefined
    this.isConfirmed = false
    if (wasConfirmed) this.owner.parted(this)
  }
}
