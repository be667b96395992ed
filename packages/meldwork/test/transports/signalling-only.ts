import type { Channel, ChannelListener, PeerId, Transport } from '../../src/ports/index.js'
import { isSignal } from '../../src/transports/webrtc-signal.js'

const trailerBytes = 25

/**
 * A transport that carries presence and signals, and loses all messages that could go directly: so that what arrives has gone directly. (Between members
 * of one transport nothing does.)
 */
export class SignallingOnly implements Transport {
  /** Messages, other than signals, that were given to it. */
  messages = 0
  signals = 0
  private readonly over: Transport

  constructor(over: Transport) {
    this.over = over
  }

  get maxMessageBytes(): number {
    return this.over.maxMessageBytes
  }

  join(name: string, listener: ChannelListener): Channel {
    let own = ''
    const siblings = new Set<PeerId>()
    const channel = this.over.join(name, {
      ...listener,
      peers: present => {
        siblings.clear()
        for (const [peer, payload] of present) if (trailer(payload) === own) siblings.add(peer)
        listener.peers(present)
      },
    })
    return {
      publish: bytes => {
        this.messages++
        for (const peer of siblings) channel.send(peer, bytes)
      },
      send: (to, bytes) => {
        if (isSignal(bytes)) this.signals++
        else this.messages++
        if (isSignal(bytes) || siblings.has(to)) channel.send(to, bytes)
      },
      announce: payload => {
        own = trailer(payload)
        channel.announce(payload)
      },
      close: () => channel.close(),
    }
  }

  close(): Promise<void> {
    return this.over.close()
  }
}

const trailer = (payload: Uint8Array) => payload.subarray(-trailerBytes).join()
