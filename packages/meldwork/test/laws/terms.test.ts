/**
 * The dictionary and its tables against Maps: interning texts and numbers, growing, looking up without adding, and forgetting what came last.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Writer } from '../../src/codec/index.js'
import { Doubles } from '../../src/graph/doubles.js'
import { Dictionary } from '../../src/graph/index.js'
import { Terms } from '../../src/graph/terms.js'
import { TermKind } from '../../src/rdf/index.js'
import { intern, isLegal, objects, plain, properties, spelled, subjects } from './terms-pool.js'

const encoder = new TextEncoder()
const runs = (normal: number) => ({ numRuns: fuzz.runs(normal) })

const kind = fc.constantFrom(TermKind.iri, TermKind.string, TermKind.typed, TermKind.language)
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.nat(60).map(n => `t${n}`),
  fc.nat(200).map(n => 'x'.repeat(n)),
  fc.nat(5).map(n => `\ufeff${'é'.repeat(n)}\0`),
)
const call = fc.oneof(
  { weight: 8, arbitrary: fc.record({ what: fc.constantFrom('text', 'bytes', 'look'), kind, text, back: fc.nat(0) }) },
  fc.record({ what: fc.constantFrom('forget'), kind, text, back: fc.nat(20) }),
)

describe('terms', () => {
  test('are a Map from kind and text to the order of their coming; the last can be forgotten', () => {
    const property = fc.property(fc.array(call, { maxLength: 120, size: 'max' }), calls => {
      const terms = new Terms()
      const order: string[] = ['']
      const name = (kind: TermKind, text: string) => `${kind} ${text}`
      const lanes = new Map<string, string>()
      for (const { what, kind, text, back } of calls) {
        const known = order.indexOf(name(kind, text))
        if (what === 'forget') {
          const end = Math.max(1, order.length - back)
          terms.forget(end)
          order.length = end
        } else if (what === 'look') {
          expect(terms.ofText(kind, text, false)).toBe(Math.max(0, known))
          const bytes = encoder.encode(`?${text}!`)
          expect(terms.ofBytes(kind, bytes, 1, bytes.length - 2, false)).toBe(Math.max(0, known))
        } else {
          const bytes = encoder.encode(text)
          const id =
            what === 'text' ? terms.ofText(kind, text, true) : terms.ofBytes(kind, bytes, 0, bytes.length, true)
          expect(id).toBe(known > 0 ? known : order.length)
          if (known < 0) order.push(name(kind, text))
        }
        expect(terms.end).toBe(order.length)
      }
      for (let id = 1; id < order.length; id++) {
        const [kind, text] = [terms.kind(id), terms.text(id)]
        expect(name(kind, text)).toBe(order[id])
        expect(terms.text(id)).toBe(text)
        const bytes = encoder.encode(text)
        expect(terms.byteLength(id)).toBe(bytes.length)
        expect(Buffer.compare(terms.bytes(id), bytes)).toBe(0)
        const writer = new Writer(0)
        terms.write(id, writer)
        expect(Buffer.compare(writer.take(), bytes)).toBe(0)
        lanes.set(order[id], `${terms.one[id]} ${terms.two[id]}`)
        expect(terms.ofText(kind, text, false)).toBe(id)
      }
      expect(new Set(lanes.values()).size).toBe(order.length - 1)
    })
    fc.assert(property, runs(80))
  })

  test('by the thousand, forgotten and added again, have the same ids and hashes', () => {
    const terms = new Terms()
    const add = () => Array.from({ length: 5000 }, (_, n) => terms.ofText(TermKind.string, `term ${n}`, true))
    const first = add()
    const hashes = [...terms.one.subarray(0, 5001)]
    terms.forget(2500)
    expect(terms.ofText(TermKind.string, 'term 2600', false)).toBe(0)
    expect(terms.ofText(TermKind.string, 'term 2400', false)).toBe(2401)
    expect(add()).toEqual(first)
    expect([...terms.one.subarray(0, 5001)]).toEqual(hashes)
    expect(terms.byteSize).toBeGreaterThan(5000 * 9)
  })
})

describe('doubles', () => {
  test('are a Map from number to the order of their coming; the last can be forgotten', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.nat(40).map(n => n + 0.5),
    )
    const call = fc.tuple(fc.constantFrom('add', 'add', 'add', 'look', 'forget'), number, fc.nat(10))
    const property = fc.property(fc.array(call, { maxLength: 120, size: 'max' }), calls => {
      const doubles = new Doubles()
      const order: number[] = []
      for (const [what, value, back] of calls) {
        if (Object.is(value, -0)) continue
        if (what === 'forget') {
          order.length = Math.max(0, order.length - back)
          doubles.forget(order.length)
        } else {
          if (what === 'add' && !order.includes(value)) order.push(value)
          expect(doubles.of(value, what === 'add')).toBe(order.indexOf(value))
        }
        expect(doubles.count).toBe(order.length)
      }
      order.forEach((value, index) => {
        expect(doubles.at(index)).toBe(value)
        expect(doubles.of(value, false)).toBe(index)
      })
      expect(doubles.byteSize).toBeGreaterThanOrEqual(order.length * 12)
    })
    fc.assert(property, runs(80))
  })
})

describe('a dictionary', () => {
  test('gives back every kind of term as it came', () => {
    const terms = new Dictionary(isLegal)
    const all = [...subjects, ...objects]
    const ids = all.map(term => intern(terms, term))
    expect(new Set(ids).size).toBe(new Set(all.map(it => JSON.stringify(it))).size)
    all.forEach((term, i) => {
      expect(plain(terms, ids[i])).toEqual(term)
      expect(intern(terms, term)).toBe(ids[i])
      if (term.kind >= TermKind.integer) return
      const bytes = encoder.encode(String(term.value))
      expect(terms.byteLength(ids[i])).toBe(bytes.length)
      expect(Buffer.compare(terms.bytesOf(ids[i]), bytes)).toBe(0)
      expect(terms.fromBytes(term.kind, bytes, 0, bytes.length)).toBe(ids[i])
    })
    expect(terms.byteSize).toBeGreaterThan(0)
  })

  test('looks up without adding', () => {
    const terms = new Dictionary(isLegal)
    const mark = terms.mark()
    const unknown = [
      terms.iri('x', false),
      terms.string('x', false),
      terms.typed('#d', 'x', false),
      terms.language('fr', 'x', false),
      terms.integer(2 ** 40, false),
      terms.double(0.5, false),
    ]
    expect(unknown).toEqual(unknown.map(() => 0))
    expect(terms.property('x', false)).toBe(-1)
    terms.iri('x', true)
    expect(terms.property('x', false)).toBe(-1)
    terms.forget(mark)
    expect(terms.mark()).toEqual(mark)
    expect(terms.integer(-0, false)).toBe(terms.integer(0, false))
    expect(terms.native(terms.integer(-0, false))).toBe(0)
  })

  test('forgets what was added since a mark, and nothing else', () => {
    const some = fc.array(fc.nat(objects.length - 1), { maxLength: 40 })
    const property = fc.property(some, some, some, (before, between, after) => {
      const terms = new Dictionary(isLegal)
      const add = (indexes: number[]) =>
        indexes.map(i => {
          const property = properties[i % properties.length]
          return [intern(terms, objects[i]), terms.property(String(property.value), true)]
        })
      const first = add(before)
      const mark = terms.mark()
      const second = add(between)
      terms.forget(mark)
      expect(terms.mark()).toEqual(mark)
      expect(add(before)).toEqual(first)
      expect(terms.mark()).toEqual(mark)
      expect(add(between)).toEqual(second)
      for (const i of [...before, ...between]) expect(spelled(terms, intern(terms, objects[i]))).toBeDefined()
      add(after)
      const known = new Map<number, string>()
      for (const i of [...before, ...between, ...after])
        known.set(intern(terms, objects[i]), JSON.stringify(objects[i]))
      for (const [id, object] of known) expect(JSON.stringify(plain(terms, id))).toBe(object)
      for (let property = 0; property < terms.propertyCount; property++) {
        expect(terms.property(terms.propertyText(property), false)).toBe(property)
        expect(terms.propertyOf(terms.propertyTerm(property))).toBe(property)
      }
    })
    fc.assert(property, runs(80))
  })

  test('takes from bytes only what is legal', () => {
    const terms = new Dictionary(isLegal)
    const mark = terms.mark()
    const illegal: [TermKind, number[]][] = [
      [TermKind.iri, []],
      [TermKind.iri, [0x20]],
      [TermKind.iri, [0xff]],
      [TermKind.iri, [...encoder.encode('http://laws.example/a')]],
      [TermKind.iri, [...encoder.encode('http://www.w3.org/2001/XMLSchema#x')]],
      [TermKind.string, [0xff]],
      [TermKind.string, [0xed, 0xa0, 0x80]],
      [TermKind.typed, [0x61]],
      [TermKind.typed, [...encoder.encode('\u0002double\u00005.0E-1')]],
      [TermKind.typed, [...encoder.encode('\u0001langString\0x')]],
      [TermKind.language, [...encoder.encode('FR\0x')]],
      [TermKind.integer, [0x35]],
      [TermKind.boolean, [...encoder.encode('yes')]],
    ]
    for (const [kind, bytes] of illegal)
      expect([kind, bytes, terms.fromBytes(kind, Uint8Array.from(bytes), 0, bytes.length)]).toEqual([kind, bytes, 0])
    expect(terms.mark()).toEqual(mark)
    expect(terms.fromBytes(TermKind.typed, encoder.encode('\u0002double\u00005.0E0'), 0, 13)).not.toBe(0)
  })
})
