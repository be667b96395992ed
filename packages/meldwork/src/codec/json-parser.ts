import { maxInteger, minInteger, parseFloatAsOriginal } from './json-number.js'
import { failJson, jsonText } from './json-text.js'
import { floatValue, integerValue, type JsonObject, type JsonValue, maxJsonDepth, setMember } from './json-value.js'

export interface JsonParseOptions {
  /**
   * How floats are read: `original` (the default), as Melda's tools do, which is off by a unit or two in the last place for a few of
   * many digits; `exact`, the nearest double, as `JSON.parse` does.
   */
  readonly floats?: 'original' | 'exact'
}

/**
 * Parses JSON without loss: see {@link JsonValue}. Strict as RFC 8259; of members of the same name the last one counts.
 * @param source a text, or its UTF-8 without a byte order mark
 * @throws CodedError `json-malformed` for what is no JSON, ill-formed UTF-8, an unpaired surrogate, a float beyond the greatest double, and what nests deeper
 * than {@link maxJsonDepth}
 */
export function parseJson(source: string | Uint8Array, options: JsonParseOptions = {}): JsonValue {
  const text = typeof source === 'string' ? source : jsonText(source)
  return new Parser(text, options.floats === 'exact').whole()
}

const quote = 0x22
const backslash = 0x5c
const minus = 0x2d
const point = 0x2e
const zero = 0x30
const nine = 0x39

/** What stands behind a backslash, but `u`. */
const escapes: { readonly [character: string]: string } = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Recursive descent: the depth is bounded. */
class Parser {
  private readonly text: string
  private readonly exact: boolean
  private at = 0
  private depth = 0

  constructor(text: string, exact: boolean) {
    this.text = text
    this.exact = exact
  }

  whole(): JsonValue {
    const value = this.value()
    this.next()
    if (this.at < this.text.length) this.fail('something follows the value')
    return value
  }

  private fail(reason: string, at = this.at): never {
    return failJson(this.text, at >= this.text.length ? 'the text ends too early' : reason, at)
  }

  /** Skips white space. @returns the code unit that follows, NaN at the end */
  private next(): number {
    const { text } = this
    for (;;) {
      const unit = text.charCodeAt(this.at)
      if (unit > 0x20 || (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09)) return unit
      this.at++
    }
  }

  private value(): JsonValue {
    const unit = this.next()
    switch (unit) {
      case quote:
        return this.string()
      case 0x7b:
        return this.object()
      case 0x5b:
        return this.array()
      case 0x74:
        return this.word('true', true)
      case 0x66:
        return this.word('false', false)
      case 0x6e:
        return this.word('null', null)
      default:
        if (unit === minus || (unit >= zero && unit <= nine)) return this.number(unit === minus)
        return this.fail('a value is expected')
    }
  }

  private word<Value>(word: string, value: Value): Value {
    if (!this.text.startsWith(word, this.at)) this.fail('a value is expected')
    this.at += word.length
    return value
  }

  private enter(): void {
    if (++this.depth > maxJsonDepth) this.fail(`more than ${maxJsonDepth} arrays and objects stand in one another`)
    this.at++
  }

  private leave(): void {
    this.depth--
    this.at++
  }

  private array(): JsonValue[] {
    const items: JsonValue[] = []
    this.enter()
    if (this.next() !== 0x5d) {
      for (;;) {
        items.push(this.value())
        const unit = this.next()
        if (unit === 0x5d) break
        if (unit !== 0x2c) this.fail('a comma or the end of an array is expected')
        this.at++
      }
    }
    this.leave()
    return items
  }

  private object(): JsonObject {
    const object: { [key: string]: JsonValue } = {}
    this.enter()
    if (this.next() !== 0x7d) {
      for (;;) {
        if (this.next() !== quote) this.fail('a name in quotation marks is expected')
        const key = this.string()
        if (this.next() !== 0x3a) this.fail('a colon is expected')
        this.at++
        setMember(object, key, this.value())
        const unit = this.next()
        if (unit === 0x7d) break
        if (unit !== 0x2c) this.fail('a comma or the end of an object is expected')
        this.at++
      }
    }
    this.leave()
    return object
  }

  /** What stands between quotation marks, the first of which is here. */
  private string(): string {
    const { text } = this
    const start = this.at + 1
    for (let at = start; ; at++) {
      const unit = text.charCodeAt(at)
      if (unit === quote) {
        this.at = at + 1
        return text.slice(start, at)
      }
      if (unit === backslash) return this.stringWithEscapes(start, at)
      if (unit < 0x20) this.fail('a control character stands in text without an escape', at)
      if ((unit & 0xf800) === 0xd800) at = this.secondSurrogate(at)
      else if (Number.isNaN(unit)) this.fail('', at)
    }
  }

  private stringWithEscapes(start: number, firstEscape: number): string {
    const { text } = this
    let result = ''
    let copied = start
    for (let at = firstEscape; ; at++) {
      const unit = text.charCodeAt(at)
      if (unit === quote) {
        this.at = at + 1
        return result + text.slice(copied, at)
      }
      if (unit === backslash) {
        result += text.slice(copied, at)
        const escaped = escapes[text[at + 1]]
        if (escaped !== undefined) {
          result += escaped
          at++
        } else {
          const character = this.hexadecimalEscape(at)
          result += character
          at += character.length * 6 - 1
        }
        copied = at + 1
      } else if (unit < 0x20) this.fail('a control character stands in text without an escape', at)
      else if ((unit & 0xf800) === 0xd800) at = this.secondSurrogate(at)
      else if (Number.isNaN(unit)) this.fail('', at)
    }
  }

  /** @returns where the second half of the pair stands whose first half is here */
  private secondSurrogate(at: number): number {
    const paired = this.text.charCodeAt(at) < 0xdc00 && (this.text.charCodeAt(at + 1) & 0xfc00) === 0xdc00
    if (!paired) this.fail('half of a surrogate pair stands alone', at)
    return at + 1
  }

  /** A character as `\uXXXX`, or a pair of these. */
  private hexadecimalEscape(at: number): string {
    const first = this.codeUnit(at)
    if ((first & 0xf800) !== 0xd800) return String.fromCharCode(first)
    const second = first < 0xdc00 && this.text[at + 6] === '\\' ? this.codeUnit(at + 6) : 0
    if ((second & 0xfc00) !== 0xdc00) failJson(this.text, 'half of a surrogate pair stands alone', at)
    return String.fromCharCode(first, second)
  }

  private codeUnit(at: number): number {
    const digits = this.text.slice(at + 2, at + 6)
    if (this.text[at + 1] !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('an escape is not known', at)
    return Number.parseInt(digits, 16)
  }

  private number(negative: boolean): JsonValue {
    const start = this.at
    if (negative) this.at++
    const whole = this.digits()
    const { text } = this
    if (whole.length > 1 && whole.charCodeAt(0) === zero) this.fail('a number has a leading zero', start)
    let fraction = ''
    let exponent = ''
    if (text.charCodeAt(this.at) === point) {
      this.at++
      fraction = this.digits()
    }
    const mark = text.charCodeAt(this.at) | 0x20
    if (mark === 0x65) {
      const from = ++this.at
      const sign = text.charCodeAt(from)
      if (sign === minus || sign === 0x2b) this.at++
      this.digits()
      exponent = text.slice(from, this.at)
    }
    if (fraction === '' && exponent === '') {
      if (whole.length < 16 && (whole !== '0' || !negative)) return negative ? -Number(whole) : Number(whole)
      if (whole.length < 21 && whole !== '0') {
        const integer = negative ? -BigInt(whole) : BigInt(whole)
        if (integer >= minInteger && integer <= maxInteger) return integerValue(integer)
      }
    }
    const magnitude = this.exact
      ? Number(text.slice(negative ? start + 1 : start, this.at))
      : parseFloatAsOriginal(whole, fraction, exponent)
    if (magnitude === undefined || magnitude === Number.POSITIVE_INFINITY) {
      return failJson(text, 'a number is out of range', start)
    }
    return floatValue(negative ? -magnitude : magnitude)
  }

  private digits(): string {
    const { text } = this
    const start = this.at
    let at = start
    for (let unit = text.charCodeAt(at); unit >= zero && unit <= nine; unit = text.charCodeAt(at)) at++
    this.at = at
    if (at === start) this.fail('a digit is expected')
    return text.slice(start, at)
  }
}
