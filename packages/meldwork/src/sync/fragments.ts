import type { PeerId } from '../ports/index.js'
import type { Fragment } from './messages.js'

/** The most bytes of unfinished messages that are kept for one peer; what would go beyond starts anew. */
const maxBytesPerPeer = 64 * 1024 * 1024

interface Unfinished {
  readonly parts: (Uint8Array | undefined)[]
  missing: number
  bytes: number
}

/** Puts messages together that were longer than the transport takes. Bounded by peer; a message that lacks a part is forgotten with its peer. */
export class Fragments {
  private readonly byPeer = new Map<PeerId, { messages: Map<number, Unfinished>; bytes: number }>()

  /** @returns the whole message when this was its last part */
  add(from: PeerId, fragment: Fragment): Uint8Array | undefined {
    let peer = this.byPeer.get(from)
    if (peer === undefined || peer.bytes + fragment.bytes.length > maxBytesPerPeer) {
      peer = { messages: new Map(), bytes: 0 }
      this.byPeer.set(from, peer)
    }
    let message = peer.messages.get(fragment.message)
    if (message === undefined || message.parts.length !== fragment.count) {
      // An array of that length costs at most what so many fragments would.
      peer.bytes += fragment.count * 8
      message = { parts: new Array(fragment.count), missing: fragment.count, bytes: 0 }
      peer.messages.set(fragment.message, message)
    }
    if (message.parts[fragment.index] !== undefined) return undefined
    message.parts[fragment.index] = fragment.bytes
    message.missing--
    message.bytes += fragment.bytes.length
    peer.bytes += fragment.bytes.length
    if (message.missing > 0) return undefined
    peer.messages.delete(fragment.message)
    peer.bytes -= message.bytes + fragment.count * 8
    return join(message)
  }

  /** Only these are still there. */
  keepOnly(present: ReadonlyMap<PeerId, unknown>): void {
    for (const peer of this.byPeer.keys()) if (!present.has(peer)) this.byPeer.delete(peer)
  }
}

function join(message: Unfinished): Uint8Array {
  const whole = new Uint8Array(message.bytes)
  let at = 0
  for (const part of message.parts) {
    whole.set(part!, at)
    at += part!.length
  }
  return whole
}
