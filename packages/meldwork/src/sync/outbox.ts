import { ByteSlab, Writer } from '../codec/index.js'
import type { PeerId } from '../ports/index.js'
import { MessageType, seal, type MessageType as Type } from './envelope.js'
import type { SessionHost } from './host.js'
import { type Operations, writeFragment, writeOperations } from './messages.js'

/** What a fragment needs beside its part of the message: the envelope, three numbers and a length. */
const fragmentOverheadBytes = 64
/** About how many bytes of operations go into one message. */
const groupBytes = 32 * 1024

/** Puts messages into envelopes, and cuts those that are longer than the transport takes. */
export class Outbox {
  private readonly host: SessionHost
  private readonly channelCheck: number
  private readonly writer = new Writer(4096)
  private readonly slab = new ByteSlab()
  private lastFragmented = 0

  constructor(host: SessionHost, channelCheck: number) {
    this.host = host
    this.channelCheck = channelCheck
  }

  /**
   * @param to undefined for everybody
   * @param lasting to everybody: whether it is of use to whoever comes later, too
   */
  send(to: PeerId | undefined, type: Type, write: (writer: Writer) => void, lasting = false): void {
    const { writer } = this
    seal(writer, this.channelCheck, type)
    write(writer)
    const message = this.slab.copy(writer.bytes, writer.length)
    if (message.length <= this.host.maxMessageBytes) this.host.send(to, message, lasting)
    else this.sendFragments(to, message, lasting)
  }

  operations(to: PeerId | undefined, message: Operations): void {
    this.send(to, MessageType.operations, writer => writeOperations(writer, message), to === undefined)
  }

  private sendFragments(to: PeerId | undefined, whole: Uint8Array, lasting: boolean): void {
    const partBytes = this.host.maxMessageBytes - fragmentOverheadBytes
    const count = Math.ceil(whole.length / partBytes)
    const message = ++this.lastFragmented
    for (let index = 0; index < count; index++) {
      const bytes = whole.subarray(index * partBytes, (index + 1) * partBytes)
      const write = (writer: Writer) => writeFragment(writer, { message, index, count, bytes })
      this.send(to, MessageType.fragment, write, lasting)
    }
  }
}

/** Operations in groups that make good messages. */
export function grouped(operations: readonly Uint8Array[]): Uint8Array[][] {
  const groups: Uint8Array[][] = []
  let bytes = 0
  for (const operation of operations) {
    if (groups.length === 0 || bytes + operation.length > groupBytes) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)!.push(operation)
    bytes += operation.length
  }
  return groups
}
