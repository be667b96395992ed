/**
 * The digest of a set of pairs, written from `docs/protocol.md` (sections 1 and 4) and not from the engine: from spelled terms, one pair
 * after the other, with nothing kept between them.
 */
import { TermKind } from '../../src/rdf/index.js'

/** A term: its kind, and its text or native value. */
export interface PlainTerm {
  readonly kind: TermKind
  readonly value: string | number | boolean
}

export interface PlainPair {
  readonly subject: PlainTerm
  readonly property: PlainTerm
  readonly object: PlainTerm
  readonly replica: Uint8Array
  readonly counter: number
}

type Lanes = readonly [one: number, two: number]

export function digestOfPairs(pairs: Iterable<PlainPair>): string {
  const sum = [0, 0, 0, 0]
  for (const { subject, property, object, replica, counter } of pairs) {
    const [s, p, o] = [hashOfTerm(subject), hashOfTerm(property), hashOfTerm(object)]
    const t = [0, 1].map(lane => mix(mix(s[lane], p[lane]), o[lane]))
    const [one, two] = lanes(replica, replica.length)
    const r = [mix(one, two), mix(two, one)]
    const pair = [
      mix(t[0] ^ r[0], counter),
      mix(t[1] ^ r[1], counter),
      mix(t[0] + r[1], t[1] ^ counter),
      mix(t[1] + r[0], t[0] ^ counter),
    ]
    pair.forEach((hash, lane) => {
      sum[lane] = (sum[lane] + (hash >>> 0)) % 2 ** 32
    })
  }
  return sum.map(lane => lane.toString(16).padStart(8, '0')).join('')
}

function hashOfTerm({ kind, value }: PlainTerm): Lanes {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= -(2 ** 30) && value < 2 ** 30)
      return [mix(value, TermKind.integer), mix(TermKind.integer, value)]
    const words = new DataView(new ArrayBuffer(8))
    words.setFloat64(0, value)
    const [low, high] = [words.getInt32(4), words.getInt32(0)]
    return [mix(low, high), mix(high, low)]
  }
  const bytes = new TextEncoder().encode(String(value))
  const [one, two] = lanes(bytes, kind)
  return [mix(one, bytes.length), mix(two, bytes.length)]
}

function lanes(bytes: Uint8Array, kind: number): Lanes {
  let one = 0x811c9dc5 ^ kind
  let two = Math.imul(kind + 1, 0x9e3779b1)
  for (const byte of bytes) {
    one = Math.imul(one ^ byte, 0x01000193)
    two = Math.imul(two, 0x2c9277b5) + byte + 1
  }
  return [one, two]
}

function mix(a: number, b: number): number {
  let h = Math.imul(a, 0xcc9e2d51)
  h = Math.imul(h ^ (h >>> 15) ^ b, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
