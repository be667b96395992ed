import { CodedError } from '../errors.js'

/** How deeply a document may be nested, of which a JSON literal may take 256: processing takes a call for each level. */
const maxDepth = 320

/** A TextDecoder: under this name alone, the declarations of Node do not know the type. */
type Decoder = { decode(bytes?: Uint8Array, options?: { stream?: boolean }): string }

/**
 * Reads a JSON document, which is an array or an object.
 * @throws `parse-failed` for what is no JSON, is nested deeper than {@link maxDepth}, or has a whole number that a JSON number does not keep exactly
 */
export async function readDocument(
  pieces: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): Promise<unknown> {
  const decoder: Decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  for await (const piece of pieces) text += typeof piece === 'string' ? piece : decode(decoder, text, piece)
  text += decode(decoder, text)
  const document = parse(text)
  if (typeof document !== 'object' || document === null) throw failed(1, 'it is neither an array nor an object')
  check(document, 0)
  return document
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const { message } = cause as Error
    throw failed(lineOf(message, text), message.replace(/ in JSON at position .*$/s, ''), cause)
  }
}

/** As the engine tells it: by the line, by the position, or, where the text ends too early, not at all. */
function lineOf(message: string, text: string): number {
  const [, line] = /\bline (\d+)/.exec(message) ?? []
  if (line !== undefined) return Number(line)
  const [, position] = /\bposition (\d+)/.exec(message) ?? []
  return text.slice(0, position === undefined ? text.length : Number(position)).split('\n').length
}

function check(value: unknown, depth: number): void {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21)
    throw failed(1, `${value} is too long for a number: write it as a string, with its @type`)
  if (typeof value !== 'object' || value === null) return
  if (depth === maxDepth) throw failed(1, `it is nested deeper than ${maxDepth}`)
  for (const member of Object.values(value)) check(member, depth + 1)
}

/** @param bytes none at the end, when an unfinished character is an error */
function decode(decoder: Decoder, before: string, bytes?: Uint8Array): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
  } catch (cause) {
    throw failed(before.split('\n').length, 'it is not UTF-8', cause)
  }
}

function failed(line: number, reason: string, cause?: unknown): CodedError<'parse-failed'> {
  const message = `Cannot parse at line ${line} or soon after it: ${reason}`
  return new CodedError('parse-failed', message, { line, reason }, cause)
}
