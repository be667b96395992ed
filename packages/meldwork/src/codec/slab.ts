/**
 * Hands out copies of short byte sequences as views of larger blocks. A view of a block costs a tenth of a fresh `Uint8Array`,
 * and messages are made by the thousand; the price is that a view keeps its whole block alive.
 */
export class ByteSlab {
  private block = new Uint8Array(0)
  private used = 0
  private size = 1024

  /** A view that holds a copy of the first `length` bytes. */
  copy(bytes: Uint8Array, length: number): Uint8Array {
    return this.copyFrom(bytes, 0, length)
  }

  /** A view that holds a copy of the bytes `from` up to `end`. */
  copyFrom(bytes: Uint8Array, from: number, end: number): Uint8Array {
    const view = this.reserve(end - from)
    copyRange(bytes, from, end, view, 0)
    return view
  }

  /** A view of `length` bytes that are nobody else's. */
  reserve(length: number): Uint8Array {
    if (length > 16_384) return new Uint8Array(length)
    if (this.used + length > this.block.length) this.nextBlock(length)
    const { block, used } = this
    this.used = used + length
    return block.subarray(used, used + length)
  }

  private nextBlock(length: number): void {
    if (this.size < 65_536) this.size *= 2
    this.block = new Uint8Array(Math.max(this.size, length))
    this.used = 0
  }
}

/** Copies the bytes `from` up to `end` to `at`: a loop for few, for which a view and `set` cost more. */
export function copyRange(bytes: Uint8Array, from: number, end: number, to: Uint8Array, at: number): void {
  if (end - from < 160) for (let i = from; i < end; i++) to[at + i - from] = bytes[i]
  else to.set(bytes.subarray(from, end), at)
}
