/**
 * Section B of the format: a strict, lossless JSON reader, and canonical JSON.
 *
 * Values: null, booleans, strings, `Integer`, `Float`, arrays, and a `Map` for an object (of two equal keys the last one counts).
 */
import { Float, Integer, printFloat, readNumber } from './b-number.mjs'

/** This many arrays and objects within one another cannot be read any more. */
const depthLimit = 128

/** Why a text is not JSON that the original can read. */
export class JsonError extends Error {
  /**
   * @param {'json' | 'depth' | 'number-range' | 'lone-surrogate'} kind
   * @param {number} at where in the text, in UTF-16 units
   */
  constructor(kind, at) {
    super(`${kind} at ${at}`)
    this.kind = kind
    this.at = at
  }
}

const escapes = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const words = { true: true, false: false, null: null }

class Reader {
  at = 0
  depth = 0

  constructor(text) {
    this.text = text
  }

  fail(kind = 'json') {
    throw new JsonError(kind, this.at)
  }

  space() {
    while (' \n\r\t'.includes(this.text[this.at] ?? 'x')) this.at++
  }

  take(character) {
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  match(pattern) {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  /** Reads what stands between brackets: calls `item` for each, after the opening bracket was taken. */
  items(close, item) {
    if (++this.depth >= depthLimit) this.fail('depth')
    this.space()
    if (!this.take(close)) {
      do {
        this.space()
        item()
        this.space()
      } while (this.take(','))
      if (!this.take(close)) this.fail()
    }
    this.depth--
  }

  value() {
    if (this.text[this.at] === '"') return this.string()
    if (this.take('[')) {
      const array = []
      this.items(']', () => array.push(this.value()))
      return array
    }
    if (this.take('{')) {
      const object = new Map()
      this.items('}', () => {
        const key = this.string()
        this.space()
        if (!this.take(':')) this.fail()
        this.space()
        object.set(key, this.value())
      })
      return object
    }
    const word = this.match(/true|false|null/y)
    if (word !== undefined) return words[word]
    const number = this.match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y)
    if (number === undefined) return this.fail()
    return readNumber(number) ?? this.fail('number-range')
  }

  string() {
    if (!this.take('"')) this.fail()
    let result = ''
    for (;;) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they must be escaped
      result += this.match(/[^"\\\u0000-\u001f]*/y)
      if (this.take('"')) return result
      if (!this.take('\\')) this.fail()
      const escaped = escapes[this.text[this.at]]
      if (escaped === undefined) {
        result += this.unicode()
      } else {
        result += escaped
        this.at++
      }
    }
  }

  unicode() {
    const unit = this.unit()
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit)
    if (unit > 0xdbff || !this.text.startsWith('\\u', this.at)) this.fail('lone-surrogate')
    this.at++
    const low = this.unit()
    if (low < 0xdc00 || low > 0xdfff) this.fail('lone-surrogate')
    return String.fromCharCode(unit, low)
  }

  unit() {
    const digits = this.match(/u[0-9a-fA-F]{4}/y) ?? this.fail()
    return Number.parseInt(digits.slice(1), 16)
  }
}

/**
 * The text of UTF-8 bytes; throws a `JsonError` if they are none. A byte order mark stays.
 * @param {Uint8Array} bytes
 */
export const decode = bytes => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new JsonError('json', 0)
  }
}

/**
 * The value of a JSON text. Throws a `JsonError`.
 * @param {string} text
 */
export const parse = text => {
  const reader = new Reader(text)
  reader.space()
  const value = reader.value()
  reader.space()
  if (reader.at < text.length) reader.fail()
  return value
}

/**
 * The elements of a JSON array, each with the text that it was read from. Throws a `JsonError`.
 * @param {string} text
 */
export const parseArray = text => {
  const reader = new Reader(text)
  const elements = []
  reader.space()
  if (!reader.take('[')) reader.fail()
  reader.items(']', () => {
    const start = reader.at
    const value = reader.value()
    elements.push({ value, text: text.slice(start, reader.at) })
  })
  reader.space()
  if (reader.at < text.length) reader.fail()
  return elements
}

/** Compares two strings by their UTF-8 bytes. */
export const compareBytes = (left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))

// biome-ignore lint/suspicious/noControlCharactersInRegex: they must be escaped
const special = /["\\\u0000-\u001f]/g
const short = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const escaped = unit => short[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
const quoted = text => `"${text.replace(special, escaped)}"`

/**
 * The canonical text of a value.
 * @param {'ryu' | 'signed'} [style] of the exponents
 */
export const canonical = (value, style = 'ryu') => {
  if (typeof value === 'string') return quoted(value)
  if (value instanceof Integer) return String(value.value)
  if (value instanceof Float) return printFloat(value.value, style)
  if (Array.isArray(value)) return `[${value.map(element => canonical(element, style)).join(',')}]`
  if (!(value instanceof Map)) return String(value)
  const keys = [...value.keys()].sort(compareBytes)
  return `{${keys.map(key => `${quoted(key)}:${canonical(value.get(key), style)}`).join(',')}}`
}

/** Whether `text` is canonical in the style of the older or of the newer builds. */
export const isCanonical = (value, text) => text === canonical(value, 'ryu') || text === canonical(value, 'signed')
