import { channelPattern } from '../codec/index.js'
import { maxPresenceBytes, type PeerId } from '../ports/index.js'

/** I am here. */
export interface Here {
  readonly kind: 'here'
  readonly from: PeerId
  readonly payload: Uint8Array
  /** I hold the lock of my name: whoever gets it knows that I am gone. */
  readonly locked: boolean
  /** Are you? Asks one member, or all. */
  readonly asks?: PeerId | 'all'
}

/** What members of a channel say to each other, as the platform clones it. */
export type TabMessage =
  | Here
  /** I leave. */
  | { readonly kind: 'gone'; readonly from: PeerId }
  /** Bytes of the app's, to one member, or to all. */
  | { readonly kind: 'bytes'; readonly from: PeerId; readonly to?: PeerId; readonly bytes: Uint8Array }

/**
 * A message that another script has posted: of this library, of another version of it, or of anything else at this origin.
 * @returns undefined when it makes no sense. Its bytes are nobody else's
 */
export function readTabMessage(data: unknown, maxMessageBytes: number): TabMessage | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const { kind, from, to, payload, locked, asks, bytes } = data as { [field: string]: unknown }
  if (!isPeer(from) || !(to === undefined || isPeer(to))) return undefined
  const addressed = to === undefined ? { from } : { from, to }
  switch (kind) {
    case 'here':
      if (!isBytes(payload, maxPresenceBytes) || typeof locked !== 'boolean') return undefined
      if (!(asks === undefined || isPeer(asks))) return undefined
      return { kind, from, payload: ownBytes(payload), locked, ...(asks === undefined ? {} : { asks }) }
    case 'gone':
      return { kind, from }
    case 'bytes':
      return isBytes(bytes, maxMessageBytes) ? { kind, ...addressed, bytes: ownBytes(bytes) } : undefined
    default:
      return undefined
  }
}

/** The bytes with nothing around them: the platform clones the whole buffer under a view, and shares one that can be shared. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  const isOwn = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
  return isOwn ? bytes : bytes.slice()
}

/** Peer ids are made of the characters of channels' names. */
const isPeer = (value: unknown): value is PeerId => typeof value === 'string' && channelPattern.test(value)

const isBytes = (value: unknown, mostBytes: number): value is Uint8Array =>
  value instanceof Uint8Array && value.byteLength <= mostBytes
