import { hexadecimal } from '../codec/index.js'
import { maxPresenceBytes } from '../ports/index.js'

/**
 * Who can be reached by WebRTC says so behind the presence payload: a byte 0, 16 bytes that name its transport, the same in all channels, and these 8 bytes. A
 * clone that uses another transport reads what is its own of the payload, and ignores what follows: that is what the 0 tells it.
 */
const magic = Uint8Array.of(0x9e, 0x0a, 0x4d, 0x57, 0x72, 0x74, 0x63, 0xd1)
const idBytes = 16

/** @returns the payload as it is, where there is no room: then this member is not reached directly */
export function withTrailer(payload: Uint8Array, transportId: Uint8Array): Uint8Array {
  const length = payload.length + 1 + idBytes + magic.length
  if (length > maxPresenceBytes) return payload.slice()
  const announced = new Uint8Array(length)
  announced.set(payload)
  announced.set(transportId, payload.length + 1)
  announced.set(magic, payload.length + 1 + idBytes)
  return announced
}

/** What a member has announced, and the transport that it names, if it does. */
export function readTrailer(announced: Uint8Array): { readonly payload: Uint8Array; readonly transportId?: string } {
  const end = announced.length - magic.length
  const start = end - idBytes - 1
  if (start < 0 || announced[start] !== 0 || !magic.every((byte, index) => announced[end + index] === byte))
    return { payload: announced }
  return { payload: announced.slice(0, start), transportId: hexadecimal(announced.subarray(start + 1, end)) }
}
