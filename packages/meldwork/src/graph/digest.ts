import { mix } from '../codec/index.js'

/** 128 bits as four unsigned 32-bit numbers. */
export type DigestValue = readonly [number, number, number, number]

/**
 * A digest of a set of pairs (dot, triple) that can be kept up to date: the sum, lane by lane, of a hash of each pair, so that order does not
 * matter and pairs do not cancel (as they would with exclusive or). Equal sets have equal digests on every clone; unequal sets have unequal ones
 * but for an accident of 2^-64. It does not withstand a forger.
 */
export class Digest {
  private readonly lanes = new Int32Array(4)

  /**
   * Adds a pair, or with `sign` -1 takes it away.
   * @param one `two` the two hashes of the triple ({@link tripleHash} of each lane)
   * @param replicaOne `replicaTwo` the two hashes of the dot's replica id
   */
  add(sign: 1 | -1, one: number, two: number, counter: number, replicaOne: number, replicaTwo: number): void {
    const { lanes } = this
    lanes[0] += sign * mix(one ^ replicaOne, counter)
    lanes[1] += sign * mix(two ^ replicaTwo, counter)
    lanes[2] += sign * mix((one + replicaTwo) | 0, two ^ counter)
    lanes[3] += sign * mix((two + replicaOne) | 0, one ^ counter)
  }

  get value(): DigestValue {
    return [this.lanes[0] >>> 0, this.lanes[1] >>> 0, this.lanes[2] >>> 0, this.lanes[3] >>> 0]
  }
}

/** One hash of a triple from the same hash of its three terms. */
export function tripleHash(subject: number, property: number, object: number): number {
  return mix(mix(subject, property), object)
}

export function sameDigest(a: DigestValue, b: DigestValue): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3]
}

/** As 32 hexadecimal digits. */
export function digestText(value: DigestValue): string {
  return value.map(lane => lane.toString(16).padStart(8, '0')).join('')
}
