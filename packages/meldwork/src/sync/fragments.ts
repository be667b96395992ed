import type { PeerId } from '../ports/index.js'
import type { Fragment } from './messages.js'

/** The most bytes of unfinished messages that are kept for one peer; what would go beyond starts anew. */
const maxBytesPerPeer = 64 * 1024 * 1024

interface Unfinished {
  readonly count: number
  /** By index: as much as has come, whatever was announced. */
  readonly parts: Map<number, Uint8Array>
  bytes: number
}

/** About what a part costs beside its bytes. */
const partOverheadBytes = 64

/** Puts messages together that were longer than the transport takes. Bounded by peer; a message that lacks a part is forgotten with its peer. */
export class Fragments {
  private readonly byPeer = new Map<PeerId, { messages: Map<number, Unfinished>; bytes: number }>()
  private latest: PeerId | undefined

  /** @returns the whole message when this was its last part */
  add(from: PeerId, fragment: Fragment): Uint8Array | undefined {
    this.latest = from
    let peer = this.byPeer.get(from)
    if (peer === undefined || peer.bytes + fragment.bytes.length > maxBytesPerPeer) {
      peer = { messages: new Map(), bytes: 0 }
      this.byPeer.set(from, peer)
    }
    let message = peer.messages.get(fragment.message)
    if (message === undefined || message.count !== fragment.count) {
      message = { count: fragment.count, parts: new Map(), bytes: 0 }
      peer.messages.set(fragment.message, message)
    }
    if (message.parts.has(fragment.index)) return undefined
    message.parts.set(fragment.index, fragment.bytes)
    message.bytes += fragment.bytes.length
    peer.bytes += fragment.bytes.length + partOverheadBytes
    if (message.parts.size < message.count) return undefined
    peer.messages.delete(fragment.message)
    peer.bytes -= message.bytes + message.count * partOverheadBytes
    return join(message)
  }

  /** Only these are still there. The one whose parts come now need not be: a transport may have kept what somebody has said. */
  keepOnly(present: { has(id: PeerId): boolean }): void {
    for (const peer of this.byPeer.keys()) if (!present.has(peer) && peer !== this.latest) this.byPeer.delete(peer)
  }
}

function join(message: Unfinished): Uint8Array {
  const whole = new Uint8Array(message.bytes)
  let at = 0
  for (let index = 0; index < message.count; index++) {
    const part = message.parts.get(index)!
    whole.set(part, at)
    at += part.length
  }
  return whole
}
