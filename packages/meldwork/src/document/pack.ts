import { type ByteRange, scanObjects } from '../codec/index.js'
import { blockHash } from './block-name.js'
import { malformedBlock } from './delta.js'

/** An object in the bytes of a pack. */
export interface PackEntry {
  /** Of the bytes of the object as they stand there. */
  readonly digest: string
  readonly from: number
  readonly to: number
}

/** A new object for a pack: the text that is written, and the digest of its UTF-8. */
export interface PackedObject {
  readonly digest: string
  readonly text: string
}

/** A pack from its bytes. */
export interface DecodedPack {
  readonly entries: readonly PackEntry[]
  /** Digests of the entries that Melda's own tools cannot find: they count braces without regard to text. */
  readonly miscounted: readonly string[]
}

/** A pack of objects, which must be different: sorted by their digests, so that the same objects make the same pack. */
export function encodePack(objects: readonly PackedObject[]): { bytes: Uint8Array; entries: PackEntry[] } {
  const encoder = new TextEncoder()
  const sorted = [...objects].sort((a, b) => (a.digest < b.digest ? -1 : 1))
  const parts = sorted.map(({ text }) => encoder.encode(text))
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length + 1, 1))
  const entries: PackEntry[] = []
  let at = 0
  for (const [i, part] of parts.entries()) {
    bytes[at++] = i === 0 ? 0x5b : 0x2c
    bytes.set(part, at)
    entries.push({ digest: sorted[i].digest, from: at, to: at + part.length })
    at += part.length
  }
  bytes[at] = 0x5d
  return { bytes, entries }
}

/**
 * The objects in a pack. White space between and in them is free; whether the bytes of each are JSON is found out when it is read.
 * @throws CodedError `block-malformed`
 */
export function decodePack(bytes: Uint8Array): DecodedPack {
  let scanned: ReturnType<typeof scanObjects>
  try {
    scanned = scanObjects(bytes)
  } catch (cause) {
    throw malformedBlock('it ends inside of an object', cause)
  }
  const entries = scanned.objects.map(range => entryOf(bytes, range))
  const missed = new Set(scanned.miscounted.map(({ offset }) => offset))
  return { entries, miscounted: entries.filter(({ from }) => missed.has(from)).map(({ digest }) => digest) }
}

function entryOf(bytes: Uint8Array, { offset, length }: ByteRange): PackEntry {
  return { digest: blockHash(bytes.subarray(offset, offset + length)), from: offset, to: offset + length }
}

/** Whether Melda's own tools find an object of which this is the text, when it stands in a pack. */
export function isCountable(text: string): boolean {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0x7b) depth++
    else if (unit === 0x7d && --depth === 0 && i < text.length - 1) return false
  }
  return depth === 0
}

/** A canonical text with the braces in its strings written as escapes: the same value, and what only counts braces is not misled. */
export function withEscapedBraces(text: string): string {
  let result = ''
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '\\') {
      result += character + text[++i]
      continue
    }
    if (character === '"') inString = !inString
    result += !inString ? character : character === '{' ? '\\u007b' : character === '}' ? '\\u007d' : character
  }
  return result
}
