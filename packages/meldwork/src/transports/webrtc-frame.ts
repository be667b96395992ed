import { Reader, Writer } from '../codec/index.js'
import { maxPresenceBytes } from '../ports/index.js'
import { nameBytes } from './webrtc-signal.js'

/**
 * What is said on a data channel. Each message of the channel is one frame: a type byte, then the fields. A **number** stands for one member at
 * the sender's end that speaks to one at the receiver's; the sender chooses it, and uses it for nobody else.
 *
 * | type | frame | fields |
 * |-:|---|---|
 * | 0 | message | varint number, rest payload |
 * | 1 | first | varint number, varint length of the whole message, rest its first part |
 * | 2 | next | rest: the next part of the message that is begun. Nothing else comes between the parts |
 * | 3 | open | varint number, 16 bytes secret, as in a `bind` |
 * | 4 | opened | varint number of the receiver's: its messages under it are understood from now on |
 * | 5 | leave | varint number: the member under it is gone, or no longer sees the other one |
 * | 6 | announce | varint number, rest: its presence payload, said here while nobody else can say it |
 *
 * A type unknown here is ignored.
 */
export type Frame =
  | { readonly type: 'message'; readonly number: number; readonly bytes: Uint8Array }
  | { readonly type: 'first'; readonly number: number; readonly length: number; readonly bytes: Uint8Array }
  | { readonly type: 'next'; readonly bytes: Uint8Array }
  | { readonly type: 'open'; readonly number: number; readonly secret: Uint8Array }
  | { readonly type: 'opened' | 'leave'; readonly number: number }
  | { readonly type: 'announce'; readonly number: number; readonly bytes: Uint8Array }

const types = ['message', 'first', 'next', 'open', 'opened', 'leave', 'announce'] as const

/** A frame is at most so much longer than the bytes in it. */
export const frameOverheadBytes = 1 + 8 + 8

const writer = new Writer(256)

export function writeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  writer.reset()
  writer.uint8(types.indexOf(frame.type))
  if (frame.type !== 'next') writer.varint(frame.number)
  if (frame.type === 'first') writer.varint(frame.length)
  if (frame.type === 'open') writer.raw(frame.secret)
  const rest = 'bytes' in frame ? frame.bytes : undefined
  const bytes = new Uint8Array(writer.length + (rest?.length ?? 0))
  bytes.set(writer.bytes.subarray(0, writer.length))
  if (rest !== undefined) bytes.set(rest, writer.length)
  return bytes
}

/** @returns undefined for a type that is not known here. @throws `data-malformed` */
export function readFrame(data: Uint8Array): Frame | undefined {
  const reader = new Reader(data, 'frame')
  const type = types[reader.uint8()]
  switch (type) {
    case 'message':
      return { type, number: reader.varint(), bytes: rest(reader) }
    case 'first':
      return { type, number: reader.varint(), length: reader.varint(), bytes: rest(reader) }
    case 'next':
      return { type, bytes: rest(reader) }
    case 'open':
      return { type, number: reader.varint(), secret: reader.raw(nameBytes) }
    case 'opened':
    case 'leave':
      return { type, number: reader.varint() }
    case 'announce': {
      const number = reader.varint()
      if (reader.remaining > maxPresenceBytes) reader.fail('a presence payload is too long')
      return { type, number, bytes: rest(reader).slice() }
    }
    default:
      return undefined
  }
}

const rest = (reader: Reader) => reader.raw(reader.remaining)
