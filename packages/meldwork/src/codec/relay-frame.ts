import { Reader } from './reader.js'
import { Writer } from './writer.js'

/**
 * # Frames between a client and a relay
 *
 * One WebSocket connection carries the memberships of many channels. Each binary WebSocket message is one frame: a type
 * byte, then the fields of that type. Numbers are varints (LEB128, shortest form), a *text* or *block* is a varint length and
 * then its bytes, *rest* is whatever is left of the frame. Every field has one legal encoding, so a frame that decodes encodes to
 * the same bytes. A relay never looks into a payload.
 *
 * A client names each of its memberships with a **handle** of its own choice. A relay gives each channel and each member a **number**,
 * the same for every connection and never used twice in its life: so one encoded `message` serves all
 * receivers, and a live message costs 2 bytes while there are fewer than 128 members, 3 below 16,384. A member number stands
 * for its channel too.
 *
 * | type | frame | from | fields |
 * |---|---|---|---|
 * | 1 | hello | client | u8 lowest version, u8 highest version, text token (empty: none; at most 8,192 bytes) |
 * | 2 | join | client | handle, text channel name, block presence payload (at most 1,280 bytes) |
 * | 3 | leave | client | handle |
 * | 4 | publish | client | handle, rest payload |
 * | 5 | send | client | handle, member number of the receiver, rest payload |
 * | 6 | announce | client | handle, rest presence payload (at most 1,280 bytes) |
 * | 7 | ping | both | nothing; answered by a pong: browsers do not show the pings of the WebSocket protocol |
 * | 8 | pong | both | nothing |
 * | 16 | welcome | relay | u8 version, longest message in bytes (at least 65,536), text connection id |
 * | 17 | joined | relay | handle, channel number, own member number, text own peer id |
 * | 18 | refused | relay | handle, code, u8 final (0 or 1), text reason (at most 512 bytes) |
 * | 19 | present | relay | channel number, then to the end one or more of: member number, text peer id, block payload |
 * | 20 | absent | relay | member number |
 * | 21 | message | relay | member number of the sender, rest payload |
 * | 22 | direct | relay | handle of the receiver, member number of the sender, rest payload |
 * | 23 | goodbye | relay | code, u8 final (0 or 1), text reason (at most 512 bytes) |
 *
 * Order. A client's first frame is a hello, and its next one follows the welcome. `joined` is followed by `present` frames that list
 * the members of the channel, the last of them the new member itself: then the list is whole. Later `present` frames are changes: a
 * new member, or a new payload of a known one. After a goodbye the relay closes the socket. `final` says that trying again with
 * the same credentials is no use.
 *
 * Growth. A frame of unknown type is skipped, by both sides. A hello keeps its layout in all versions; more is said in frames of
 * new types. There is no guarantee of delivery: a relay drops messages (never presence) that a slow connection cannot take.
 */
export type RelayFrame =
  | { readonly type: 'hello'; readonly lowest: number; readonly highest: number; readonly token: string }
  | { readonly type: 'join'; readonly handle: number; readonly channel: string; readonly payload: Uint8Array }
  | { readonly type: 'leave'; readonly handle: number }
  | { readonly type: 'publish'; readonly handle: number; readonly payload: Uint8Array }
  | { readonly type: 'send'; readonly handle: number; readonly to: number; readonly payload: Uint8Array }
  | { readonly type: 'announce'; readonly handle: number; readonly payload: Uint8Array }
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }
  | {
      readonly type: 'welcome'
      readonly version: number
      readonly maxMessageBytes: number
      readonly connection: string
    }
  | {
      readonly type: 'joined'
      readonly handle: number
      readonly channel: number
      readonly member: number
      readonly peer: string
    }
  | {
      readonly type: 'refused'
      readonly handle: number
      readonly code: number
      readonly final: boolean
      readonly reason: string
    }
  | { readonly type: 'present'; readonly channel: number; readonly members: readonly PresentMember[] }
  | { readonly type: 'absent'; readonly member: number }
  | { readonly type: 'message'; readonly from: number; readonly payload: Uint8Array }
  | { readonly type: 'direct'; readonly handle: number; readonly from: number; readonly payload: Uint8Array }
  | { readonly type: 'goodbye'; readonly code: number; readonly final: boolean; readonly reason: string }

/** A member as a `present` frame shows it. */
export interface PresentMember {
  readonly member: number
  readonly peer: string
  readonly payload: Uint8Array
}

/** The version of this protocol, spoken and understood. */
export const relayVersion = 1

/** What a name of a channel looks like. */
export const channelPattern = /^[A-Za-z0-9_-]{1,64}$/

/** Bounds of the fields, in bytes. A frame is at most `frame` bytes longer than the message in it. */
export const relayBounds = { token: 8192, presence: 1280, reason: 512, minMessage: 65536, frame: 64 } as const

/** The codes of a `refused` frame. A code that is not here is treated by its `final` alone. */
export const refusedCodes = { forbidden: 1, channelLimit: 2, unavailable: 3 } as const

/** The codes of a `goodbye` frame; the socket is closed with 4000 + code. */
export const goodbyeCodes = {
  unauthorized: 1,
  version: 2,
  malformed: 3,
  busy: 4,
  idle: 5,
  rate: 6,
  closing: 7,
  unavailable: 8,
} as const

const peerPattern = /^[!-~]{1,64}$/
const types = {
  hello: 1,
  join: 2,
  leave: 3,
  publish: 4,
  send: 5,
  announce: 6,
  ping: 7,
  pong: 8,
  welcome: 16,
  joined: 17,
  refused: 18,
  present: 19,
  absent: 20,
  message: 21,
  direct: 22,
  goodbye: 23,
} as const

const nothing = new Uint8Array(0)
const head = new Writer(256)

/**
 * The bytes of a frame: fresh ones, which the caller may keep. A payload is copied once. Fields are taken as given: the bounds are
 * the caller's to keep, except that a reason is cut to its bound.
 */
export function encodeFrame(frame: RelayFrame): Uint8Array<ArrayBuffer> {
  head.reset()
  head.uint8(types[frame.type])
  return withRest(encodeFields(frame))
}

/** Writes all but the rest, which it returns. */
function encodeFields(frame: RelayFrame): Uint8Array {
  switch (frame.type) {
    case 'message':
      head.varint(frame.from)
      return frame.payload
    case 'publish':
    case 'announce':
      head.varint(frame.handle)
      return frame.payload
    case 'send':
      head.varint(frame.handle)
      head.varint(frame.to)
      return frame.payload
    case 'direct':
      head.varint(frame.handle)
      head.varint(frame.from)
      return frame.payload
    case 'hello':
      head.uint8(frame.lowest)
      head.uint8(frame.highest)
      head.text(frame.token)
      return nothing
    case 'join':
      head.varint(frame.handle)
      head.text(frame.channel)
      head.block(frame.payload)
      return nothing
    case 'leave':
      head.varint(frame.handle)
      return nothing
    case 'welcome':
      head.uint8(frame.version)
      head.varint(frame.maxMessageBytes)
      head.text(frame.connection)
      return nothing
    case 'joined':
      head.varint(frame.handle)
      head.varint(frame.channel)
      head.varint(frame.member)
      head.text(frame.peer)
      return nothing
    case 'refused':
      head.varint(frame.handle)
      writeRefusal(frame)
      return nothing
    case 'goodbye':
      writeRefusal(frame)
      return nothing
    case 'present':
      head.varint(frame.channel)
      for (const { member, peer, payload } of frame.members) {
        head.varint(member)
        head.text(peer)
        head.block(payload)
      }
      return nothing
    case 'absent':
      head.varint(frame.member)
      return nothing
    default:
      return nothing
  }
}

function withRest(rest: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + rest.length)
  bytes.set(head.bytes.subarray(0, head.length))
  bytes.set(rest, head.length)
  return bytes
}

function writeRefusal(refusal: { code: number; final: boolean; reason: string }): void {
  head.varint(refusal.code)
  head.uint8(refusal.final ? 1 : 0)
  head.text(cutReason(refusal.reason))
}

/** The longest beginning that surely fits: three bytes a UTF-16 unit at most, and no surrogate pair cut in two. */
function cutReason(reason: string): string {
  const units = Math.floor(relayBounds.reason / 3)
  if (reason.length <= units) return reason
  const last = reason.charCodeAt(units - 1)
  return reason.slice(0, last >= 0xd800 && last < 0xdc00 ? units - 1 : units)
}

/**
 * The frame in these bytes, or `undefined` for a type that this version does not know: skip it. Payloads are views into
 * `bytes`. Allocates at most a fixed multiple of the input.
 * @throws `data-malformed`
 */
export function decodeFrame(bytes: Uint8Array): RelayFrame | undefined {
  const reader = new Reader(bytes, 'relay frame')
  const frame = decodeFields(reader.uint8(), reader)
  if (frame !== undefined) reader.finish()
  return frame
}

function decodeFields(type: number, reader: Reader): RelayFrame | undefined {
  switch (type) {
    case types.message:
      return { type: 'message', from: reader.varint(), payload: rest(reader) }
    case types.publish:
      return { type: 'publish', handle: reader.varint(), payload: rest(reader) }
    case types.send:
      return { type: 'send', handle: reader.varint(), to: reader.varint(), payload: rest(reader) }
    case types.direct:
      return { type: 'direct', handle: reader.varint(), from: reader.varint(), payload: rest(reader) }
    case types.hello:
      return readHello(reader)
    case types.join:
      return { type: 'join', handle: reader.varint(), channel: name(reader, channelPattern), payload: presence(reader) }
    case types.leave:
      return { type: 'leave', handle: reader.varint() }
    case types.announce:
      return { type: 'announce', handle: reader.varint(), payload: bounded(reader, rest(reader), relayBounds.presence) }
    case types.ping:
      return { type: 'ping' }
    case types.pong:
      return { type: 'pong' }
    case types.welcome:
      return readWelcome(reader)
    case types.joined:
      return {
        type: 'joined',
        handle: reader.varint(),
        channel: reader.varint(),
        member: reader.varint(),
        peer: name(reader, peerPattern),
      }
    case types.refused:
      return { type: 'refused', handle: reader.varint(), ...readRefusal(reader) }
    case types.present:
      return { type: 'present', channel: reader.varint(), members: readMembers(reader) }
    case types.absent:
      return { type: 'absent', member: reader.varint() }
    case types.goodbye:
      return { type: 'goodbye', ...readRefusal(reader) }
    default:
      return undefined
  }
}

function readHello(reader: Reader): RelayFrame {
  const lowest = reader.uint8()
  const highest = reader.uint8()
  if (lowest > highest) reader.fail('its range of versions is empty')
  return { type: 'hello', lowest, highest, token: text(reader, relayBounds.token) }
}

function readWelcome(reader: Reader): RelayFrame {
  const version = reader.uint8()
  const maxMessageBytes = reader.varint()
  if (maxMessageBytes < relayBounds.minMessage) reader.fail(`messages of ${maxMessageBytes} bytes are too short`)
  return { type: 'welcome', version, maxMessageBytes, connection: name(reader, peerPattern) }
}

function readMembers(reader: Reader): PresentMember[] {
  const members: PresentMember[] = []
  do {
    members.push({ member: reader.varint(), peer: name(reader, peerPattern), payload: presence(reader) })
  } while (reader.remaining > 0)
  return members
}

function readRefusal(reader: Reader): { code: number; final: boolean; reason: string } {
  const code = reader.varint()
  const final = reader.uint8()
  if (final > 1) reader.fail('a flag is neither 0 nor 1')
  return { code, final: final === 1, reason: text(reader, relayBounds.reason) }
}

function rest(reader: Reader): Uint8Array {
  return reader.raw(reader.remaining)
}

function presence(reader: Reader): Uint8Array {
  return bounded(reader, reader.block(), relayBounds.presence)
}

function bounded(reader: Reader, bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length > maxBytes) reader.fail(`a field of ${bytes.length} bytes is longer than ${maxBytes}`)
  return bytes
}

function text(reader: Reader, maxBytes: number): string {
  const from = reader.at
  const value = reader.text()
  // The length prefix of any text within a bound takes at most two bytes.
  if (reader.at - from > maxBytes + 2) reader.fail(`a text is longer than ${maxBytes} bytes`)
  return value
}

function name(reader: Reader, pattern: RegExp): string {
  const value = reader.text()
  if (!pattern.test(value)) reader.fail('a name has a form that is not allowed')
  return value
}

/** The bytes of a WebSocket message event's `data`; `undefined` for text, a Blob, or a list of fragments. */
export function messageBytes(data: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  // Not `instanceof`: the buffer may come from another realm.
  if (Object.prototype.toString.call(data) === '[object ArrayBuffer]') return new Uint8Array(data as ArrayBuffer)
  return undefined
}
