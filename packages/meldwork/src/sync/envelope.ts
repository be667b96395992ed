import { Reader, type Writer } from '../codec/index.js'

/** The version of the protocol that this engine speaks, and the greatest that it understands. */
export const protocolVersion = 1

const magic = [0x4d, 0x57] as const

/** What a message is. An unknown odd type is answered with nothing and shown in the status; an unknown even one is ignored. */
export const MessageType = {
  hello: 1,
  request: 3,
  operations: 5,
  stateHeader: 7,
  fetch: 9,
  stateItem: 11,
  fragment: 13,
  presence: 15,
  probe: 17,
  reached: 19,
  stateRequest: 21,
  buckets: 23,
  differing: 25,
} as const
export type MessageType = (typeof MessageType)[keyof typeof MessageType]

/** How reading an envelope ended. */
export type Opened =
  | { readonly kind: 'message'; readonly type: number; readonly payload: Reader }
  | { readonly kind: 'malformed' | 'foreign' | 'unknown' }
  | { readonly kind: 'newer'; readonly version: number }

/**
 * The envelope around every message of a domain: magic, protocol version, a check of the channel, type, flags, key id, payload. Flags and key id
 * are 0 today; a key id other than 0 will mean that the payload is sealed.
 */
export function seal(writer: Writer, channelCheck: number, type: MessageType): void {
  writer.reset()
  writer.uint8(magic[0])
  writer.uint8(magic[1])
  writer.uint8(protocolVersion)
  writer.uint32(channelCheck)
  writer.varint(type)
  writer.varint(0)
  writer.varint(0)
}

/** Never throws: whoever sends garbage must not be able to stop the receiver. The payload behind it is not looked at. */
export function open(bytes: Uint8Array, channelCheck: number): Opened {
  if (bytes.length < 10 || bytes[0] !== magic[0] || bytes[1] !== magic[1] || bytes[2] === 0)
    return { kind: 'malformed' }
  if (bytes[2] > protocolVersion) return { kind: 'newer', version: bytes[2] }
  const reader = new Reader(bytes, 'message', 3)
  try {
    if (reader.uint32() !== channelCheck) return { kind: 'foreign' }
    const type = reader.varint()
    const flags = reader.varintUpTo(0x7fffffff, 'the flags')
    const key = reader.varint()
    // A flag at an odd bit, or a key, changes the meaning of the payload.
    if ((flags & 0xaaaaaaaa) !== 0 || key !== 0) return { kind: 'unknown' }
    return { kind: 'message', type, payload: reader }
  } catch {
    return { kind: 'malformed' }
  }
}
