import { hexadecimal, Writer } from '../codec/index.js'
import { maxPresenceBytes } from '../ports/index.js'
import { MessageType, open, seal } from './envelope.js'

const decoder = new TextDecoder('utf-8', { fatal: true })
const writer = new Writer(256)
/** The longest id of a clone, in bytes. */
const maxIdBytes = 32

/** The id of a clone, of its bytes. */
export const cloneName = (id: Uint8Array): string => hexadecimal(id)

/** What a member of a channel says of itself. */
export interface Announced {
  /** JSON, of the app's; undefined for nothing. */
  readonly data: ReturnType<typeof JSON.parse>
  /** Of a clone with several connections, by which those who meet it on several channels know that it is the same one: hexadecimal, another one each time it is opened. */
  readonly id: string | undefined
  /** How often that one has lost a connection: what a channel says of a clone is out of date where another one says more. */
  readonly losses: number
}

const unnamed: Announced = { data: undefined, id: undefined, losses: 0 }

/**
 * A presence payload: what an app says of itself, in the envelope of all messages.
 * @param data JSON in UTF-8; empty for nothing
 * @param clone of a clone with several connections: its id, 1 to 32 bytes
 */
export function writePresence(
  data: Uint8Array,
  channelCheck: number,
  clone?: { readonly id: Uint8Array; readonly losses: number },
): Uint8Array {
  seal(writer, channelCheck, MessageType.presence)
  writer.block(data)
  if (clone !== undefined) {
    writer.block(clone.id)
    writer.varint(clone.losses)
  }
  return writer.take()
}

/** What follows the fields known here, or an empty block in place of the id, is for transports, and ignored. @returns nothing when the payload is not one of this domain, or damaged */
export function readPresence(payload: Uint8Array, channelCheck: number): Announced {
  if (payload.length > maxPresenceBytes) return unnamed
  const opened = open(payload, channelCheck)
  if (opened.kind !== 'message' || opened.type !== MessageType.presence) return unnamed
  const reader = opened.payload
  try {
    const text = decoder.decode(reader.block())
    const data = text === '' ? undefined : JSON.parse(text)
    if (reader.remaining === 0) return { ...unnamed, data }
    const id = reader.block()
    if (id.length === 0) return { ...unnamed, data }
    if (id.length > maxIdBytes) reader.fail('the id of a clone')
    return { data, id: cloneName(id), losses: reader.varint() }
  } catch {
    return unnamed
  }
}
