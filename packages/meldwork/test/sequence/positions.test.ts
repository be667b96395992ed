/**
 * Positions: what a writer inserts stands where it wanted it, no two are the same, what one writes together stays together, texts stay short, and
 * nothing from elsewhere makes it throw or hang.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { isPosition, maxPositionLength, Positions } from '../../src/sequence/index.js'
import { encodeNumber, maxNumber } from '../../src/sequence/position.js'
import { Chance } from '../../src/testkit/chance.js'

const below = (chance: Chance, limit: number): number => chance.whole(0, limit - 1)

const positions = (chance: Chance) => new Positions(length => chance.bytes(length))

/** As `between`, where there must be some. */
function between(writer: Positions, left: string | undefined, right: string | undefined, count = 1): string[] {
  const made = writer.between(left, right, count)
  if (made === undefined) throw new Error(`no position between ${left} and ${right}`)
  return made
}

function insert(writer: Positions, list: string[], index: number, count = 1): string[] {
  const made = between(writer, list[index - 1], list[index], count)
  list.splice(index, 0, ...made)
  return made
}

const lengths = (list: readonly string[]) => ({
  mean: Math.round(list.reduce((sum, { length }) => sum + length, 0) / list.length),
  max: Math.max(...list.map(({ length }) => length)),
})

function expectStrictlyAscending(list: readonly string[]): void {
  for (let i = 1; i < list.length; i++) if (list[i - 1] >= list[i]) throw new Error(`${list[i - 1]} >= ${list[i]}`)
}

const someNumber = fc.oneof(
  fc.integer({ min: -5000, max: 5000 }),
  fc.integer({ min: -maxNumber + 1, max: maxNumber - 1 }),
)

test('numbers are ordered as text as by value', () => {
  fc.assert(
    fc.property(someNumber, someNumber, (a, b) => {
      expect(Math.sign(a - b)).toBe(encodeNumber(a) < encodeNumber(b) ? -1 : encodeNumber(a) > encodeNumber(b) ? 1 : 0)
    }),
    { numRuns: fuzz.runs(5000) },
  )
  for (let i = -300_000; i < 300_000; i++) if (encodeNumber(i) >= encodeNumber(i + 1)) throw new Error(String(i))
})

test('numbers and positions are spelled as the protocol says', () => {
  const numbers = [0, 19, 20, 83, 84, -1, -20, -21, -84, -85].map(encodeNumber)
  expect(numbers).toEqual(['V', 'n', 'o-', 'oz', 'p--', 'U', 'B', 'Az', 'A-', '9zz'])
  const one = new Positions(() => new Uint8Array(8))
  const two = new Positions(() => new Uint8Array(8).fill(63))
  const [a, b] = between(one, undefined, undefined, 2)
  expect([a, b]).toEqual(['N--------V', 'N--------W'])
  const [between1] = between(two, a, b)
  expect(between1).toBe('N--------VNzzzzzzzzV')
  expect(between(one, a, between1)).toEqual(['N--------VNzzzzzzzzUc--------V'])
  expect(between(one, b, undefined)).toEqual(['N--------X'])
  expect(between(one, undefined, a)).toEqual(['N--------U'])
  expect(between(two, between1, b)).toEqual(['N--------VNzzzzzzzzW'])
})

describe('one list, one after the other', () => {
  test('each stands where its writer wanted it', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 5 }), (seed, writers) => {
        const chance = new Chance(seed)
        const all = Array.from({ length: writers }, () => positions(chance))
        const list: string[] = []
        for (let i = 0; i < 200; i++) {
          if (list.length > 0 && below(chance, 5) === 0) list.splice(below(chance, list.length), below(chance, 4))
          const near = below(chance, 3) === 0 ? list.length : below(chance, list.length + 1)
          insert(all[below(chance, writers)], list, near, 1 + below(chance, 3))
        }
        expectStrictlyAscending(list)
        expect(list.every(isPosition)).toBe(true)
      }),
      { numRuns: fuzz.runs(100) },
    )
  })

  const grow = (writers: number, count: number, where: (length: number, chance: Chance) => number) => {
    const chance = new Chance(fuzz.seed)
    const all = Array.from({ length: writers }, () => positions(chance))
    const list: string[] = []
    for (let i = 0; i < count; i++) insert(all[i % writers], list, where(i, chance))
    expectStrictlyAscending(list)
    return lengths(list)
  }
  const end = (length: number) => length
  const start = () => 0
  const random = (length: number, chance: Chance) => below(chance, length + 1)

  test.each([
    ['appended', 1, 10_000, end, 13, 14],
    ['prepended', 1, 10_000, start, 13, 14],
    ['put anywhere', 1, 10_000, random, 40, 90],
    ['put anywhere by five', 5, 10_000, random, 110, 220],
    ['appended by two in turn', 2, 10_000, end, 96, 96],
    ['appended, each in a new session', 2000, 2000, end, 96, 96],
    ['prepended, each in a new session', 2000, 2000, start, 96, 96],
  ] as const)('%s: texts stay short', (_name, writers, count, where, mean, max) => {
    const measured = grow(writers, count, where)
    expect(measured.mean).toBeLessThanOrEqual(mean)
    expect(measured.max).toBeLessThanOrEqual(max)
  })
})

interface Item {
  readonly position: string
  /** What its writer had seen when it was inserted. */
  readonly seen: ReadonlySet<Item>
}

/** Writers that each see some of the others' items, type runs forwards and backwards, and delete. */
class Writers {
  readonly runs: Item[][] = []
  readonly all: Item[] = []
  private readonly chance: Chance
  private readonly writers: { readonly positions: Positions; readonly seen: Set<Item>; readonly deleted: Set<Item> }[]

  constructor(size: number, chance: Chance) {
    this.chance = chance
    this.writers = Array.from({ length: size }, () => ({
      positions: positions(chance),
      seen: new Set(),
      deleted: new Set(),
    }))
  }

  private list(writer: number): Item[] {
    const { seen, deleted } = this.writers[writer]
    return sorted([...seen].filter(item => !deleted.has(item)))
  }

  sync(from: number, to: number): void {
    for (const item of this.writers[from].seen) this.writers[to].seen.add(item)
    for (const item of this.writers[from].deleted) this.writers[to].deleted.add(item)
  }

  delete(writer: number): void {
    const list = this.list(writer)
    if (list.length > 0) this.writers[writer].deleted.add(this.chance.pick(list))
  }

  /** @param how 0: forwards, 1: backwards, 2: at once */
  type(writer: number, at: number, count: number, how: number): void {
    const { seen, positions: own } = this.writers[writer]
    const list = this.list(writer)
    let left = list[(at % (list.length + 1)) - 1]?.position
    let right = list[at % (list.length + 1)]?.position
    const run: Item[] = []
    for (let i = 0; i < (how === 2 ? 1 : count); i++) {
      const before = new Set(seen)
      const items = between(own, left, right, how === 2 ? count : 1).map(position => ({ position, seen: before }))
      if (how === 0) left = items[0].position
      if (how === 1) right = items[0].position
      for (const item of items) seen.add(item)
      run.push(...items)
    }
    this.all.push(...run)
    this.runs.push(how === 1 ? run.reverse() : run)
  }
}

const sorted = (items: readonly Item[]): Item[] =>
  items.toSorted((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0))

test('what one types together stays together: only who has seen it inserts into it, forwards and backwards', () => {
  fc.assert(
    fc.property(fc.nat(), seed => {
      const chance = new Chance(seed)
      const writers = new Writers(5, chance)
      for (let i = 0; i < 40; i++) {
        const writer = below(chance, 5)
        if (below(chance, 6) === 0) writers.delete(writer)
        if (below(chance, 3) === 0) writers.sync(below(chance, 5), writer)
        // Mostly at the ends, where they meet.
        writers.type(writer, below(chance, 2) === 0 ? 0 : below(chance, 1000), 1 + below(chance, 6), below(chance, 3))
      }
      const all = sorted(writers.all)
      for (const run of writers.runs) {
        expectStrictlyAscending(run.map(({ position }) => position))
        for (let i = 1; i < run.length; i++) {
          const [before, after] = [run[i - 1], run[i]]
          for (const other of all) {
            const { position, seen } = other
            if (position <= before.position || position >= after.position) continue
            // What its writer had seen there and deleted is no interleaving.
            if (!seen.has(before) && !seen.has(after) && !after.seen.has(other))
              throw new Error(`${position} stands in a run of another: ${run.map(it => it.position)}`)
          }
        }
      }
    }),
    { numRuns: fuzz.runs(200) },
  )
})

describe('what comes from elsewhere', () => {
  const chance = new Chance(fuzz.seed)
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'-~0Zaz_V56') }),
    fc.constantFrom('', '~', 'x'.repeat(1_000_000), '\u0000', `V${'0'.repeat(8)}V`, `zzzzzzz${'0'.repeat(8)}V`),
    // Legal ones, extreme.
    fc
      .array(fc.tuple(someNumber, fc.constantFrom('--------', 'zzzzzzzz', '00000000'), someNumber), { maxLength: 200 })
      .map(path => {
        let parent = ''
        return path
          .map(([rank, run, index]) => {
            const text = encodeNumber(rank) + (run === parent ? '~' : run) + encodeNumber(index)
            parent = run
            return text
          })
          .join('')
      }),
  )

  test('never throws; what is made is a position and lies between', () => {
    const writer = positions(chance)
    const end = fc.option(anything, { nil: undefined })
    fc.assert(
      fc.property(end, end, fc.integer({ min: 1, max: 5 }), (left, right, count) => {
        const made = writer.between(left, right, count)
        if (made === undefined) return
        expect(made).toHaveLength(count)
        expectStrictlyAscending([
          ...(left === undefined ? [] : [left]),
          ...made,
          ...(right === undefined ? [] : [right]),
        ])
        expect(made.every(isPosition)).toBe(true)
      }),
      { numRuns: fuzz.runs(3000) },
    )
  })

  test('there is room behind whatever position ends the list, unless all its ranks are the greatest', () => {
    const writer = positions(chance)
    fc.assert(
      fc.property(anything, left => {
        if (isPosition(left) && left.length < maxPositionLength / 2) between(writer, left, undefined)
      }),
      { numRuns: fuzz.runs(2000) },
    )
    expect(between(writer, undefined, undefined, 3)).toHaveLength(3)
  })

  test('what is no position, equal neighbours and neighbours in the wrong order leave no room', () => {
    const writer = positions(chance)
    const [a, b] = between(writer, undefined, undefined, 2)
    for (const [left, right] of [
      [a, a],
      [b, a],
      ['', b],
      [a, 'é'],
      ['x'.repeat(maxPositionLength + 1), undefined],
    ] as const)
      expect(writer.between(left, right, 1)).toBeUndefined()
  })

  test('a position has one spelling', () => {
    const [position] = between(positions(chance), undefined, undefined)
    expect(isPosition(position)).toBe(true)
    // The same run named in full below itself; a number with more digits than it needs; something behind it.
    expect(isPosition(`${position}${encodeNumber(0)}${position.slice(1, 9)}${encodeNumber(0)}`)).toBe(false)
    expect(isPosition(`${position}${encodeNumber(0)}~${encodeNumber(0)}`)).toBe(true)
    expect(isPosition(`${position}-`)).toBe(false)
    expect(isPosition('')).toBe(false)
  })
})
