/**
 * The bytes of an operation: decoding gives back what was encoded, in another clone's ids; and there is one legal encoding, so whatever decodes
 * is encoded again as the same bytes. The forms that would be a second encoding are refused one by one.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Replicas } from '../../src/causality/index.js'
import { Reader, Writer } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'
import { Dictionary } from '../../src/graph/index.js'
import {
  Changes,
  decodeBody,
  decodeHeader,
  deleteStride,
  encodeBody,
  encodeHeader,
  insertStride,
  type OperationName,
  References,
  unknownReplica,
} from '../../src/operation/index.js'
import { TermKind } from '../../src/rdf/index.js'
import { intern, isLegal, objects, properties, spelled, subjects } from './terms-pool.js'

const replicaIds = [0, 1, 2, 3].map(n => Uint8Array.of(n, 7, 7))
const malformed = expect.toSatisfy((error: unknown) => hasCode(error, 'data-malformed'))
const newer = expect.toSatisfy((error: unknown) => hasCode(error, 'data-version'))

/** A clone's ids: `order` makes them differ from clone to clone. */
function ids(order: number) {
  const terms = new Dictionary(isLegal)
  for (let i = 0; i < order; i++) {
    intern(terms, objects[(i * 7) % objects.length])
    terms.property(String(properties[(i * 5) % properties.length].value), true)
  }
  const replicas = new Replicas()
  for (let i = 0; i < replicaIds.length; i++) replicas.add(replicaIds[(i + order) % replicaIds.length])
  return { terms, replicas, author: replicas.find(replicaIds[0]) }
}
type Ids = ReturnType<typeof ids>

function encode({ terms, replicas, author }: Ids, changes: Changes): Uint8Array {
  const writer = new Writer(1)
  encodeBody(writer, changes, terms, replicas, author)
  return writer.take()
}

function decode({ terms, replicas, author }: Ids, bytes: Uint8Array, count: number): Changes {
  const changes = new Changes()
  decodeBody(new Reader(bytes, 'operation'), count, changes, terms, replicas, author)
  return changes
}

function spelledChanges({ terms, replicas }: Ids, changes: Changes): string[] {
  const list: string[] = []
  for (let at = 0; at < changes.deleteLength; at += deleteStride) {
    const [subject, property, , counter, replica] = changes.deletes.slice(at, at + deleteStride)
    const place = `${spelled(terms, subject)} ${terms.propertyText(property)}`
    list.push(`- ${place} ${counter} ${replicas.ids[replica]}`)
  }
  for (let at = 0; at < changes.insertLength; at += insertStride) {
    const [subject, property, object] = changes.inserts.slice(at, at + insertStride)
    list.push(`+ ${spelled(terms, subject)} ${terms.propertyText(property)} ${spelled(terms, object)}`)
  }
  return list
}

const place = fc.tuple(fc.nat(subjects.length - 1), fc.nat(properties.length - 1))
const anyInserts = fc.array(fc.tuple(place, fc.nat(objects.length - 1)), { maxLength: 40, size: 'max' })
const anyDeletes = fc.array(fc.tuple(place, fc.integer({ min: 1, max: 0x7ffffffe }), fc.nat(3)), { maxLength: 30 })

describe('a body', () => {
  test('encode/decode of an operation is the identity, and bytes are canonical', () => {
    const property = fc.property(anyInserts, anyDeletes, fc.nat(20), (inserts, deletes, order) => {
      fc.pre(inserts.length + deletes.length > 0)
      const one = ids(0)
      const changes = new Changes()
      for (const [[s, p], o] of inserts)
        changes.triple(
          intern(one.terms, subjects[s]),
          one.terms.property(String(properties[p].value), true),
          intern(one.terms, objects[o]),
        )
      for (const [[s, p], counter, replica] of deletes) {
        const subject = intern(one.terms, subjects[s])
        changes.delete(subject, one.terms.property(String(properties[p].value), true), 0, counter, replica)
      }
      const bytes = encode(one, changes)
      const other = ids(order)
      const back = decode(other, bytes, changes.counters)
      expect(spelledChanges(other, back)).toEqual(spelledChanges(one, changes))
      expect(encode(other, back)).toEqual(bytes)
      expect(back.counters).toBe(Math.max(1, inserts.length))
    })
    fc.assert(property, { numRuns: fuzz.runs(300) })
  })

  test('of thousands of texts, with the tables for them growing and let go again', () => {
    const one = ids(0)
    const changes = new Changes()
    const property = one.terms.property('#p', true)
    const write = (count: number) => {
      changes.clear()
      for (let i = 0; i < count; i++) {
        const subject = one.terms.iri(`s${i % (count / 2)}`, true)
        changes.triple(subject, property, one.terms.string(`text ${i}`, true))
        changes.delete(subject, property, 0, i + 1, i % 4)
      }
      const bytes = encode(one, changes)
      const other = ids(3)
      expect(Buffer.compare(encode(other, decode(other, bytes, count)), bytes)).toBe(0)
    }
    write(60_000)
    expect(changes.inserts.length).toBeGreaterThan(65_536)
    write(10)
    expect(changes.inserts.length).toBe(30)
    write(100)
  })

  // replicas 0; subject "a"; property "#p"
  const a = [2, 0x61]
  const b = [2, 0x62]
  const p = (flags: number) => [16 + flags, 0x23, 0x70]
  const q = (flags: number) => [16 + flags, 0x23, 0x71]
  const aAgain = [1]
  const last = 2
  const simple = 4
  // the integer 0
  const zero = [4]
  const read = (bytes: readonly number[], count = 1) => {
    const clone = ids(0)
    const body = Uint8Array.from(bytes)
    const changes = decode(clone, body, count)
    expect([...encode(clone, changes)]).toEqual([...bytes])
    return spelledChanges(clone, changes)
  }

  test('the examples that the refused ones are variations of', () => {
    expect(read([0, ...a, ...p(last + simple), ...zero])).toEqual(['+ 0:"a" #p 4:0'])
    expect(read([0, ...a, ...p(last), 4, 2])).toEqual(['- 0:"a" #p 1 0,7,7'])
    const usual = [1, 2, 3, 4, 5, 6, 7, 8]
    expect(decode(ids(0), Uint8Array.from([2, ...usual, ...a, ...p(last), 4, 3, 0]), 1).deleteLength).toBe(deleteStride)
    expect(read([3, 3, 1, 7, 7, ...a, ...p(last), 5, 3, 0, ...zero])).toEqual(['- 0:"a" #p 1 1,7,7', '+ 0:"a" #p 4:0'])
    expect(read([0, ...a, ...p(last), 4, 2, ...b, 8 + 1 + 2, 4, 2])).toHaveLength(2)
    expect(read([0, ...a, ...p(last), 4, 2, ...b, 8 + 1 + last + simple, ...zero])).toHaveLength(2)
    // Deletes of a and b; inserts at b and then a.
    const crossed = [0, ...a, ...p(last), 4, 2, ...b, 8 + 1 + last, 5, 2, ...zero, ...aAgain, 8 + 1 + last + simple]
    expect(read([...crossed, ...zero], 2)).toHaveLength(4)
  })

  test.each<[string, number[], number?]>([
    ['nothing at all', []],
    ['no changes', [0]],
    ['a subject without properties', [0, ...a]],
    ['a property without changes', [0, ...a, ...p(last), 0]],
    ['one insert, not in its short form', [0, ...a, ...p(last), 1, ...zero]],
    ['a property that is not the last, and nothing after it', [0, ...a, ...p(simple), ...zero]],
    ['more bytes than the last subject', [0, ...a, ...p(last + simple), ...zero, 0]],
    ['a count that is not that of its inserts', [0, ...a, ...p(last + simple), ...zero], 2],
    ['a subject twice running', [0, ...a, ...p(last), 4, 2, ...aAgain, 11, 4, 4]],
    ['inserts of a subject apart from its deletes', [0, ...a, ...p(last), 4, 2, ...aAgain, 15, ...zero]],
    ['inserts before deletes', [0, ...a, ...p(last + simple), ...zero, ...b, 11, 4, 2]],
    [
      'inserts behind the deletes of another subject',
      [0, ...a, ...p(last), 4, 2, ...b, 11, 4, 2, ...aAgain, 15, ...zero],
    ],
    ['a property twice running', [0, ...a, ...p(0), 4, 2, 11, 4, 4]],
    ['inserts of a property before deletes', [0, ...a, ...p(simple), ...zero, ...q(last), 4, 2]],
    ['inserts of a property apart', [0, ...a, ...p(0), 4, 2, ...q(0), 4, 2, 8 + 1 + last + simple, ...zero]],
    ['a text again', [0, ...a, ...p(last + simple), ...zero, ...a, 15, ...zero], 2],
    ['a place beyond the texts', [0, 1, ...p(last + simple), ...zero]],
    ['a place of another kind', [0, ...a, ...p(last), 2, 8, 0x78, (2 << 3) + 3], 2],
    ['a literal in place of a string', [0, ...a, ...p(last), 2, 8, 0x78, ((2 * 4 + 1) << 3) + 7, 0], 2],
    ['an unknown kind of literal', [0, ...a, ...p(last + simple), (3 << 3) + 7]],
    ['a text longer than what is left', [0, 20, 0x61]],
    ['an empty IRI', [0, 0, ...p(last + simple), ...zero]],
    ['an IRI with a space', [0, 2, 0x20, ...p(last + simple), ...zero]],
    ['an IRI that is not UTF-8', [0, 2, 0xff, ...p(last + simple), ...zero]],
    ['a typed literal that is a string', [0, ...a, ...p(last + simple), ...literal('\u0002string\0x')]],
    ['a typed literal that is an integer', [0, ...a, ...p(last + simple), ...literal('\u0002integer\u00005')]],
    ['a typed literal without a datatype', [0, ...a, ...p(last + simple), ...literal('x')]],
    ['a language in upper case', [0, ...a, ...p(last + simple), ...literal('FR\0x', 2)]],
    ['a boolean of 2', [0, ...a, ...p(last + simple), 16 + 6]],
    ['a double of an unknown kind', [0, ...a, ...p(last + simple), 24 + 5]],
    ['a double that is an integer', [0, ...a, ...p(last + simple), ...double(5)]],
    ['a double that is -0', [0, ...a, ...p(last + simple), ...double(-0)]],
    ['NaN', [0, ...a, ...p(last + simple), ...double(Number.NaN)]],
    ['infinity', [0, ...a, ...p(last + simple), ...double(Number.NEGATIVE_INFINITY)]],
    ['half a double', [0, ...a, ...p(last + simple), ...double(0.5).slice(0, 5)]],
    ['a small integer in the long form', [0, ...a, ...p(last + simple), 8 + 5, 5]],
    ['a large integer in the short form', [0, ...a, ...p(last + simple), 0x84, 0x80, 0x80, 0x80, 0x10]],
    ['a number in a longer form', [0x80, 0, ...a, ...p(last + simple), ...zero]],
    ['a number of 9 bytes', [0, ...a, ...p(last), 4, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]],
    ['a number above 2^53', [0, ...a, ...p(last), 4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['the counter 0', [0, ...a, ...p(last), 4, 0]],
    ['a counter beyond the greatest', [0, ...a, ...p(last), 4, 0xfe, 0xff, 0xff, 0xff, 0x0f]],
    ['more deletes than bytes', [0, ...a, ...p(last), 0xff, 0xff, 0x7f, 0]],
    ['more inserts than bytes', [0, ...a, ...p(last), 3, 0xff, 0xff, 0x7f], 0x1fffff],
    ['the author as another replica', [3, 3, 0, 7, 7, ...a, ...p(last), 4, 3, 0]],
    ['a replica that is not named', [3, 3, 1, 7, 7, ...a, ...p(last), 4, 2]],
    ['a replica twice', [5, 3, 1, 7, 7, 3, 1, 7, 7, ...a, ...p(last), 8, 3, 0, 3, 1]],
    ['replicas in another order', [5, 3, 1, 7, 7, 3, 2, 7, 7, ...a, ...p(last), 8, 3, 1, 3, 0]],
    ['a replica that is not listed', [0, ...a, ...p(last), 4, 3, 0]],
    ['an empty replica id', [3, 0, ...a, ...p(last), 4, 3, 0]],
    ['more replicas than bytes', [0xff, 0x7f, ...a]],
    ['the usual lengths of ids', [3, 8, 1, 2, 3, 4, 5, 6, 7, 8, ...a, ...p(last), 4, 3, 0]],
    ['a replica id of 33 bytes', [3, 33, ...Array<number>(33).fill(1), ...a, ...p(last), 4, 3, 0]],
  ])('refused: %s', (_, bytes, count = 1) => {
    expect(() => decode(ids(0), Uint8Array.from(bytes), count)).toThrow(malformed)
  })

  test('deletes of a replica unknown here name one that nothing can have', () => {
    const bytes = Uint8Array.from([3, 1, 99, ...a, ...p(last), 4, 3, 0])
    const changes = decode(ids(0), bytes, 1)
    expect(changes.deleteLength).toBe(deleteStride)
    expect(changes.deletes[4]).toBe(unknownReplica)
  })
})

function literal(text: string, kind = 0): number[] {
  const bytes = new TextEncoder().encode(text)
  const writer = new Writer()
  writer.varint((bytes.length * 4 + kind) * 8 + 7)
  writer.raw(bytes)
  return [...writer.take()]
}

function double(value: number): number[] {
  const writer = new Writer()
  writer.uint8(5)
  writer.float64(value)
  return [...writer.take()]
}

function isRefused(bytes: Uint8Array): boolean {
  try {
    decodeHeader(bytes)
    return false
  } catch (error) {
    return hasCode(error, 'data-malformed')
  }
}

const counter = fc.integer({ min: 1, max: 0x3ffffffe })
const id = fc.uint8Array({ minLength: 1, maxLength: 32 })
const anyHeads = fc.uniqueArray(fc.record({ replica: id, counter }), {
  selector: ({ replica }) => Buffer.from(replica).toString('hex'),
  maxLength: 6,
})

describe('a header', () => {
  const write = (...header: Parameters<typeof encodeHeader> extends [unknown, ...infer Rest] ? Rest : never) => {
    const writer = new Writer()
    encodeHeader(writer, ...header)
    return writer.take()
  }

  test('comes back as it went in, and has one encoding', () => {
    const time = fc.maxSafeNat()
    const check = fc.integer({ min: 0, max: 0xffffffff })
    const property = fc.property(
      id,
      counter,
      counter,
      check,
      anyHeads,
      time,
      (replica, first, count, check, heads, time) => {
        const order = (a: OperationName, b: OperationName) => Buffer.compare(a.replica, b.replica)
        const others = heads.filter(head => Buffer.compare(head.replica, replica) !== 0).sort(order)
        const bytes = write(replica, first, count, check, others, time)
        const header = decodeHeader(bytes)
        expect(header).toMatchObject({ bytes, bodyStart: bytes.length, first, last: first + count - 1, time })
        expect(header.previousCheck).toBe(first > 1 ? check : 0)
        expect([...header.replica]).toEqual([...replica])
        expect(header.heads.map(head => [...head.replica, head.counter])).toEqual(
          others.map(head => [...head.replica, head.counter]),
        )
        expect(write(header.replica, first, count, header.previousCheck, header.heads, header.time)).toEqual(bytes)
        // Nothing less than a whole header is one.
        for (let length = 0; length < bytes.length; length++)
          if (!isRefused(bytes.subarray(0, length))) throw new Error(`${length} of ${bytes.length} bytes are a header`)
      },
    )
    fc.assert(property, { numRuns: fuzz.runs(100) })
  })

  test('every byte counts for the check', () => {
    const bytes = write(Uint8Array.of(1, 2), 1, 1, 0, [], 5)
    const checks = new Set([decodeHeader(bytes).check])
    for (let length = 1; length < 50; length++)
      checks.add(decodeHeader(Uint8Array.of(...bytes, ...Array<number>(length).fill(0))).check)
    expect(checks.size).toBe(50)
  })

  // version, flags (8: the id has a length), replica [1], first 1, time 0 0
  test('an extension with an even id, and a flag at an even bit, are kept and ignored', () => {
    const bytes = Uint8Array.of(1, 12, 1, 1, 1, 0, 0, 2, 2, 1, 9, 4, 0)
    expect(decodeHeader(bytes)).toMatchObject({ bodyStart: bytes.length, first: 1, last: 1 })
    expect(decodeHeader(Uint8Array.of(1, 24, 1, 1, 1, 0, 0))).toMatchObject({ bodyStart: 7 })
  })

  test.each<[string, number[]]>([
    ['a newer version', [2, 8, 1, 1, 1, 0, 0]],
    ['a newer version, whatever follows', [2]],
    ['a newer version with flags of its own', [255, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a flag at an odd bit', [1, 40, 1, 1, 1, 0, 0]],
    ['a high flag at an odd bit', [1, 0x88, 0x80, 0x80, 0x80, 2, 1, 1, 1, 0, 0]],
    ['an extension with an odd id', [1, 12, 1, 1, 1, 0, 0, 1, 3, 0]],
  ])('refused as newer: %s', (_, bytes) => {
    expect(() => decodeHeader(Uint8Array.from(bytes))).toThrow(newer)
  })

  test.each<[string, number[]]>([
    ['version 0', [0, 8, 1, 1, 1, 0, 0]],
    ['an empty id', [1, 8, 0, 1, 0, 0]],
    ['the usual length of an id', [1, 8, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0]],
    ['an id of 33 bytes', [1, 8, 33, ...Array<number>(33).fill(1), 1, 0, 0]],
    ['the counter 0', [1, 8, 1, 1, 0, 0, 0]],
    ['no counters', [1, 10, 1, 1, 1, 0, 0, 0]],
    ['one counter, which need not be said', [1, 10, 1, 1, 1, 1, 0, 0]],
    ['counters beyond the greatest', [1, 10, 1, 1, 2, 0xfe, 0xff, 0xff, 0xff, 0x07, 0, 0, 0, 0, 0, 0]],
    ['an empty list of heads', [1, 9, 1, 1, 1, 0, 0, 0]],
    ['more heads than bytes', [1, 9, 1, 1, 1, 9, 1, 2, 1, 0, 0]],
    ['heads out of order', [1, 9, 1, 1, 1, 2, 1, 3, 1, 1, 2, 1, 0, 0]],
    ['a head twice', [1, 9, 1, 1, 1, 2, 1, 3, 1, 1, 3, 2, 0, 0]],
    ['its own head', [1, 9, 1, 1, 1, 1, 1, 1, 1, 0, 0]],
    ['a logical time of 1024', [1, 8, 1, 1, 1, 0, 0x80, 8]],
    ['a time beyond the greatest', [1, 8, 1, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 4, 0]],
    ['an empty list of extensions', [1, 12, 1, 1, 1, 0, 0, 0]],
    ['extensions out of order', [1, 12, 1, 1, 1, 0, 0, 2, 4, 0, 2, 0]],
    ['an extension twice', [1, 12, 1, 1, 1, 0, 0, 2, 2, 0, 2, 0]],
    ['an extension longer than what is left', [1, 12, 1, 1, 1, 0, 0, 1, 2, 5, 0]],
  ])('refused: %s', (_, bytes) => {
    expect(() => decodeHeader(Uint8Array.from(bytes))).toThrow(malformed)
  })
})

describe('references', () => {
  test('agree with a Map, over many operations', () => {
    const references = new References()
    const operation = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 300, size: 'max' })
    const property = fc.property(fc.array(operation, { maxLength: 5 }), operations => {
      for (const ids of operations) {
        references.clear()
        const places = new Map<number, number>()
        for (const id of [...ids, ...ids]) {
          expect(references.place(id)).toBe(places.get(id) ?? -1)
          if (!places.has(id)) places.set(id, places.size)
        }
        expect(references.count).toBe(places.size)
        for (const [id, at] of places) expect(references.at(at)).toBe(id)
      }
    })
    fc.assert(property, { numRuns: fuzz.runs(20) })
  })

  test('start anew when the generations are used up', () => {
    const references = new References()
    const internals = references as unknown as { generation: number }
    references.clear()
    references.place(5)
    internals.generation = 0x7ffffffe
    for (let i = 0; i < 4; i++) {
      references.clear()
      expect([references.place(5), references.place(6), references.place(5)]).toEqual([-1, -1, 0])
    }
    expect(internals.generation).toBeLessThan(10)
  })
})

test('a kind of term is the number that stands in bytes', () => {
  expect(TermKind).toEqual({ iri: 0, string: 1, typed: 2, language: 3, integer: 4, double: 5, boolean: 6 })
})
