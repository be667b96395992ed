import { Writer } from '../codec/index.js'
import { maxPresenceBytes } from '../ports/index.js'
import { MessageType, open, seal } from './envelope.js'

const decoder = new TextDecoder('utf-8', { fatal: true })
const writer = new Writer(256)

/** A presence payload: what an app says of itself, in the envelope of all messages. @param data JSON in UTF-8; empty for nothing */
export function writePresence(data: Uint8Array, channelCheck: number): Uint8Array {
  seal(writer, channelCheck, MessageType.presence)
  writer.block(data)
  return writer.take()
}

/** What follows the block is for transports, and ignored here. @returns the JSON value; undefined when there is none, or the payload is not one of this domain */
export function readPresence(payload: Uint8Array, channelCheck: number) {
  if (payload.length > maxPresenceBytes) return undefined
  const opened = open(payload, channelCheck)
  if (opened.kind !== 'message' || opened.type !== MessageType.presence) return undefined
  try {
    const text = decoder.decode(opened.payload.block())
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
