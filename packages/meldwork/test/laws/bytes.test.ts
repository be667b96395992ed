/**
 * The ground of all formats: what a Writer wrote a Reader reads, in the shortest form only, within its bounds; the hashes that
 * travel are those of the protocol; a slab's views keep their bytes.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { ByteSlab, check32, hexadecimal, mix, Reader, sha256Of, Writer } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'

const runs = (normal: number) => ({ numRuns: fuzz.runs(normal) })
const malformed = expect.toSatisfy((error: unknown) => hasCode(error, 'data-malformed'))
const refused = (read: () => unknown) => expect(read).toThrow(malformed)
const reader = (...bytes: number[]) => new Reader(Uint8Array.from(bytes), 'test')

const max = Number.MAX_SAFE_INTEGER
const uint = fc.oneof(
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 53 }).map(bits => Math.min(max, 2 ** bits)),
  fc.nat(300),
)
const int = fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }))

type Value = readonly [kind: string, write: (writer: Writer) => void, read: (reader: Reader) => unknown, value: unknown]

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: 0, max: 255 }).map(v => ['uint8', (w: Writer) => w.uint8(v), (r: Reader) => r.uint8(), v] as const),
  uint.map(v => ['varint', (w: Writer) => w.varint(v), (r: Reader) => r.varint(), v] as const),
  int.map(v => ['zigzag', (w: Writer) => w.zigzag(v), (r: Reader) => r.zigzag(), v] as const),
  fc
    .integer({ min: 0, max: 0xffffffff })
    .map(v => ['uint32', (w: Writer) => w.uint32(v), (r: Reader) => r.uint32(), v] as const),
  fc.double().map(v => ['float64', (w: Writer) => w.float64(v), (r: Reader) => r.float64(), v] as const),
  fc
    .string({ unit: 'binary', maxLength: 40 })
    .map(v => ['text', (w: Writer) => w.text(v), (r: Reader) => r.text(), v] as const),
  fc
    .uint8Array({ maxLength: 300 })
    .map(v => ['block', (w: Writer) => w.block(v), (r: Reader) => Uint8Array.from(r.block()), v] as const),
  fc
    .uint8Array({ maxLength: 20 })
    .map(v => ['raw', (w: Writer) => w.raw(v), (r: Reader) => Uint8Array.from(r.raw(v.length)), v] as const),
)

describe('a writer and a reader', () => {
  test('agree on every value, in any order, from any capacity', () => {
    const property = fc.property(fc.array(value, { maxLength: 20 }), fc.nat(20), (values, capacity) => {
      const writer = new Writer(capacity)
      writer.uint8(7)
      writer.reset()
      for (const [, write] of values) write(writer)
      const bytes = writer.take()
      expect(bytes.length).toBe(writer.length)
      const outer = new Writer(0)
      outer.section(writer)
      const whole = new Reader(bytes, 'test')
      const section = new Reader(outer.take(), 'test')
      const inner = section.section()
      section.finish()
      for (const [, , read, value] of values) {
        expect(read(whole)).toEqual(value)
        expect(read(inner)).toEqual(value)
      }
      whole.finish()
      inner.finish()
      refused(() => whole.uint8())
    })
    fc.assert(property, runs(200))
  })

  test.each([0, 1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 49 - 1, 2 ** 49, max])(
    '%d is as short as can be',
    n => {
      const writer = new Writer(0)
      writer.varint(n)
      expect(writer.length).toBe(Math.max(1, Math.ceil(n.toString(2).length / 7)))
      expect(new Reader(writer.take(), 'test').varint()).toBe(n)
    },
  )

  test.each([0, -1, 1, 63, -64, 64, 2 ** 31, -(2 ** 31) - 1, 2 ** 52 - 1, -(2 ** 52)])('%d has a zigzag form', n => {
    const writer = new Writer(0)
    writer.zigzag(n)
    expect(new Reader(writer.take(), 'test').zigzag()).toBe(n)
  })

  test('a negative number is taken as its unsigned counterpart, where it has one', () => {
    const writer = new Writer(0)
    writer.uint32(-1)
    expect(new Reader(writer.take(), 'test').uint32()).toBe(0xffffffff)
  })

  test('every number has one form: what reads is what is written', () => {
    const property = fc.property(fc.uint8Array({ minLength: 1, maxLength: 10 }), bytes => {
      const reader = new Reader(bytes, 'test')
      let value: number
      try {
        value = reader.varint()
      } catch (error) {
        expect(error).toEqual(malformed)
        return
      }
      const writer = new Writer()
      writer.varint(value)
      expect(writer.take()).toEqual(bytes.slice(0, reader.at))
    })
    fc.assert(property, runs(500))
  })
})

describe('a reader refuses', () => {
  test.each<[string, () => unknown]>([
    ['a number in a longer form', () => reader(0x80, 0).varint()],
    ['one in a much longer form', () => reader(0x81, 0x80, 0x80, 0).varint()],
    ['one that is cut', () => reader(0x80).varint()],
    ['2^53', () => reader(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10).varint()],
    ['9 bytes', () => reader(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1).varint()],
    ['a number above a bound', () => reader(3).varintUpTo(2, 'it')],
    ['a number above a broken bound', () => reader(1).varintUpTo(2 / 3, 'it')],
    ['nothing', () => reader().varint()],
    ['no byte', () => reader().uint8()],
    ['3 of 4 bytes', () => reader(1, 2, 3).uint32()],
    ['7 of 8 bytes', () => reader(1, 2, 3, 4, 5, 6, 7).float64()],
    ['a block that is longer than what is left', () => reader(3, 1, 2).block()],
    ['a section that is longer than what is left', () => reader(3, 1, 2).section()],
    ['an enormous block', () => reader(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f).block()],
    ['text that is not UTF-8', () => reader(1, 0xff).text()],
    ['an overlong zero', () => reader(2, 0xc0, 0x80).text()],
    ['half a character', () => reader(2, 0xe2, 0x82).text()],
    ['a surrogate', () => reader(3, 0xed, 0xa0, 0x80).text()],
    ['what is left over', () => reader(1).finish()],
    ['to read on behind its end', () => new Reader(Uint8Array.of(1, 2, 3), 'test', 1, 2).raw(2)],
    ['a section that reads on behind its end', () => reader(1, 1, 1).section().raw(2)],
  ])('%s', (_, read) => refused(read))

  test('and says what, and where', () => {
    const reader = new Reader(Uint8Array.of(1, 2, 0x80, 0), 'thing', 2)
    expect(reader.remaining).toBe(2)
    expect(() => reader.varint()).toThrow(
      expect.objectContaining({
        facts: { what: 'thing', offset: 4 },
        message: expect.stringContaining('thing at byte 4'),
      }),
    )
  })

  test('a byte order mark is text like any other', () => {
    expect(reader(3, 0xef, 0xbb, 0xbf).text()).toBe('\ufeff')
  })
})

describe('hashes', () => {
  test('mix is a bijection in each argument, and not symmetric', () => {
    const n = fc.integer()
    const property = fc.property(n, n, n, (a, b, c) => {
      if (a !== b) {
        expect(mix(a, c)).not.toBe(mix(b, c))
        expect(mix(c, a)).not.toBe(mix(c, b))
      }
      expect(Object.is(mix(a, b), mix(a, b) | 0)).toBe(true)
    })
    fc.assert(property, runs(500))
    let symmetric = 0
    for (let i = 1; i < 1000; i++) if (mix(i, i + 1) === mix(i + 1, i)) symmetric++
    expect(symmetric).toBe(0)
  })

  test('the check of bytes is that of the protocol, for any part of them', () => {
    expect([check32(new Uint8Array(0)), check32(Uint8Array.of(1, 2, 3)), check32(Uint8Array.of(1, 2, 4))]).toEqual([
      reference([]),
      reference([1, 2, 3]),
      reference([1, 2, 4]),
    ])
    const property = fc.property(fc.uint8Array({ maxLength: 30 }), fc.nat(5), fc.nat(5), (bytes, before, behind) => {
      const padded = Uint8Array.of(...Array<number>(before).fill(7), ...bytes, ...Array<number>(behind).fill(9))
      expect(check32(bytes)).toBe(reference([...bytes]))
      expect(check32(padded, before, before + bytes.length)).toBe(check32(bytes))
    })
    fc.assert(property, runs(100))
  })

  test('SHA-256 and hexadecimal', () => {
    expect(hexadecimal(sha256Of('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(sha256Of(new TextEncoder().encode('é'))).toEqual(sha256Of('é'))
    expect(hexadecimal(Uint8Array.of(0, 9, 10, 255))).toBe('00090aff')
  })
})

/** `docs/protocol.md`, section 1, with numbers of any size. */
function reference(bytes: readonly number[]): number {
  const word = (n: bigint) => BigInt.asUintN(32, n)
  let one = word(0x811c9dc5n ^ BigInt(bytes.length))
  let two = word(BigInt(bytes.length + 1) * 0x9e3779b1n)
  for (const byte of bytes) {
    one = word((one ^ BigInt(byte)) * 0x01000193n)
    two = word(two * 0x2c9277b5n + BigInt(byte) + 1n)
  }
  let h = word(one * 0xcc9e2d51n)
  h = word((h ^ (h >> 15n) ^ two) * 0x85ebca6bn)
  h ^= h >> 13n
  h = word(h * 0xc2b2ae35n)
  return Number(h ^ (h >> 16n))
}

test('a slab gives copies that stay as they are', () => {
  const property = fc.property(fc.array(fc.oneof(fc.nat(300), fc.nat(40_000)), { maxLength: 60 }), lengths => {
    const slab = new ByteSlab()
    const source = new Uint8Array(40_001)
    const copies = lengths.map((length, i) => {
      source.fill(i)
      return slab.copy(source, length)
    })
    lengths.forEach((length, i) => {
      expect(copies[i].length).toBe(length)
      expect(copies[i].every(byte => byte === i)).toBe(true)
    })
  })
  fc.assert(property, runs(20))
})
