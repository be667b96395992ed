import { laneOne, laneOneStart } from '../codec/index.js'

/** Texts that stand in bytes, each once, in the order in which they came: an open-addressing table over their bytes. */
export class BundleTexts {
  private bytes: Uint8Array = none
  readonly starts: number[] = []
  readonly lengths: number[] = []
  private readonly hashes: number[] = []
  private slots = new Int32Array(256)

  /** Begins anew. @param bytes in which all texts stand */
  clear(bytes: Uint8Array): void {
    this.bytes = bytes
    this.starts.length = 0
    this.lengths.length = 0
    this.hashes.length = 0
    this.slots.fill(0)
  }

  get count(): number {
    return this.starts.length
  }

  /** @returns the number of the text that stands there: {@link count} as it was, when it is a new one */
  find(start: number, length: number): number {
    const { bytes } = this
    let hash = laneOneStart(length)
    for (let at = start; at < start + length; at++) hash = laneOne(hash, bytes[at])
    const mask = this.slots.length - 1
    let slot = slotOf(hash, mask)
    for (let found = this.slots[slot]; found > 0; found = this.slots[slot]) {
      if (this.hashes[found - 1] === hash && this.isSame(found - 1, start, length)) return found - 1
      slot = (slot + 1) & mask
    }
    this.starts.push(start)
    this.lengths.push(length)
    this.hashes.push(hash)
    this.slots[slot] = this.count
    if (this.count * 2 > mask) this.grow()
    return this.count - 1
  }

  /** Whether a text stands there. */
  isSame(text: number, start: number, length: number): boolean {
    return this.lengths[text] === length && this.sharedWith(text, start, length) === length
  }

  /** How many bytes what stands there has in common with a text, from the beginning. */
  sharedWith(text: number, start: number, length: number): number {
    const { bytes } = this
    const most = Math.min(length, this.lengths[text])
    const from = this.starts[text]
    let shared = 0
    while (shared < most && bytes[from + shared] === bytes[start + shared]) shared++
    return shared
  }

  private grow(): void {
    this.slots = new Int32Array(this.slots.length * 4)
    const mask = this.slots.length - 1
    this.hashes.forEach((hash, text) => {
      let slot = slotOf(hash, mask)
      while (this.slots[slot] > 0) slot = (slot + 1) & mask
      this.slots[slot] = text + 1
    })
  }
}

const none = new Uint8Array(0)

const slotOf = (hash: number, mask: number): number => (hash ^ (hash >>> 15)) & mask
