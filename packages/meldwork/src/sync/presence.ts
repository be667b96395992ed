import { hexadecimal, Writer } from '../codec/index.js'
import { maxPresenceBytes } from '../ports/index.js'
import { MessageType, open, seal } from './envelope.js'

const decoder = new TextDecoder('utf-8', { fatal: true })
const writer = new Writer(256)
/** The longest id of a clone, in bytes. */
const maxIdBytes = 32

/** By what those who meet a clone on several channels know that it is the same one. */
export interface CloneIdentity {
  /** In hexadecimal. Another one each time the clone is opened. */
  readonly id: string
  /** How often it has lost a connection: what a channel says of a clone is out of date where another one says more. */
  readonly losses: number
}

/** {@link CloneIdentity.id} of its bytes. */
export const cloneName = (id: Uint8Array): string => hexadecimal(id)

/** What a member of a channel says of itself. */
export interface Announced {
  /** JSON, of the app's; undefined for nothing. */
  readonly data?: ReturnType<typeof JSON.parse>
  /** Of a clone with several connections. */
  readonly clone?: CloneIdentity
}

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

/** What follows the fields known here is ignored. @returns nothing when the payload is not one of this domain, or damaged */
export function readPresence(payload: Uint8Array, channelCheck: number): Announced {
  if (payload.length > maxPresenceBytes) return {}
  const opened = open(payload, channelCheck)
  if (opened.kind !== 'message' || opened.type !== MessageType.presence) return {}
  const reader = opened.payload
  try {
    const text = decoder.decode(reader.block())
    const data = text === '' ? undefined : JSON.parse(text)
    if (reader.remaining === 0) return { data }
    const id = reader.block()
    if (id.length === 0 || id.length > maxIdBytes) reader.fail('the id of a clone')
    return { data, clone: { id: cloneName(id), losses: reader.varint() } }
  } catch {
    return {}
  }
}
