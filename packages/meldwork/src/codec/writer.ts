const encoder = new TextEncoder()
const float = new Float64Array(1)
const floatBytes = new Uint8Array(float.buffer)

/**
 * Appends values to a growing buffer. Little-endian; varints are LEB128 in their shortest form, up to 2^53 - 1.
 * Made to be kept and reused: {@link reset} keeps the buffer.
 */
export class Writer {
  bytes: Uint8Array
  length = 0

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity)
  }

  reset(): void {
    this.length = 0
  }

  /** Makes room for `count` more bytes. */
  ensure(count: number): void {
    if (this.length + count > this.bytes.length) this.grow(count)
  }

  private grow(count: number): void {
    const bytes = new Uint8Array(Math.max(this.length + count, this.bytes.length * 2))
    bytes.set(this.bytes.subarray(0, this.length))
    this.bytes = bytes
  }

  uint8(value: number): void {
    if (this.length === this.bytes.length) this.grow(1)
    this.bytes[this.length++] = value
  }

  /** An unsigned integer, at most 2^53 - 1. */
  varint(value: number): void {
    if (this.length + 8 > this.bytes.length) this.grow(8)
    const { bytes } = this
    let at = this.length
    while (value > 0x7fffffff) {
      bytes[at++] = (value % 128) | 128
      value = Math.floor(value / 128)
    }
    while (value > 127) {
      bytes[at++] = (value & 127) | 128
      value >>>= 7
    }
    bytes[at++] = value
    this.length = at
  }

  /** A signed integer, at most 2^52 - 1 in magnitude, so that small ones of either sign are short. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2)
  }

  /** 32 bits; a negative number is taken as its unsigned counterpart. */
  uint32(value: number): void {
    this.ensure(4)
    const { bytes } = this
    bytes[this.length++] = value
    bytes[this.length++] = value >>> 8
    bytes[this.length++] = value >>> 16
    bytes[this.length++] = value >>> 24
  }

  float64(value: number): void {
    this.ensure(8)
    float[0] = value
    for (let i = 0; i < 8; i++) this.bytes[this.length++] = floatBytes[i]
  }

  /** The bytes alone, without a length. */
  raw(bytes: Uint8Array, from = 0): void {
    const count = bytes.length - from
    this.ensure(count)
    const target = this.bytes
    const at = this.length
    // A loop costs less than a call for a few bytes.
    if (count < 64) for (let i = 0; i < count; i++) target[at + i] = bytes[from + i]
    else target.set(from === 0 ? bytes : bytes.subarray(from), at)
    this.length = at + count
  }

  /** A length, then the bytes. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length)
    this.raw(bytes)
  }

  /** A length in bytes, then UTF-8. The text must be well formed. */
  text(text: string): void {
    this.block(encoder.encode(text))
  }

  /** Another writer's content, without its length. */
  append(writer: Writer): void {
    this.raw(writer.bytes.subarray(0, writer.length))
  }

  /** Another writer's content as a block. */
  section(writer: Writer): void {
    this.varint(writer.length)
    this.append(writer)
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }
}
