import { readFile } from 'node:fs/promises'
import { CodedError } from 'meldwork'
import { systemReason } from '../errors.js'

/**
 * The JSON that an argument stands for: itself, `@FILE` for what a file holds, `-` for the standard input.
 * @param input where `-` reads
 * @throws CodedError `input-malformed`, `file-unreadable`
 */
export async function readJson(argument: string, input: AsyncIterable<string | Uint8Array>): Promise<unknown> {
  if (argument === '-') return parseJson(await textOf(input), 'the standard input')
  if (argument.startsWith('@') && !argument.startsWith('@{')) {
    const file = argument.slice(1)
    return parseJson(await textOfFile(file), file)
  }
  return parseJson(argument, 'the argument')
}

/** @throws CodedError `input-malformed`, also for a number that would be altered */
export function parseJson(text: string, source: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw malformed(source, (error as Error).message, error)
  }
  const altered = inexactNumber(text)
  if (altered !== undefined) {
    const exact = `{"@type": "http://www.w3.org/2001/XMLSchema#integer", "@value": "${altered}"}`
    throw malformed(source, `the number ${altered} is too long for JSON to keep exactly; write ${exact}`)
  }
  return value
}

/** An integer, in a text that is JSON, that JavaScript would round. */
function inexactNumber(json: string): string | undefined {
  const withoutTexts = json.replace(/"(?:[^"\\]|\\.)*"/gs, '""')
  const integers = withoutTexts.match(/-?\d+(?:[.eE][\d.eE+-]*)?/g) ?? []
  return integers.find(text => /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text)))
}

async function textOfFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const reason = systemReason(error)
    throw new CodedError('file-unreadable', `Cannot read ${file}: ${reason}`, { file, reason }, error)
  }
}

async function textOf(input: AsyncIterable<string | Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of input) text += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true })
  return text + decoder.decode()
}

function malformed(source: string, reason: string, cause?: unknown): CodedError<'input-malformed'> {
  return new CodedError('input-malformed', `What ${source} gives is no JSON: ${reason}`, { source, reason }, cause)
}

/**
 * JSON text that `meldwork write` reads back as the same data: values that JSON does not have become value objects.
 * @param spaces indentation; 0 for one line
 */
export function formatJson(value: unknown, spaces = 0): string {
  return JSON.stringify(withValueObjects(value), undefined, spaces)
}

const xsd = 'http://www.w3.org/2001/XMLSchema#'
const typed = (type: string, value: string) => ({ '@type': `${xsd}${type}`, '@value': value })

function withValueObjects(value: unknown): unknown {
  if (typeof value === 'bigint') return typed('integer', String(value))
  if (typeof value === 'number' && Object.is(value, -0)) return typed('double', '-0.0E0')
  if (typeof value === 'number' && !Number.isFinite(value))
    return typed('double', Number.isNaN(value) ? 'NaN' : value > 0 ? 'INF' : '-INF')
  if (value instanceof Uint8Array) return typed('base64Binary', Buffer.from(value).toString('base64'))
  if (value instanceof Date) return typed('dateTime', value.toISOString())
  if (Array.isArray(value)) return value.map(withValueObjects)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withValueObjects(each)]))
}
