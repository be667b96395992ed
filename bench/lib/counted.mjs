// Counts what clones give to their transports to send: a message to everybody is one, however many get it.
import { typeOf } from './wire.mjs'

/** Counts of one or more transports. */
export class Sent {
  messages = 0
  bytes = 0
  /** Bytes of each type of message: the numbers of `docs/protocol.md`. */
  #types = new Map()

  /** @returns a transport that counts here, and does all else as the one that is given */
  on(transport) {
    const counted = (bytes, send) => {
      this.messages++
      this.bytes += bytes.length
      const type = typeOf(bytes)
      this.#types.set(type, this.bytesOf(type) + bytes.length)
      send()
    }
    return {
      get maxMessageBytes() {
        return transport.maxMessageBytes
      },
      join(name, listener) {
        const channel = transport.join(name, listener)
        return {
          publish: bytes => counted(bytes, () => channel.publish(bytes)),
          send: (to, bytes) => counted(bytes, () => channel.send(to, bytes)),
          announce: payload => channel.announce(payload),
          close: () => channel.close(),
        }
      },
      close: () => transport.close(),
    }
  }

  bytesOf(type) {
    return this.#types.get(type) ?? 0
  }

  clear() {
    this.messages = 0
    this.bytes = 0
    this.#types.clear()
  }
}
