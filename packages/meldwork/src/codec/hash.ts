/**
 * Fast, seedless hashes for hash tables, digests and checks against accident. None of them withstands a forger.
 * All arithmetic is on int32 lanes, so that results are the same on every platform; `docs/protocol.md` specifies them, since
 * digests travel.
 */

/** One step of mixing: a bijection of `a` for each `b`, and of `b` for each `a`. Not symmetric: `mix(b, a)` is another hash. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a, 0xcc9e2d51)
  h = Math.imul(h ^ (h >>> 15) ^ b, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** The start of both lanes of {@link laneOne} and {@link laneTwo}, for a sequence of bytes that has a kind. */
export const laneOneStart = (kind: number): number => 0x811c9dc5 ^ kind
export const laneTwoStart = (kind: number): number => Math.imul(kind + 1, 0x9e3779b1)
/** Takes in one byte: FNV-1a. */
export const laneOne = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193)
/** Takes in one byte: a multiplicative hash with another constant, so that collisions of the lanes are independent. */
export const laneTwo = (hash: number, byte: number): number => (Math.imul(hash, 0x2c9277b5) + byte + 1) | 0

/** The check of an operation: 32 bits, unsigned, of bytes `from` up to `to`. */
export function check32(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let one = laneOneStart(to - from)
  let two = laneTwoStart(to - from)
  for (let i = from; i < to; i++) {
    one = laneOne(one, bytes[i])
    two = laneTwo(two, bytes[i])
  }
  return mix(one, two) >>> 0
}

/** As {@link check32}, with 64 bits: for telling parts of something large from each other. */
export function check64(bytes: Uint8Array): readonly [number, number] {
  let one = laneOneStart(bytes.length)
  let two = laneTwoStart(bytes.length)
  for (let i = 0; i < bytes.length; i++) {
    one = laneOne(one, bytes[i])
    two = laneTwo(two, bytes[i])
  }
  return [mix(one, two) >>> 0, mix(two, one) >>> 0]
}
