import { CodedError } from '../errors.js'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/**
 * The text of bytes.
 * @throws CodedError `json-malformed` when they are no well-formed UTF-8
 */
export function jsonText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    const replaced = encoder.encode(lenient.decode(bytes))
    let same = 0
    while (same < bytes.length && bytes[same] === replaced[same]) same++
    return failJson(lenient.decode(bytes.subarray(0, same)), 'the bytes are no well-formed UTF-8')
  }
}

/** @throws always, CodedError `json-malformed`: at an offset of the text in UTF-16 code units, or at its end */
export function failJson(text: string, reason: string, at = text.length): never {
  let line = 1
  let start = 0
  for (let end = text.indexOf('\n'); end >= 0 && end < at; end = text.indexOf('\n', start)) {
    line++
    start = end + 1
  }
  const column = at - start + 1
  throw new CodedError(
    'json-malformed',
    `This is no JSON that can be kept: at line ${line}, column ${column}, ${reason}`,
    {
      position: at,
      line,
      column,
      reason,
    },
  )
}
