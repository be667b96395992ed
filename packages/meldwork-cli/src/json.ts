import { CodedError } from 'meldwork'

/**
 * What a text that is JSON says.
 * @param source what it is called in the message of an error
 * @throws CodedError `input-malformed`, also for a number that would be altered
 */
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
  // By hand: a pattern that matches texts runs out of stack within one of some megabytes.
  const number = /-?\d+(?:[.eE][\d.eE+-]*)?/y
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (code === quote) at = endOfText(json, at)
    else if (code === minus || (code >= zero && code <= nine)) {
      number.lastIndex = at
      const text = number.exec(json)![0]
      if (/^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text))) return text
      at += text.length - 1
    }
  }
  return undefined
}

const [quote, backslash, minus, zero, nine] = [...'"\\-09'].map(character => character.charCodeAt(0))

/** Where the text ends that begins at `start`: at its second quotation mark. */
function endOfText(json: string, start: number): number {
  let at = start + 1
  while (json.charCodeAt(at) !== quote) at += json.charCodeAt(at) === backslash ? 2 : 1
  return at
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
