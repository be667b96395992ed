import { mix } from '../codec/index.js'

/** Replicas fall into so many parts by the first bits of a hash of their ids, and these into buckets of {@link partsInBucket}. */
export const partBits = 12
export const partCount = 2 ** partBits
export const bucketCount = 256
export const partsInBucket = partCount / bucketCount

/**
 * Digests of the parts of a version vector. Two clones that have seen many replicas find what differs by comparing the digests of buckets, then
 * those of the parts of the buckets that differ, and exchange the entries of these: the cost grows with the difference, and not with
 * the number of replicas (a hash tree of two levels; Merkle 1987).
 */
export class VectorParts {
  private readonly ones: Int32Array
  private readonly twos: Int32Array

  /** @param ones the sums, by part, of the first lane of the digests of entries; `twos`: of the second */
  constructor(ones: Int32Array, twos: Int32Array) {
    this.ones = ones
    this.twos = twos
  }

  /** 32 bits over the entries of a part; 0 for none. */
  part(part: number): number {
    return mix(this.ones[part], this.twos[part]) >>> 0
  }

  /** 32 bits over the entries of a bucket; 0 for none. */
  bucket(bucket: number): number {
    let one = 0
    let two = 0
    for (let part = bucket * partsInBucket; part < (bucket + 1) * partsInBucket; part++) {
      one = (one + this.ones[part]) | 0
      two = (two + this.twos[part]) | 0
    }
    return mix(one, two) >>> 0
  }

  /** Of all buckets, in order. */
  get buckets(): number[] {
    return Array.from({ length: bucketCount }, (_, bucket) => this.bucket(bucket))
  }

  /** Of the parts of one bucket, in order. */
  partsOf(bucket: number): number[] {
    return Array.from({ length: partsInBucket }, (_, i) => this.part(bucket * partsInBucket + i))
  }
}
