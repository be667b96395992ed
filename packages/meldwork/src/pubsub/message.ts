import { check32, hexadecimal, Reader, Writer } from '../codec/index.js'
import { maxPresenceBytes, type PeerId } from '../ports/index.js'

/** What members say to each other by way of a broker. */
export const MessageKind = {
  /** Bytes of the app's. */
  bytes: 0,
  /** I am here, with this payload. */
  here: 1,
  /** As {@link here}; and who else is? */
  greeting: 2,
  /** I still am; with a check of the payload, so that one whose message was lost asks. */
  beat: 3,
  /** I leave. */
  gone: 4,
  /** Are you there? */
  question: 5,
} as const
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind]

/** The first byte of all of them, so that foreign traffic is noticed. */
const version = 0xe1
export const connectionBytes = 8

/** The greatest number of bytes around those of the app. */
export const envelopeBytes = 2 + connectionBytes + 5

/** Who is meant: a member of a connection. */
export interface Sender {
  /** 16 hexadecimal characters. */
  readonly connection: string
  readonly peer: PeerId
}

export interface BrokerMessage extends Sender {
  readonly kind: MessageKind
  /** Nobody else's. */
  readonly payload: Uint8Array
}

/** How long what follows the sender may be. */
const longest: Readonly<Record<MessageKind, number>> = {
  [MessageKind.bytes]: Number.POSITIVE_INFINITY,
  [MessageKind.here]: maxPresenceBytes,
  [MessageKind.greeting]: maxPresenceBytes,
  [MessageKind.beat]: 4,
  [MessageKind.gone]: 0,
  [MessageKind.question]: 0,
}
const nothing: Uint8Array = new Uint8Array(0)
const kinds = new Set<number>(Object.values(MessageKind))
const writer = new Writer(256)

/** A member's own name, in the bytes that stand in each of its messages. */
export function senderBytes(connection: Uint8Array, member: number): Uint8Array {
  writer.reset()
  writer.raw(connection)
  writer.varint(member)
  return writer.take()
}

/** @param connection of {@link connectionBytes} random bytes */
export const peerOf = (connection: string, member: number): PeerId => `${connection}-${member}`

/** The connection that a peer is a member of. */
export const connectionOf = (peer: PeerId): string => peer.slice(0, 2 * connectionBytes)

export function writeMessage(kind: MessageKind, sender: Uint8Array, payload = nothing): Uint8Array {
  const bytes = new Uint8Array(2 + sender.length + payload.length)
  bytes[0] = version
  bytes[1] = kind
  bytes.set(sender, 2)
  bytes.set(payload, 2 + sender.length)
  return bytes
}

/** @returns undefined for what makes no sense */
export function readMessage(bytes: Uint8Array): BrokerMessage | undefined {
  if (bytes.length < 2 + connectionBytes || bytes[0] !== version || !kinds.has(bytes[1])) return undefined
  const kind = bytes[1] as MessageKind
  const reader = new Reader(bytes, 'message', 2)
  try {
    const connection = hexadecimal(reader.raw(connectionBytes))
    const peer = peerOf(connection, reader.varintUpTo(0xffffffff, 'the number of a member'))
    // A copy: an adapter's buffer may be a part of a much greater one.
    const payload = new Uint8Array(bytes.subarray(bytes.length - reader.remaining))
    if (payload.length > longest[kind]) return undefined
    return { kind, connection, peer, payload }
  } catch {
    return undefined
  }
}

/** What a beat says of a payload. */
export function checkOf(payload: Uint8Array): Uint8Array {
  writer.reset()
  writer.uint32(check32(payload))
  return writer.take()
}
