import { CodedError } from '../errors.js'

/** Bytes of a longer sequence: `length` of them from `offset` on. */
export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/** The objects that stand in a JSON array. */
export interface ScannedObjects {
  /** In their order. */
  readonly objects: readonly ByteRange[]
  /**
   * Those that a scanner would not find which counts braces without regard to text, as Melda's tools do: an unbalanced brace stands in text
   * of theirs, or of one before.
   */
  readonly miscounted: readonly ByteRange[]
}

/**
 * Finds the objects of a JSON array, not those inside of them. It looks at braces and text only: white space is free, and whether what stands there is
 * JSON is found out by parsing each.
 * @param bytes UTF-8
 * @throws CodedError `data-malformed` when the bytes end inside of an object or of a text
 */
export function scanObjects(bytes: Uint8Array): ScannedObjects {
  const objects: ByteRange[] = []
  // Where a scanner that only counts braces finds objects: their ends by their offsets.
  const counted = new Map<number, number>()
  let depth = 0
  let start = 0
  let countedDepth = 0
  let countedStart = 0
  let inText = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === 0x7b) {
      if (countedDepth++ === 0) countedStart = i
      if (!inText && depth++ === 0) start = i
    } else if (byte === 0x7d) {
      if (countedDepth > 0 && --countedDepth === 0) counted.set(countedStart, i + 1)
      if (!inText && depth > 0 && --depth === 0) objects.push({ offset: start, length: i + 1 - start })
    } else if (byte === 0x22) inText = !inText
    else if (byte === 0x5c && inText) {
      // What is escaped means nothing here, though the other scanner would count a brace there, too: JSON has no such escape.
      i++
    }
  }
  if (depth > 0 || inText) {
    throw new CodedError('data-malformed', `Malformed array of objects at byte ${bytes.length}: it ends too early`, {
      what: 'array of objects',
      offset: bytes.length,
    })
  }
  return {
    objects,
    miscounted: objects.filter(({ offset, length }) => counted.get(offset) !== offset + length),
  }
}
