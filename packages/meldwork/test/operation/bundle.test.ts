/**
 * Bundles of operations: whatever goes in comes out, byte for byte; what comes from others costs no more than it may.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { laneOne, laneOneStart, Reader, Writer } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'
import { mostBytesBundled } from '../../src/operation/bundle.js'
import { bundleOperations, decodeHeader, unbundleOperations } from '../../src/operation/index.js'
import { steps, World } from '../laws/history.js'

const bytesOf = (fill: (writer: Writer) => void): Uint8Array => {
  const writer = new Writer()
  fill(writer)
  return writer.take()
}
const bundle = (operations: readonly Uint8Array[]): Uint8Array | undefined => bundleOperations(operations)?.slice()
const unbundle = (bytes: Uint8Array): Uint8Array[] => unbundleOperations(new Reader(bytes, 'bundle'))
const hex = (operations: readonly Uint8Array[]): string[] => operations.map(bytes => Buffer.from(bytes).toString('hex'))
const sizeOf = (operations: readonly Uint8Array[]): number => operations.reduce((sum, { length }) => sum + length, 0)

/** @returns the bundle, if there is one: then it gives the operations back */
function comesBack(operations: readonly Uint8Array[]): Uint8Array | undefined {
  const bundled = bundle(operations)
  if (bundled === undefined) return undefined
  expect(hex(unbundle(bundled))).toEqual(hex(operations))
  expect(bundled.length).toBeLessThan(sizeOf(operations))
  return bundled
}

/** @returns undefined when it is refused as malformed, which is all that may be thrown */
function attempt(bytes: Uint8Array): Uint8Array[] | undefined {
  try {
    return unbundle(bytes)
  } catch (error) {
    if (hasCode(error, 'data-malformed')) return undefined
    throw error
  }
}

// --- operations of all forms, whether or not they make sense

const ids = ['0102030405060708', 'a1a2a3a4a5a6a7a8', 'ff', '00'.repeat(32)].map(id => Buffer.from(id, 'hex'))
const id = fc.constantFrom(...ids)
const counter = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 31 - 2 }))
const text = fc.oneof(
  fc.nat(2000).map(n => Buffer.from(`obj${n}`)),
  fc.constantFrom('', 'name', '#count', 'é', 'a rather long text that has no end').map(word => Buffer.from(word)),
  fc.uint8Array({ maxLength: 12 }),
)
/** A text, or a place: mostly one of the first few, that may not be one. */
const reference = fc.oneof({ weight: 3, arbitrary: text }, { weight: 1, arbitrary: fc.nat(4) })

type Write = (writer: Writer) => void
const above =
  (low: number, scale: number, of: Uint8Array | number, flag: number): Write =>
  writer => {
    if (typeof of === 'number') writer.varint(of * scale + low + flag)
    else {
      writer.varint(of.length * scale + low)
      writer.raw(of)
    }
  }
const value: fc.Arbitrary<Write> = fc.oneof(
  fc.tuple(fc.constantFrom(0, 2), reference).map(([tag, of]) => above(tag, 8, of, 1)),
  fc.tuple(fc.constantFrom(0, 16), text).map(([flag, of]) => above(7 + flag, 32, of, 0)),
  fc.nat(5).map(
    (place): Write =>
      writer =>
        writer.varint(place * 32 + 15),
  ),
  fc.oneof(fc.nat(100), fc.nat(2 ** 29 - 1)).map(
    (n): Write =>
      writer =>
        writer.varint(n * 8 + 4),
  ),
  fc.boolean().map(
    (is): Write =>
      writer =>
        writer.varint((is ? 8 : 0) + 6),
  ),
  fc.double().map(
    (n): Write =>
      writer => {
        writer.varint(5)
        writer.float64(n)
      },
  ),
  fc.tuple(fc.constantFrom(13, 21), fc.maxSafeNat()).map(
    ([head, n]): Write =>
      writer => {
        writer.varint(head)
        writer.varint(n)
      },
  ),
)
const dot: fc.Arbitrary<Write> = fc.tuple(counter, fc.option(fc.nat(2))).map(([counter, whose]) => writer => {
  writer.varint(counter * 2 + (whose === null ? 0 : 1))
  if (whose !== null) writer.varint(whose)
})
const property = fc.record({
  of: reference,
  deletes: fc.array(dot, { maxLength: 3 }),
  inserts: fc.array(value, { maxLength: 5 }),
})
const subject = fc.record({ of: reference, properties: fc.array(property, { minLength: 1, maxLength: 3 }) })

const formed = fc.record({
  author: id,
  first: fc.option(counter),
  count: fc.integer({ min: 1, max: 5 }),
  check: fc.option(fc.nat(0xffffffff)),
  heads: fc.array(fc.tuple(id, counter), { maxLength: 2 }),
  milliseconds: fc.oneof(fc.integer({ min: 1.7e12, max: 1.7e12 + 50 }), fc.nat(2 ** 43)),
  logical: fc.nat(1023),
  replicas: fc.array(id, { maxLength: 2 }),
  subjects: fc.array(subject, { maxLength: 3 }),
})
/** What this software does not follow: another version, extensions, noise. */
const strange = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 30 }),
  fc.constant(Uint8Array.of(1, 4 + 8 + 16, 1, 9, 1, 0, 0, 1, 2, 1, 7, 0, 2, 0x61, 14, 0x62, 4)),
  fc.constant(Uint8Array.of(2, 8, 1, 9, 1, 0, 0)),
)
type Formed = typeof formed extends fc.Arbitrary<infer T> ? T : never

/** Writes operations one after the other: where nothing else is said, each follows on the one of its replica before. */
function written(list: readonly (Formed | Uint8Array)[]): Uint8Array[] {
  const past = new Map<Uint8Array, { next: number; check: number }>()
  return list.map(each => {
    if (each instanceof Uint8Array) return each
    const before = past.get(each.author)
    const first = each.first ?? before?.next ?? 1
    const bytes = bytesOf(writer => {
      writer.uint8(1)
      const isUsual = each.author.length === 8
      writer.varint((each.heads.length > 0 ? 1 : 0) + (each.count > 1 ? 2 : 0) + (isUsual ? 0 : 8))
      if (isUsual) writer.raw(each.author)
      else writer.block(each.author)
      writer.varint(first)
      if (each.count > 1) writer.varint(each.count)
      if (first > 1) writer.uint32(each.check ?? before?.check ?? 5)
      if (each.heads.length > 0) writer.varint(each.heads.length)
      for (const [replica, counter] of each.heads) {
        writer.block(replica)
        writer.varint(counter)
      }
      writer.varint(each.milliseconds)
      writer.varint(each.logical)
      const areUsual = each.replicas.every(({ length }) => length === 8)
      writer.varint(each.replicas.length * 2 + (areUsual ? 0 : 1))
      for (const replica of each.replicas)
        if (areUsual) writer.raw(replica)
        else writer.block(replica)
      for (const { of, properties } of each.subjects) {
        above(0, 2, of, 1)(writer)
        for (const [i, { of, deletes, inserts }] of properties.entries()) {
          const isSimple = deletes.length === 0 && inserts.length === 1
          above((i === properties.length - 1 ? 2 : 0) + (isSimple ? 4 : 0), 8, of, 1)(writer)
          if (!isSimple) {
            writer.varint(deletes.length * 4 + Math.min(inserts.length, 3))
            if (inserts.length >= 3) writer.varint(inserts.length - 3)
          }
          for (const write of [...deletes, ...inserts]) write(writer)
        }
      }
    })
    past.set(each.author, { next: first + each.count, check: decodeHeaderCheck(bytes) })
    return bytes
  })
}

function decodeHeaderCheck(bytes: Uint8Array): number {
  try {
    return decodeHeader(bytes).check
  } catch {
    return 0
  }
}

const operationList = fc
  .array(fc.oneof({ weight: 9, arbitrary: formed }, { weight: 1, arbitrary: strange }), { minLength: 1, maxLength: 30 })
  .map(written)

/** What clones have written, in a random history. */
function operationsOf(seed: number): Uint8Array[] {
  const world = new World(3)
  const [history] = fc.sample(steps(60, 60), { seed, numRuns: 1 })
  world.run(history, Number.MAX_SAFE_INTEGER)
  world.drain()
  return [...world.log.values()].map(({ bytes }) => bytes)
}

/** One change of a number after the other, as an app makes them. */
const changes = (count: number, subjects = count): Uint8Array[] =>
  written(
    Array.from({ length: count }, (_, i) => ({
      author: ids[0],
      first: null,
      count: 1,
      check: null,
      heads: [],
      milliseconds: 1_760_000_000_000 + 3 * i + (i % 4),
      logical: 0,
      replicas: [ids[1]],
      subjects: [
        {
          of: Buffer.from(`obj${(i * 7) % subjects}`),
          properties: [
            {
              of: Buffer.from('#count'),
              deletes: [(writer: Writer) => [(5 * i + 2) * 2 + 1, 0].forEach(n => void writer.varint(n))],
              inserts: [(writer: Writer) => writer.varint((2 * i + 1) * 8 + 4)],
            },
          ],
        },
      ],
    })),
  )

describe('a bundle of operations', () => {
  test('gives back whatever was bundled, byte for byte', () => {
    let bundled = 0
    const property = fc.property(operationList, operations => {
      if (comesBack(operations) !== undefined) bundled++
    })
    fc.assert(property, { numRuns: fuzz.runs(100) })
    // Else it would say nothing.
    expect(bundled).toBeGreaterThan(fuzz.runs(4))
  })

  test('gives back what clones have written, in a fraction of the bytes', () => {
    const property = fc.property(fc.nat(), fc.integer({ min: 4, max: 60 }), (seed, count) => {
      const operations = operationsOf(seed).slice(0, count)
      const bundled = comesBack(operations)
      if (operations.length >= 20) expect(bundled!.length).toBeLessThan(sizeOf(operations) * 0.75)
    })
    fc.assert(property, { numRuns: 30 })
  })

  test('takes a few bytes for a change that is like others', () => {
    const operations = changes(500)
    expect(sizeOf(operations)).toBeGreaterThan(24_000)
    expect(comesBack(operations)!.length).toBeLessThan(500 * 6)
    // On one subject, it is the time alone.
    expect(comesBack(changes(500, 1))!.length).toBeLessThan(500 * 1.5)
  })

  test('carries what it does not follow as it is', () => {
    const operations = changes(20)
    const newer = Uint8Array.of(2, 8, 1, 9, 1, 0, 0, 7, 7, 7)
    const extended = Uint8Array.of(1, 4 + 8 + 16, 1, 9, 1, 0, 0, 1, 2, 1, 7, 0, 2, 0x61, 14, 0x62, 4)
    const bundled = comesBack([newer, ...operations.slice(0, 10), extended, ...operations.slice(10), newer])!
    expect(bundled.length).toBeLessThan(bundle(operations)!.length + 2 * newer.length + extended.length + 30)
  })

  test('is not made of what is malformed, too long, or hardly shorter', () => {
    const operations = changes(20)
    expect(bundle(operations)).toBeDefined()
    expect(bundle([...operations, operations[0].subarray(0, 33)])).toBeUndefined()
    expect(bundle([])).toBeUndefined()
    expect(bundle(operations.slice(0, 1))).toBeUndefined()
    const beyond = bytesOf(writer => {
      writer.raw(Uint8Array.of(1, 0, 1, 9))
      writer.varint(Number.MAX_SAFE_INTEGER)
      writer.raw(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0))
    })
    expect(bundle([...operations, beyond])).toBeUndefined()
    const long = bytesOf(writer => {
      writer.raw(Uint8Array.of(1, 8, 1, 9, 1, 0, 0, 0))
      writer.varint(2 * 30_000)
      writer.raw(new Uint8Array(30_000))
      writer.raw(Uint8Array.of(14, 0x62, 4))
    })
    expect(comesBack([long, long])).toBeDefined()
    expect(bundle([long, long, long])).toBeUndefined()
    // As much as may be, to the byte.
    const all = [...operations, long, long]
    const rest = bytesOf(writer => writer.raw(new Uint8Array(mostBytesBundled - sizeOf(all)).fill(9)))
    expect(comesBack([...all, rest])).toBeDefined()
    expect(bundle([...all, rest, Uint8Array.of(9)])).toBeUndefined()
  })

  test('is not confused by one that could not be made, or read', () => {
    const operations = changes(10)
    const bundled = comesBack(operations)!
    expect(bundle([...operations, operations[0].subarray(0, 33)])).toBeUndefined()
    expect(attempt(bundled.subarray(0, bundled.length - 1))).toBeUndefined()
    expect(bundle(operations)).toEqual(bundled)
    expect(hex(unbundle(bundled))).toEqual(hex(operations))
  })

  const valid = [changes(60), operationsOf(1), operationsOf(2).slice(0, 8)].map(operations => ({
    operations,
    bundled: bundle(operations)!,
  }))

  test('is refused when it would become something else by a bit, or a part is missing', () => {
    for (const { operations, bundled } of valid) {
      for (let length = 0; length < bundled.length; length++)
        expect(attempt(bundled.subarray(0, length))).toBeUndefined()
      for (let bit = 0; bit < bundled.length * 8; bit++) {
        const damaged = bundled.slice()
        damaged[bit >> 3] ^= 1 << (bit & 7)
        // There are several bundles of the same operations.
        const found = attempt(damaged)
        if (found !== undefined) expect(hex(found), `bit ${bit}`).toEqual(hex(operations))
      }
      expect(attempt(Uint8Array.of(...bundled, 0))).toBeUndefined()
    }
  })

  test('tells texts apart that have one hash', () => {
    const seen = new Map<number, string>()
    let found: [string, string] | undefined
    for (let i = 100_000; found === undefined; i++) {
      const text = `t${i}`
      const hash = [...Buffer.from(text)].reduce(laneOne, laneOneStart(text.length))
      const other = seen.get(hash)
      if (other?.length === text.length) found = [other, text]
      seen.set(hash, text)
    }
    const operations = [...found, ...found, ...found].map(text =>
      bytesOf(writer => {
        writer.raw(Uint8Array.of(1, 8, 1, 9, 1, 0, 0, 0))
        writer.varint(2 * text.length)
        writer.raw(Buffer.from(text))
        writer.raw(Uint8Array.of(14, 0x62, 4))
      }),
    )
    expect(comesBack(operations)).toBeDefined()
  })

  test('is refused when something is left over', () => {
    const operations = changes(40)
    const reader = new Reader(bundle(operations)!, 'bundle')
    const [count, sum, bytes, form] = [reader.varint(), reader.uint32(), reader.block().slice(), reader.uint8()]
    // All of them are followed: a column of zeros.
    expect([count, form]).toEqual([40, 0])
    const columns = reader.raw(reader.remaining)
    const made = (moreBytes: number[], form: number[]) =>
      bytesOf(writer => {
        writer.varint(count)
        writer.uint32(sum)
        writer.block(Uint8Array.of(...bytes, ...moreBytes))
        writer.raw(Uint8Array.from(form))
        writer.raw(columns)
      })
    const zeros = (times: number) => [2 * 4, times * 2 + 1, 0]
    expect(hex(attempt(made([], [0]))!)).toEqual(hex(operations))
    expect(hex(attempt(made([], zeros(40)))!)).toEqual(hex(operations))
    expect(attempt(made([], zeros(41)))).toBeUndefined()
    expect(attempt(made([], [...zeros(40).with(0, 4 * 4), 2, 0]))).toBeUndefined()
    expect(attempt(made([7], [0]))).toBeUndefined()
  })

  test('of any bytes becomes no more than it may, or is refused', () => {
    const damaged = fc
      .tuple(fc.constantFrom(...valid), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }))
      .map(([{ bundled }, changes]) => {
        const bytes = bundled.slice()
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        return bytes
      })
    const property = fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), bytes => {
      const operations = attempt(bytes)
      if (operations === undefined) return
      expect(sizeOf(operations)).toBeLessThanOrEqual(Math.min(mostBytesBundled, bytes.length * 1024))
      for (const { length } of operations) expect(length).toBeGreaterThan(0)
    })
    fc.assert(property, { numRuns: fuzz.runs(500) })
  })

  test('that would become large is refused soon', () => {
    // Columns have no end: these operations are all alike, and have no end either.
    const endless = (count: number, ...columns: number[][]) =>
      bytesOf(writer => {
        writer.varint(count)
        writer.uint32(0)
        writer.varint(0)
        for (const column of columns) {
          writer.varint(column.length * 4)
          writer.raw(Uint8Array.from(column))
        }
        writer.raw(new Uint8Array(200))
      })
    const many = [2, 0xff, 0xff, 0xff, 0xff, 0x7f]
    const started = performance.now()
    for (let i = 0; i < 10; i++) {
      expect(attempt(endless(60_000))).toBeUndefined()
      expect(attempt(endless(60_000, [], [2, 1]))).toBeUndefined()
      // As many heads, replicas, subjects.
      expect(attempt(endless(1, [], [2, 1], [], [], [], [], [], many))).toBeUndefined()
      expect(attempt(endless(1, [], [], [], [], [], [], [], [], [], many))).toBeUndefined()
      expect(attempt(endless(1, [], [], [], [], [], [], [], [], [], [], many))).toBeUndefined()
    }
    // 64 KiB each: a tenth of a second, were it not for a busy machine.
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})
