import { Writer } from '../codec/index.js'
import type { Chance } from './chance.js'

/** The envelope of a message, as `docs/protocol.md` has it: magic, version, check of the channel, type, flags, key. All types are below 128. */
const envelopeBytes = 10
const versionAt = 2
const typeAt = 7

/** Types of messages, by their number on the wire. */
export const Wire = {
  hello: 1,
  request: 3,
  operations: 5,
  stateHeader: 7,
  fetch: 9,
  stateItem: 11,
  fragment: 13,
  probe: 17,
  reached: 19,
  stateRequest: 21,
  buckets: 23,
  differing: 25,
} as const
type Wire = (typeof Wire)[keyof typeof Wire]

/** The type of a message; undefined for what is none. */
export const typeOf = (message: Uint8Array): number | undefined =>
  message.length < envelopeBytes ? undefined : message[typeAt]

/** The id of the replica that made the first operation of a message of operations that nobody asked for, if it is one, and not long. */
export function replicaIn(message: Uint8Array): Uint8Array | undefined {
  if (typeOf(message) !== Wire.operations || message[envelopeBytes] !== 0) return undefined
  // The length of the operation is a varint, 0 where many follow as a bundle; behind it stand version, flags, and the length of the id.
  let at = envelopeBytes + 1
  if (message[at] === 0) return undefined
  while (message[at] > 127) at++
  const length = message[at + 3]
  return length === 8 ? message.slice(at + 4, at + 12) : undefined
}

/** The number that a request, of whatever kind, wants to be answered with. */
export function requestIn(message: Uint8Array): number | undefined {
  const type = typeOf(message)
  if (type !== Wire.request && type !== Wire.stateRequest && type !== Wire.buckets) return undefined
  const number = message[envelopeBytes]
  return number < 128 ? number : undefined
}

/** What a forger knows. */
export interface Known {
  /** A real message of the channel, whose envelope is taken. */
  readonly message: Uint8Array
  /** Ids of replicas of others. */
  readonly replicas: readonly Uint8Array[]
  /** Requests that it was sent. */
  readonly requests: readonly number[]
  readonly maxMessageBytes: number
}

/** Puts a payload into the envelope of a real message. */
function forge({ message }: Known, type: Wire, write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer(64)
  writer.raw(message.subarray(0, typeAt))
  writer.varint(type)
  writer.varint(0)
  writer.varint(0)
  write(writer)
  return writer.take()
}

/** A copy of a message that says to be of the next version of the protocol. */
export function newer(message: Uint8Array): Uint8Array {
  const copy = message.slice()
  copy[versionAt]++
  return copy
}

/** A hello in this version of the protocol, from somebody who understands only later ones. */
export function newerHello(known: Known, chance: Chance): Uint8Array {
  return forge(known, Wire.hello, writer => writeHello(writer, 2, 1, chance))
}

function writeHello(writer: Writer, version: number, flags: number, chance: Chance): void {
  writer.uint8(version)
  writer.uint8(version)
  writer.varint(0)
  writer.varint(flags)
  // How many counters its vector covers: nothing, as much as anybody here, or more than all.
  writer.varint(chance.pick([0, chance.whole(1, 300), 2 ** 40]))
  for (let lanes = 6; lanes > 0; lanes--) writer.uint32(chance.whole(0, 0xffffffff))
  writer.varint(0)
}

const greatestCounter = 0x7ffffffe

/** Replica ids with counters: of nobody, or of others with more than they have made; ascending, as vectors must be. */
function claims({ replicas }: Known, chance: Chance): (readonly [Uint8Array, number])[] {
  const made = chance.happens(0.5) || replicas.length === 0 ? [chance.bytes(8)] : [...replicas]
  const text = (id: Uint8Array) => String.fromCharCode(...id)
  return made
    .sort((a, b) => (text(a) < text(b) ? -1 : 1))
    .map(id => [id, chance.pick([1_000_000, greatestCounter])] as const)
}

function writeClaims(writer: Writer, known: Known, chance: Chance, withCheck: boolean): void {
  const claimed = claims(known, chance)
  writer.varint(claimed.length)
  for (const [replica, counter] of claimed) {
    writer.block(replica)
    writer.varint(counter)
    if (withCheck) writer.uint32(chance.whole(0, 0xffffffff))
  }
}

/** An operation that claims to follow on others which nobody has made: it waits for them, and its noise of a body is never read. */
function operationFromNowhere({ replicas }: Known, chance: Chance): Uint8Array {
  const writer = new Writer(64)
  writer.uint8(1)
  const replica = replicas.length > 0 && chance.happens(0.7) ? chance.pick(replicas) : chance.bytes(8)
  // With its length where that is not the usual one.
  writer.varint(replica.length === 8 ? 0 : 8)
  if (replica.length === 8) writer.raw(replica)
  else writer.block(replica)
  writer.varint(chance.pick([500_000, 1_000_000_000]))
  writer.uint32(chance.whole(0, 0xffffffff))
  writer.varint(1_704_067_200_000)
  writer.varint(0)
  writer.raw(chance.bytes(chance.whole(0, 40)))
  return writer.take()
}

/** The header of a state of somebody, of so many items, that has something of the vector of others. */
function stateHeader(items: number, known: Known, chance: Chance): Uint8Array {
  const writer = new Writer(64)
  writer.varint(1)
  writer.uint8(1)
  writer.varint(items)
  writer.varint(chance.whole(0, 20))
  for (let lanes = 4; lanes > 0; lanes--) writer.uint32(chance.whole(0, 0xffffffff))
  const claimed = claims(known, chance)
  writer.varint(claimed.length)
  for (const [replica, counter] of claimed) {
    writer.block(replica)
    writer.varint(counter)
    writer.uint32(chance.whole(0, 0xffffffff))
    writer.uint8(1)
  }
  return writer.take()
}

/**
 * A well-formed message that says what is not so, in the envelope of a real one, and so of this domain:
 * - a hello, a request or a set of buckets with digests and checks made up; a probe, or a "reached", about replicas of nobody, or with counters beyond what others
 *   have made;
 * - operations under a known id or a new one, far beyond what it has made; the end of an answer to what others were asked;
 * - the header of a state with a vector and digests made up, or of noise, whose items nobody has; one item of noise; a fetch of items that nobody sends;
 * - a fragment of a message that has no others; a request for a state; what differs, at random.
 *
 * What is *not* forged: an operation that a clone could take, which follows on what there is, under an id of its own or another's; a whole state, with items that fit its
 * header; an answer that is right but for one operation. There are no signatures, so such would be taken. Nor does it take another's place in the channel: who has sent a
 * message is what the transport says.
 */
export function forgery(known: Known, chance: Chance): Uint8Array {
  const request = known.requests.length > 0 ? chance.pick(known.requests) : 1
  switch (chance.whole(0, 11)) {
    case 0:
      return forge(known, Wire.hello, writer => writeHello(writer, 1, chance.whole(0, 7), chance))
    case 1:
      return forge(known, Wire.request, writer => {
        writer.varint(chance.whole(1, 100))
        // About all of the vector, about no part of it, or about one.
        const parts = chance.whole(0, 2)
        writer.varint(parts)
        if (parts === 2) writer.varint(chance.whole(0, 4095))
        writeClaims(writer, known, chance, true)
      })
    case 2:
      return forge(known, Wire.operations, writer => {
        writer.varint(chance.pick([0, request]))
        if (writer.bytes[writer.length - 1] !== 0) writer.uint8(chance.whole(0, 2))
        for (let count = chance.whole(1, 4); count > 0; count--) writer.block(operationFromNowhere(known, chance))
      })
    case 3:
      // That was all; or: ask again.
      return forge(known, Wire.operations, writer => {
        writer.varint(request)
        writer.uint8(chance.whole(0, 2))
      })
    case 4:
      return forge(known, Wire.stateHeader, writer => {
        writer.varint(request)
        writer.varint(chance.whole(0, 1000))
        const items = chance.whole(0, 5)
        writer.block(chance.happens(0.5) ? chance.bytes(chance.whole(0, 60)) : stateHeader(items + 1, known, chance))
        for (let item = 0; item < items; item++) {
          writer.varint(chance.pick([40, 40_000, 2 ** 40]))
          writer.uint32(chance.whole(0, 0xffffffff))
          writer.uint32(chance.whole(0, 0xffffffff))
        }
      })
    case 5:
      return forge(known, Wire.fetch, writer => {
        writer.varint(chance.whole(0, 0x7fffffff))
        writer.uint8(chance.whole(0, 1))
        writer.varint(2)
        writer.varint(chance.whole(1, 10))
        writer.varint(chance.whole(0, 100_000))
      })
    case 6:
      return forge(known, Wire.fragment, writer => {
        const count = chance.pick([2, 65_536])
        writer.varint(chance.whole(0, 1_000_000))
        writer.varint(chance.whole(0, count - 1))
        writer.varint(count)
        writer.block(chance.bytes(chance.whole(0, Math.min(300, known.maxMessageBytes - 64))))
      })
    case 7:
      return forge(known, chance.pick([Wire.probe, Wire.reached]), writer => writeClaims(writer, known, chance, false))
    case 8:
      return forge(known, Wire.stateItem, writer => {
        writer.varint(chance.whole(0, 0x7fffffff))
        writer.varint(chance.whole(0, 70_000))
        writer.uint8(chance.whole(0, 1))
        writer.block(chance.bytes(chance.whole(0, 40)))
      })
    case 9:
      return forge(known, Wire.buckets, writer => {
        writer.varint(chance.whole(1, 100))
        for (let bucket = 0; bucket < 256; bucket++) writer.uint32(chance.pick([0, chance.whole(0, 0xffffffff)]))
      })
    case 10:
      return forge(known, Wire.differing, writer => {
        writer.varint(request)
        const buckets = chance.whole(0, 3)
        writer.varint(buckets)
        for (let bucket = 0; bucket < buckets; bucket++) writer.varint(chance.whole(0, 80))
        for (let part = 0; part < buckets * 16; part++) writer.uint32(chance.whole(0, 0xffffffff))
      })
    default:
      return forge(known, Wire.stateRequest, writer => writer.varint(chance.whole(1, 100)))
  }
}

/** What has become of a message on a bad way: bits flipped, an end cut off, another one's end, or nothing but noise. */
export function damaged(message: Uint8Array, other: Uint8Array, chance: Chance): Uint8Array {
  switch (chance.whole(0, 3)) {
    case 0: {
      const copy = message.slice()
      for (let flips = chance.whole(1, 3); flips > 0; flips--)
        copy[chance.whole(0, copy.length - 1)] ^= 1 << chance.whole(0, 7)
      return copy
    }
    case 1:
      return message.slice(0, chance.whole(0, message.length - 1))
    case 2: {
      const copy = message.slice()
      copy.set(other.subarray(0, copy.length - envelopeBytes).slice(-chance.whole(1, 40)), envelopeBytes)
      return copy
    }
    default:
      return chance.bytes(chance.whole(0, 80))
  }
}
