import { hexadecimal } from '../codec/index.js'
import { maxPresenceBytes } from '../ports/index.js'

/**
 * Who can be reached by WebRTC says so behind the presence payload: 16 bytes that name its transport, the same in all channels, and these 8 bytes. A
 * clone that uses another transport reads its own block of the payload, and ignores what follows.
 */
const magic = Uint8Array.of(0x9e, 0x0a, 0x4d, 0x57, 0x72, 0x74, 0x63, 0xd1)
const idBytes = 16

/** @returns the payload as it is, where there is no room: then this member is not reached directly */
export function withTrailer(payload: Uint8Array, transportId: Uint8Array): Uint8Array {
  const length = payload.length + idBytes + magic.length
  if (length > maxPresenceBytes) return payload.slice()
  const announced = new Uint8Array(length)
  announced.set(payload)
  announced.set(transportId, payload.length)
  announced.set(magic, payload.length + idBytes)
  return announced
}

/** What a member has announced, and the transport that it names, if it does. */
export function readTrailer(announced: Uint8Array): { readonly payload: Uint8Array; readonly transportId?: string } {
  const end = announced.length - magic.length
  if (end < idBytes || !magic.every((byte, index) => announced[end + index] === byte)) return { payload: announced }
  const start = end - idBytes
  return { payload: announced.slice(0, start), transportId: hexadecimal(announced.subarray(start, end)) }
}
