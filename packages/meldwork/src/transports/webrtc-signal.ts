import { Reader, Writer } from '../codec/index.js'

/**
 * What a WebRtcTransport says to another one, by the transport that both share. Each signal begins with 8 bytes that no message of a clone
 * begins with, and a type. (A message that begins with them all the same is sent as `data`.)
 *
 * | type | signal | fields |
 * |-:|---|---|
 * | 0 | data | rest: a message |
 * | 1 | offer | 16 bytes link id, rest SDP in UTF-8, with its candidates |
 * | 2 | answer | 16 bytes link id, rest SDP in UTF-8, with its candidates |
 * | 3 | bind | 16 bytes secret: whoever says it on a peer connection speaks for the sender of this signal, to its receiver |
 * | 4 | gone | 16 bytes link id, u8 1 if it is that there is no room for a connection, else 0 |
 *
 * A type unknown here is ignored.
 */
export type Signal =
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'offer' | 'answer'; readonly link: Uint8Array; readonly sdp: string }
  | { readonly type: 'bind'; readonly secret: Uint8Array }
  | { readonly type: 'gone'; readonly link: Uint8Array; readonly isFull: boolean }

const magic = Uint8Array.of(0xd1, 0x4d, 0x57, 0x72, 0x74, 0x63, 0x9e, 0x0a)
const types = { data: 0, offer: 1, answer: 2, bind: 3, gone: 4 } as const
const maxSdpBytes = 32 * 1024
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The length of a link's id and of a secret. */
export const nameBytes = 16

/** How much longer a message becomes as `data`. */
export const escapeBytes = magic.length + 1

/** Whether these bytes are a signal, or look like one. */
export function isSignal(bytes: Uint8Array): boolean {
  if (bytes.length < magic.length) return false
  for (let index = 0; index < magic.length; index++) if (bytes[index] !== magic[index]) return false
  return true
}

export function writeSignal(signal: Signal): Uint8Array {
  const writer = new Writer(64)
  writer.raw(magic)
  writer.uint8(types[signal.type])
  switch (signal.type) {
    case 'data':
      writer.raw(signal.bytes)
      break
    case 'offer':
    case 'answer':
      writer.raw(signal.link)
      writer.raw(encoder.encode(signal.sdp))
      break
    case 'bind':
      writer.raw(signal.secret)
      break
    case 'gone':
      writer.raw(signal.link)
      writer.uint8(signal.isFull ? 1 : 0)
  }
  return writer.take()
}

/** @returns undefined for a type that is not known here. @throws `data-malformed` */
export function readSignal(bytes: Uint8Array): Signal | undefined {
  const reader = new Reader(bytes, 'signal', magic.length)
  const type = reader.uint8()
  switch (type) {
    case types.data:
      return { type: 'data', bytes: reader.raw(reader.remaining) }
    case types.offer:
    case types.answer: {
      const link = reader.raw(nameBytes)
      if (reader.remaining > maxSdpBytes) reader.fail('a description is too long')
      return { type: type === types.offer ? 'offer' : 'answer', link, sdp: readSdp(reader) }
    }
    case types.bind:
      return { type: 'bind', secret: reader.raw(nameBytes) }
    case types.gone:
      return { type: 'gone', link: reader.raw(nameBytes), isFull: reader.uint8() === 1 }
    default:
      return undefined
  }
}

/** A description of one data connection, and of no sound or picture, which an RTCPeerConnection would take as well. */
function readSdp(reader: Reader): string {
  let sdp = ''
  try {
    sdp = decoder.decode(reader.raw(reader.remaining))
  } catch {
    reader.fail('a description is not UTF-8')
  }
  const media = sdp.match(/^m=.*/gm) ?? []
  if (!sdp.startsWith('v=0') || media.length !== 1 || !media[0].startsWith('m=application ')) {
    reader.fail('a description is not of a data channel')
  }
  return sdp
}
