import { sameBytes } from '../codec/index.js'
import type { PeerId } from '../ports/index.js'

/** A member of a room that lives at this end of the connection. */
export interface LocalMember {
  /** What the relay calls this member on this connection, and where: once it has joined. */
  number: number | undefined
  room: Room | undefined
  /** The list of members has come whole. */
  readonly entered: boolean
  /** Everyone in the room is known now. */
  enter(): void
  showPeers(): void
  hear(from: PeerId, bytes: Uint8Array): void
}

/** A channel as one connection shows it: who is there, by number. */
export class Room {
  readonly members = new Map<number, { peer: PeerId; payload: Uint8Array }>()
  readonly local = new Set<LocalMember>()
  private readonly numbers = new Map<PeerId, number>()

  /** @returns whether that is news */
  show(member: number, peer: PeerId, payload: Uint8Array): boolean {
    const known = this.members.get(member)
    if (known !== undefined && known.peer === peer && sameBytes(known.payload, payload)) return false
    // Copies: payloads are views into a frame that may be much larger.
    this.members.set(member, { peer, payload: payload.slice() })
    this.numbers.set(peer, member)
    return true
  }

  delete(member: number): void {
    const known = this.members.get(member)
    if (known !== undefined) this.numbers.delete(known.peer)
    this.members.delete(member)
  }

  numberOf(peer: PeerId): number | undefined {
    return this.numbers.get(peer)
  }

  seenBy(observer: LocalMember): Map<PeerId, Uint8Array> {
    const present = new Map<PeerId, Uint8Array>()
    for (const [number, { peer, payload }] of this.members) if (number !== observer.number) present.set(peer, payload)
    return present
  }
}
