import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SubjectsByObject } from '../../src/graph/subjects-by-object.js'

/** The slow reference. */
class Reference {
  readonly byObject = new Map<number, Set<number>>()
  has(object: number, subject: number) {
    return this.byObject.get(object)?.has(subject) ?? false
  }
  add(object: number, subject: number) {
    this.byObject.set(object, (this.byObject.get(object) ?? new Set()).add(subject))
  }
  remove(object: number, subject: number) {
    this.byObject.get(object)!.delete(subject)
  }
  subjects(object: number) {
    return ascending([...(this.byObject.get(object) ?? [])])
  }
  pairs() {
    return [...this.byObject]
      .flatMap(([object, subjects]) => [...subjects].map(subject => `${subject} ${object}`))
      .sort()
  }
}

const ascending = (numbers: number[]) => numbers.sort((a, b) => a - b)

function expectSame(index: SubjectsByObject, reference: Reference, objects: Iterable<number>) {
  for (const object of objects) {
    const into: number[] = []
    const filled = index.subjects(object, into)
    expect(ascending(into.slice(0, filled))).toEqual(reference.subjects(object))
    expect(index.count(object)).toBe(filled)
  }
  const pairs: number[] = []
  const filled = index.pairs(pairs)
  const named = Array.from({ length: filled / 2 }, (_, i) => `${pairs[2 * i]} ${pairs[2 * i + 1]}`)
  expect(named.sort()).toEqual(reference.pairs())
}

describe('subjects by object', () => {
  const pair = fc.record({
    // Few, so that some have more than a few subjects; and any, of either sign.
    object: fc.oneof(
      fc.integer({ min: 1, max: 6 }),
      fc.integer().filter(object => object !== 0),
    ),
    subject: fc.integer({ min: 1, max: 60 }),
  })

  test('is what a map of sets would be, after whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 400 }), fc.array(fc.nat(), { maxLength: 400 }), (pairs, removals) => {
        const index = new SubjectsByObject()
        const reference = new Reference()
        const there: { object: number; subject: number }[] = []
        const objects = new Set(pairs.map(({ object }) => object))
        for (const [i, each] of pairs.entries()) {
          if (!reference.has(each.object, each.subject)) {
            index.add(each.object, each.subject)
            reference.add(each.object, each.subject)
            there.push(each)
          }
          if (i % 3 !== 2 || there.length === 0 || removals.length === 0) continue
          const [gone] = there.splice(removals[i % removals.length] % there.length, 1)
          index.remove(gone.object, gone.subject)
          reference.remove(gone.object, gone.subject)
        }
        expectSame(index, reference, objects)
        for (const { object, subject } of there) {
          index.remove(object, subject)
          reference.remove(object, subject)
        }
        expectSame(index, reference, objects)
      }),
    )
  })

  test('takes no room for what has gone', () => {
    const index = new SubjectsByObject()
    const empty = index.byteSize
    for (let i = 1; i <= 10_000; i++) index.add(i, 1)
    expect(index.byteSize).toBeGreaterThanOrEqual(10_000 * 12)
    expect(index.byteSize).toBeLessThanOrEqual(10_000 * 24)
    for (let i = 1; i <= 10_000; i++) index.remove(i, 1)
    expect(index.byteSize).toBe(empty)
  })

  test('an object of many subjects, once it has few again, is found as before', () => {
    const index = new SubjectsByObject()
    const reference = new Reference()
    for (let subject = 1; subject <= 40; subject++) {
      index.add(7, subject)
      reference.add(7, subject)
      expectSame(index, reference, [7, 8])
    }
    for (let subject = 1; subject <= 40; subject++) {
      index.remove(7, subject)
      reference.remove(7, subject)
      expectSame(index, reference, [7, 8])
    }
    index.add(7, 1)
    expect(index.count(7)).toBe(1)
    index.remove(7, 1)
    expect(index.count(7)).toBe(0)
  })
})
