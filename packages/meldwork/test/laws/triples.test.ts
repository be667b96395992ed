/**
 * The indexed triples against a Map that is searched from end to end: subjects that grow past the wide limit and shrink again, several
 * dots of one triple, hidden triples, blocks let go and used again, postings begun at any moment, marks and sweeps.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Triples } from '../../src/graph/triples.js'
import { wideAbove } from '../../src/graph/wide.js'

interface Triple {
  readonly subject: number
  readonly property: number
  readonly object: number
  readonly dots: Set<string>
  hidden: boolean
}

const subjectIds = [4, 8, 12, 400, 4 * 5000]
const propertyCount = 4
const key = (s: number, p: number, o: number) => `${s} ${p} ${o}`

/** Both, side by side. */
class Pair {
  readonly fast = new Triples()
  readonly slow = new Map<string, Triple>()
  private counter = 0

  insert(subject: number, property: number, object: number, replica: number): void {
    const known = this.slow.get(key(subject, property, object))
    const counter = ++this.counter
    expect(this.fast.isPair(subject, property, object, counter, replica)).toBe(false)
    expect(this.fast.insert(subject, property, object, counter, replica)).toBe(known === undefined)
    expect(this.fast.isPair(subject, property, object, counter, replica)).toBe(true)
    const dot = `${counter} ${replica}`
    if (known !== undefined) known.dots.add(dot)
    else
      this.slow.set(key(subject, property, object), { subject, property, object, dots: new Set([dot]), hidden: false })
  }

  remove(triple: Triple, dot: string): void {
    const { fast } = this
    const [counter, replica] = dot.split(' ').map(Number)
    expect(fast.remove(triple.subject, triple.property, triple.object + 1, counter, replica)).toBe(false)
    expect(fast.remove(triple.subject, triple.property, counter % 2 === 0 ? triple.object : 0, counter, replica)).toBe(
      true,
    )
    triple.dots.delete(dot)
    const isGone = triple.dots.size === 0
    expect([fast.removedObject, fast.removedTriple, fast.removedVisible]).toEqual([
      triple.object,
      isGone,
      !triple.hidden,
    ])
    if (isGone) this.slow.delete(key(triple.subject, triple.property, triple.object))
    expect(fast.remove(triple.subject, triple.property, 0, counter, replica)).toBe(false)
    expect(fast.remove(triple.subject, (triple.property + 1) % propertyCount, 0, counter, replica)).toBe(false)
  }

  setHidden(triple: Triple, hidden: boolean): void {
    expect(this.fast.setHidden(triple.subject, triple.property, triple.object, hidden)).toBe(triple.hidden !== hidden)
    triple.hidden = hidden
  }

  all(subject?: number): Triple[] {
    return [...this.slow.values()].filter(triple => subject === undefined || triple.subject === subject)
  }

  /** Marks every other pair, in no order: what is swept is the rest. */
  sweep(by: number): void {
    const rest: string[] = []
    let i = by
    for (const { subject, property, object, dots } of this.slow.values())
      for (const dot of dots) {
        const [counter, replica] = dot.split(' ').map(Number)
        if (i++ % 3 === 0) rest.push(`${key(subject, property, object)} ${dot}`)
        else expect(this.fast.mark(subject, property, object, counter, replica)).toBe(true)
        expect(this.fast.mark(subject, property, object, counter + 1000, replica)).toBe(false)
      }
    expect(this.fast.mark(4, 0, 99_999, 1, 1)).toBe(false)
    const into: number[] = []
    const length = this.fast.sweep(into)
    expect(rows(into, length, 5).sort()).toEqual(rest.sort())
    // All marks are cleared: everything is swept now.
    expect(this.fast.sweep(into) / 5).toBe(this.all().reduce((sum, { dots }) => sum + dots.size, 0))
  }

  check(indexed: boolean): void {
    const { fast } = this
    const triples = this.all()
    const visible = triples.filter(({ hidden }) => !hidden)
    expect([fast.count, fast.hiddenCount]).toEqual([triples.length, triples.length - visible.length])
    const live = new Set(triples.map(({ subject }) => subject))
    expect(fast.subjectCount).toBe(live.size)
    expect([...fast.subjects()].sort()).toEqual([...live].sort())
    const into: number[] = []
    for (const subject of [...subjectIds, 4 * 9_999_999]) {
      const mine = triples.filter(triple => triple.subject === subject)
      const seen = mine.filter(({ hidden }) => !hidden)
      expect(fast.isSubjectVisible(subject)).toBe(seen.length > 0)
      expect(rows(into, fast.visibleOf(subject, into), 2).sort()).toEqual(
        seen.map(it => `${it.property} ${it.object}`).sort(),
      )
      const pairs = (list: Triple[]) =>
        list.flatMap(it => [...it.dots].map(dot => `${it.property} ${it.object} ${dot} ${it.hidden ? 1 : 0}`)).sort()
      expect(rows(into, fast.pairsOf(subject, -1, into), 5).sort()).toEqual(pairs(mine))
      for (let property = 0; property <= propertyCount; property++) {
        const of = mine.filter(triple => triple.property === property)
        expect(rows(into, fast.pairsOf(subject, property, into), 5).sort()).toEqual(pairs(of))
        const objects = of.filter(({ hidden }) => !hidden).map(({ object }) => `${object}`)
        expect(rows(into, fast.visibleObjects(subject, property, into), 1).sort()).toEqual(objects.sort())
      }
      for (const { property, object, hidden } of mine) {
        expect(fast.isLive(subject, property, object)).toBe(true)
        expect(fast.isVisible(subject, property, object)).toBe(!hidden)
      }
      expect(fast.isLive(subject, 0, 123_456)).toBe(false)
      expect(fast.isVisible(subject, 0, 123_456)).toBe(false)
      expect(fast.setHidden(subject, 0, 123_456, true)).toBe(false)
      expect(fast.remove(subject, 0, 0, 123_456, 1)).toBe(false)
    }
    for (let property = 0; property <= propertyCount; property++) {
      const of = visible.filter(triple => triple.property === property)
      expect(fast.countProperty(property)).toBe(triples.filter(triple => triple.property === property).length)
      if (!indexed && property > 1) continue
      expect(rows(into, fast.pairsWith(property, into), 2).sort()).toEqual(
        of.map(it => `${it.subject} ${it.object}`).sort(),
      )
      for (const object of new Set([...of.map(triple => triple.object), 77])) {
        const subjects = of.filter(triple => triple.object === object).map(({ subject }) => `${subject}`)
        expect(fast.countWith(property, object)).toBe(subjects.length)
        expect(rows(into, fast.subjectsWith(property, object, into), 1).sort()).toEqual(subjects.sort())
      }
    }
  }
}

function rows(list: readonly number[], length: number, stride: number): string[] {
  const found: string[] = []
  for (let at = 0; at < length; at += stride) found.push(list.slice(at, at + stride).join(' '))
  return found
}

const step = fc.tuple(fc.nat(10), fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff))

test(
  'triples, postings and wide subjects agree with brute force',
  () => {
    const property = fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
      const pair = new Pair()
      steps.forEach(([kind, a, b, c], i) => {
        const subject = subjectIds[a % subjectIds.length]
        const mine = pair.all(subject)
        const one = mine[b % Math.max(1, mine.length)]
        const property = b % propertyCount
        pair.fast.expected = 1 + (c % 3)
        if (kind <= 1) pair.insert(subject, property, 1 + (c % 40), b % 3)
        else if (kind <= 3 && one !== undefined) pair.remove(one, [...one.dots][c % one.dots.size])
        else if (kind === 4 && one !== undefined) pair.insert(subject, one.property, one.object, c % 3)
        else if (kind <= 6 && one !== undefined) pair.setHidden(one, c % 2 === 0)
        // Past the wide limit, with one value a property and with many, and back again.
        else if (kind === 7)
          for (let n = 0; n <= c % 60; n++) pair.insert(subject, b % 3 === 0 ? property : n % 4, 1 + c + n, n % 3)
        else if (kind === 8)
          for (const triple of mine.slice(c % 10)) for (const dot of triple.dots) pair.remove(triple, dot)
        else if (kind === 9) pair.sweep(c)
        else if (kind === 10) pair.check(c % 4 === 0)
        if (i % 10 === 9) pair.check(false)
      })
      pair.check(true)
      for (const triple of pair.all()) for (const dot of triple.dots) pair.remove(triple, dot)
      pair.check(true)
    })
    fc.assert(property, { numRuns: fuzz.runs(25) })
  },
  60_000 + fuzz.runs(60_000),
)

describe('the limits', () => {
  test('a subject becomes wide, and narrow again, with any entry found all the way', () => {
    const pair = new Pair()
    for (let n = 0; n < wideAbove + 6; n++) {
      pair.insert(4, n % 7 === 0 ? 0 : 1 + (n % 3), n + 1, 0)
      pair.check(true)
    }
    // One property with a single value, one with several, then none.
    for (const triple of pair.all(4).sort((a, b) => ((a.object * 7) % 11) - ((b.object * 7) % 11))) {
      for (const dot of triple.dots) pair.remove(triple, dot)
      pair.check(true)
    }
    pair.insert(4, 0, 1, 0)
    pair.check(true)
  })

  test('a wide subject whose properties have one value each', () => {
    const fast = new Triples()
    const into: number[] = []
    for (let property = 0; property < 60; property++) fast.insert(4, property, property * 2, property + 1, 0)
    for (let property = 0; property < 60; property++) {
      expect(fast.isLive(4, property, property * 2)).toBe(true)
      expect(fast.isLive(4, property, property * 2 + 1)).toBe(false)
      expect([fast.visibleObjects(4, property, into), into[0]]).toEqual([1, property * 2])
      expect(fast.pairsOf(4, property, into)).toBe(5)
    }
    expect(fast.visibleObjects(4, 99, into)).toBe(0)
    expect(fast.pairsOf(4, 99, into)).toBe(0)
    expect(fast.remove(4, 99, 0, 1, 0)).toBe(false)
    expect(fast.remove(4, 5, 0, 1, 0)).toBe(false)
    for (let property = 0; property < 60; property += 2) expect(fast.remove(4, property, 0, property + 1, 0)).toBe(true)
    for (let property = 0; property < 60; property++)
      expect(fast.isLive(4, property, property * 2)).toBe(property % 2 === 1)
  })

  test('many subjects with one value: few, then more than few, then none', () => {
    const fast = new Triples()
    const into: number[] = []
    expect(fast.countWith(0, 5)).toBe(0)
    for (let n = 1; n <= 40; n++) {
      fast.insert(n * 4, 0, 5, n, 0)
      expect(fast.countWith(0, 5)).toBe(n)
      expect(fast.subjectsWith(0, 5, into)).toBe(n)
    }
    expect(new Set(into).size).toBe(40)
    expect(fast.pairsWith(0, into)).toBe(80)
    for (let n = 40; n >= 1; n--) {
      fast.remove(n * 4, 0, 0, n, 0)
      expect(fast.countWith(0, 5)).toBe(n - 1)
    }
    for (let n = 1; n <= 3; n++) fast.insert(n * 4, 0, 5, n, 0)
    for (let n = 1; n <= 3; n++) fast.remove(n * 4, 0, 0, n, 0)
    expect([fast.countWith(0, 5), fast.subjectsWith(0, 5, into), fast.pairsWith(0, into)]).toEqual([0, 0, 0])
  })

  test('what is let go is used again: memory does not grow with the number of changes', () => {
    const fast = new Triples()
    const round = () => {
      for (let n = 0; n < 2000; n++) fast.insert(4 + (n % 10) * 4, n % 3, n, n + 1, 0)
      for (let n = 0; n < 2000; n++) expect(fast.remove(4 + (n % 10) * 4, n % 3, 0, n + 1, 0)).toBe(true)
    }
    round()
    const { byteSize } = fast
    for (let i = 0; i < 5; i++) round()
    expect(fast.byteSize).toBe(byteSize)
    expect([fast.count, fast.subjectCount]).toEqual([0, 0])
  })
})
