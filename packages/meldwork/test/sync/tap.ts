/** Looks at what goes through a transport, and may change it. */
import type { PeerId, Transport } from '../../src/ports/index.js'
import { channelOf } from '../../src/sync/channel.js'
import { MessageType, open } from '../../src/sync/envelope.js'
import { domain } from '../clone/world.js'

export type TypeName = keyof typeof MessageType

/** Messages that clones have sent, by type, and how many bytes of each. */
export class Tap {
  readonly messages: { readonly type: TypeName; readonly to: PeerId | undefined; readonly bytes: Uint8Array }[] = []

  /** @param change what becomes of a message; undefined loses it */
  on(
    transport: Transport,
    change: (type: TypeName, bytes: Uint8Array) => Uint8Array | undefined = (_, b) => b,
  ): Transport {
    const carry = (to: PeerId | undefined, bytes: Uint8Array, send: (bytes: Uint8Array) => void) => {
      const type = typeOf(bytes)
      this.messages.push({ type, to, bytes })
      const changed = change(type, bytes)
      if (changed !== undefined) send(changed)
    }
    return {
      get maxMessageBytes() {
        return transport.maxMessageBytes
      },
      join(name, listener) {
        const channel = transport.join(name, listener)
        return {
          publish: bytes => carry(undefined, bytes, changed => channel.publish(changed)),
          send: (to, bytes) => carry(to, bytes, changed => channel.send(to, changed)),
          announce: payload => channel.announce(payload),
          close: () => channel.close(),
        }
      },
      close: () => transport.close(),
    }
  }

  count(type: TypeName): number {
    return this.messages.filter(message => message.type === type).length
  }

  /** Of all messages but those of operations. */
  get bytesBesideOperations(): number {
    return this.messages.reduce((sum, { type, bytes }) => sum + (type === 'operations' ? 0 : bytes.length), 0)
  }

  clear(): void {
    this.messages.length = 0
  }
}

function typeOf(bytes: Uint8Array): TypeName {
  const opened = open(bytes, channelOf(domain).check)
  if (opened.kind !== 'message') throw new Error(`a clone sent what is ${opened.kind}`)
  return Object.entries(MessageType).find(([, type]) => type === opened.type)![0] as TypeName
}
