/**
 * Chance that can be repeated: numbers that follow from a seed, and look random (mulberry32, by Tommy Ettinger). Not for secrets.
 */
export class Chance {
  private state: number

  constructor(seed: number) {
    this.state = seed | 0
  }

  /** What follows from several numbers and texts: for other ones, something else. */
  static of(...parts: readonly (number | string)[]): Chance {
    return new Chance(Chance.seedOf(...parts))
  }

  /** The seed of {@link of}. */
  static seedOf(...parts: readonly (number | string)[]): number {
    let hash = 0x9e3779b9
    const take = (value: number) => {
      hash = Math.imul(hash ^ value, 0x85ebca6b)
      hash ^= hash >>> 13
      hash = Math.imul(hash, 0xc2b2ae35)
      hash ^= hash >>> 16
    }
    for (const part of parts)
      if (typeof part === 'number') take(part | 0)
      else for (let i = 0; i < part.length; i++) take(part.charCodeAt(i) + 1)
    return hash
  }

  /** From here on, what follows from this seed. */
  restart(seed: number): void {
    this.state = seed | 0
  }

  /** From 0 up to 1, without it. */
  number(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296
  }

  /** A whole number from `least` up to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.number() * (most - least + 1))
  }

  /** Whether something happens that does so in `share` of all cases. */
  happens(share: number): boolean {
    return this.number() < share
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.number() * items.length)]
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.whole(0, 255))
  }

  /** A source of its own, which draws no more from this one. */
  branch(): Chance {
    return new Chance(Math.floor(this.number() * 4294967296))
  }
}
