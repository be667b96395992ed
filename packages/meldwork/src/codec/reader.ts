import { CodedError } from '../errors.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const float = new Float64Array(1)
const floatBytes = new Uint8Array(float.buffer)

/**
 * Reads what a {@link Writer} wrote, and trusts nothing: every method throws `data-malformed` instead of reading past the end,
 * accepting a longer form than the shortest, or accepting ill-formed UTF-8. It never allocates more than it has bytes.
 */
export class Reader {
  /** One that stays: with none alive, a collection makes V8 forget the shape of readers, and drop all code optimised for it. */
  static readonly idle: Reader = new Reader(new Uint8Array(0), '')

  readonly bytes: Uint8Array
  readonly end: number
  at: number
  private readonly what: string

  /** @param what names the thing being read, for error messages */
  constructor(bytes: Uint8Array, what: string, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.what = what
    this.at = at
    this.end = end
  }

  get remaining(): number {
    return this.end - this.at
  }

  /** @throws always, `data-malformed` at the current offset */
  fail(reason: string): never {
    throw new CodedError('data-malformed', `Malformed ${this.what} at byte ${this.at}: ${reason}`, {
      what: this.what,
      offset: this.at,
    })
  }

  uint8(): number {
    if (this.at >= this.end) this.fail('it ends too early')
    return this.bytes[this.at++]
  }

  varint(): number {
    if (this.at >= this.end) this.fail('it ends too early')
    const first = this.bytes[this.at++]
    return first < 128 ? first : this.longVarint(first)
  }

  private longVarint(first: number): number {
    let value = first & 127
    let scale = 128
    for (let i = 1; i < 8; i++) {
      const byte = this.uint8()
      value += (byte & 127) * scale
      if (byte < 128) {
        if (byte === 0) this.fail('a number is not in its shortest form')
        if (value > Number.MAX_SAFE_INTEGER) this.fail('a number is too large')
        return value
      }
      scale *= 128
    }
    return this.fail('a number is too long')
  }

  /** A varint that must not exceed `max`: a count, an index, a length. */
  varintUpTo(max: number, what: string): number {
    const value = this.varint()
    if (value > max) this.fail(`${what} is ${value}, more than ${max}`)
    return value
  }

  zigzag(): number {
    const value = this.varint()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  /** Unsigned. */
  uint32(): number {
    if (this.remaining < 4) this.fail('it ends too early')
    const { bytes, at } = this
    this.at = at + 4
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
  }

  float64(): number {
    if (this.remaining < 8) this.fail('it ends too early')
    for (let i = 0; i < 8; i++) floatBytes[i] = this.bytes[this.at++]
    return float[0]
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    const from = this.skip(length)
    return this.bytes.subarray(from, this.at)
  }

  /** Goes on behind bytes for which a view would cost too much. @returns where they begin */
  skip(length: number): number {
    if (length > this.remaining) this.fail(`${length} bytes are announced, ${this.remaining} are left`)
    const from = this.at
    this.at = from + length
    return from
  }

  /** A length, then bytes: a view, not a copy. */
  block(): Uint8Array {
    return this.raw(this.varint())
  }

  text(): string {
    const bytes = this.block()
    try {
      return decoder.decode(bytes)
    } catch {
      return this.fail('text is not well-formed UTF-8')
    }
  }

  /** A reader of the block that follows, or of so many bytes. */
  section(length: number = this.varint()): Reader {
    if (length > this.remaining) this.fail(`a section of ${length} bytes is announced, ${this.remaining} are left`)
    const from = this.at
    this.at = from + length
    return new Reader(this.bytes, this.what, from, this.at)
  }

  /** @throws `data-malformed` when bytes are left */
  finish(): void {
    if (this.at !== this.end) this.fail(`${this.remaining} bytes are left over`)
  }
}
