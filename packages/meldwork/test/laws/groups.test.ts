/**
 * Groups of entries: what goes to the store together comes back entry by entry, by its ticks; out of a damaged group comes what is whole; and a journal whose entries
 * stand in groups is the same as one where each stands alone, but for the keys that can be deleted.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { check32, Writer } from '../../src/codec/index.js'
import {
  encodeEntry,
  entriesAt,
  groupsOf,
  Journal,
  journalKey,
  ticksOf,
  wholeOperations,
} from '../../src/journal/index.js'
import { decodeHeader, encodeHeader } from '../../src/operation/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

const runs = (normal: number) => ({ numRuns: fuzz.runs(normal) })

/** What could be an entry: nothing is known of it here but its version. Its check is not looked at. */
function entryOf(length: number, fill: number): Uint8Array {
  const entry = new Uint8Array(length + 2).fill(fill)
  entry.fill(1, 0, 2)
  return entry
}
const entry = fc.tuple(
  fc.oneof({ weight: 5, arbitrary: fc.nat(200) }, fc.integer({ min: 15_000, max: 17_500 }), fc.constant(40_000)),
  fc.nat(255),
)

/** What is committed together: entries, or things without one, each with its distance to the one before. */
const committed = fc
  .tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.array(
      fc.record({
        step: fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, fc.constant(2)),
        entry: fc.option(entry, { freq: 12 }),
      }),
      { maxLength: 40, size: 'max' },
    ),
    fc.nat(600),
  )
  .map(([first, some, more]) => {
    let ticks = first
    const all = some.map(({ step, entry }) => {
      ticks += step
      return { ticks, entry: entry === null ? undefined : entryOf(...entry), check: ticks, group: 0 }
    })
    for (let i = 0; i < more; i++) all.push({ ticks: ++ticks, entry: entryOf(i % 3, i), check: 0, group: 0 })
    return all
  })

describe('groups', () => {
  test('hold every entry once, in order, under the ticks that each is told', () => {
    const property = fc.property(committed, all => {
      const groups = groupsOf(all)
      const found = groups.flatMap(({ key, value }) => {
        const entries = entriesAt(key, value)
        expect(entries.at(-1)![0]).toBe(ticksOf(key))
        expect(all.filter(({ group, entry }) => entry && group === ticksOf(key)).map(({ ticks }) => ticks)).toEqual(
          entries.map(([ticks]) => ticks),
        )
        return entries
      })
      const given = all.filter(({ entry }) => entry !== undefined)
      expect(found.map(([ticks]) => ticks)).toEqual(given.map(({ ticks }) => ticks))
      expect(found.every(([, entry], at) => Buffer.compare(entry, given[at].entry!) === 0)).toBe(true)
      const keys = groups.map(({ key }) => key)
      expect(keys).toEqual([...new Set(keys)].sort())
    })
    fc.assert(property, runs(200))
  })

  test('are as few as their bounds allow', () => {
    const property = fc.property(committed, all => {
      const groups = groupsOf(all).map(({ key, value }) => entriesAt(key, value))
      const bytes = (entries: (typeof groups)[number]) => entries.reduce((sum, [, { length }]) => sum + length, 0)
      for (const [at, group] of groups.entries()) {
        expect(group.length).toBeLessThanOrEqual(256)
        if (group.length > 1) expect(bytes(group)).toBeLessThanOrEqual(32 * 1024)
        const next = groups[at + 1]
        if (next === undefined || next[0][0] !== group.at(-1)![0] + 1) continue
        // The first of the next one has not fitted.
        expect(group.length === 256 || bytes([...group, next[0]]) > 32 * 1024).toBe(true)
      }
    })
    fc.assert(property, runs(200))
  })

  test('leave an entry that is alone as it is', () => {
    const alone = { ticks: 7, entry: entryOf(30, 1), check: 0, group: 0 }
    expect(groupsOf([alone])).toEqual([{ key: journalKey(7), value: alone.entry }])
    expect(groupsOf([{ ticks: 7, entry: undefined, check: 0, group: 0 }])).toEqual([])
    expect(groupsOf([])).toEqual([])
  })

  test('that are damaged give what is whole, and nothing else', () => {
    const property = fc.property(
      fc.array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.uint8Array({ maxLength: 5 })), {
        minLength: 2,
        maxLength: 20,
      }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom('changed', 'cut', 'in the middle of something else'),
      (contents, place, bits, damage) => {
        const writer = new Writer()
        const all = contents.map(([operation, removed], at) => {
          writer.reset()
          encodeEntry({ kind: 'operation', operation, removed }, writer)
          return { ticks: at + 1, entry: writer.take(), check: check32(operation), group: 0, operation, removed }
        })
        const [{ value }] = groupsOf(all)
        // With the check of the whole.
        const stored = Uint8Array.of(...value, 1, 2, 3, 4)
        const at = place % stored.length
        const damaged =
          damage === 'cut'
            ? stored.slice(0, at)
            : damage === 'changed'
              ? stored.with(at, stored[at] ^ bits)
              : Uint8Array.of(...stored.subarray(at, at + (bits % 7)), ...stored)
        // Where each stands: a length, itself, a check. What was removed need not be whole; nor need the kind, while it is one of an operation.
        let end = 2
        const whole = all.filter(({ entry: { length }, removed }) => {
          const from = end
          const kind = from + (length > 127 ? 2 : 1) + 1
          end = kind - 1 + length + 4
          if (damage !== 'changed') return damage !== 'cut' || end <= at
          const isRemoved = at >= end - 4 - removed.length && at < end - 4
          return at < from || at >= end || isRemoved || (at === kind && bits % 2 === 0)
        })
        expect(wholeOperations(damaged)).toEqual(whole.map(({ operation }) => operation))
      },
    )
    fc.assert(property, runs(500))
  })
})

/** A journal of one replica whose entries stand in groups of these sizes, in a store. */
async function journalOf(sizes: readonly number[]) {
  const journal = new Journal()
  const store = new MemoryStore()
  await store.open()
  const ticks: number[][] = []
  let count = 0
  for (const size of sizes) {
    const all = Array.from({ length: size }, () => {
      const writer = new Writer()
      encodeHeader(writer, Uint8Array.of(1), ++count, 1, 1, [], 1024)
      const header = decodeHeader(writer.take())
      writer.reset()
      encodeEntry({ kind: 'operation', operation: header.bytes, removed: new Uint8Array(0) }, writer)
      return { ticks: count, entry: writer.take(), check: header.check, group: 0, header }
    })
    await store.batch(groupsOf(all))
    for (const { ticks, entry, group, header } of all) journal.append(ticks, 0, header, entry, 0, true, group)
    ticks.push(all.map(({ ticks }) => ticks))
  }
  // As if it were too much for the memory.
  // biome-ignore lint/complexity/useLiteralKeys: the way to what nobody can ask for
  for (let line = 0; line < count; line++) journal['uncacheOldest']()
  return { journal, store, groups: ticks, count }
}

const sizes = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 9 })), { minLength: 1, maxLength: 12 })
const endless = { operations: 0, bytes: 0, ageMs: Number.POSITIVE_INFINITY }

describe('a journal with groups', () => {
  test('reads any of its operations, and each key once', () => {
    const property = fc.asyncProperty(sizes, fc.func(fc.boolean()), async (sizes, isWanted) => {
      const { journal, store, groups, count } = await journalOf(sizes)
      const wanted = Array.from({ length: count }, (_, at) => at + 1).filter(ticks => isWanted(ticks))
      const reads: string[] = []
      const get = store.get.bind(store)
      store.get = key => {
        reads.push(key)
        return get(key)
      }
      const found: number[] = []
      for await (const operation of journal.read(store, wanted)) found.push(decodeHeader(operation).last)
      expect(found).toEqual(wanted)
      const touched = groups.filter(group => group.some(ticks => wanted.includes(ticks)))
      expect(reads).toEqual(touched.map(group => journalKey(group.at(-1)!)))
    })
    return fc.assert(property, runs(100))
  })

  test('gives what comes after some ticks up to the end of a group', () => {
    const property = fc.asyncProperty(sizes, fc.nat(), fc.integer({ min: 1, max: 10 }), async (sizes, place, most) => {
      const { journal, groups, count } = await journalOf(sizes)
      const after = place % (count + 1)
      const found = journal.after(after, most, 1e9)
      expect(found).toEqual(Array.from(found, (_, at) => after + 1 + at))
      const end = after + found.length
      const ends = groups.map(group => group.at(-1)!)
      // The first end of a group at which it is enough.
      expect(end).toBe(ends.find(ticks => ticks >= Math.min(after + most, count)))
    })
    return fc.assert(property, runs(100))
  })

  test('lets go of a group when nothing in it is needed', () => {
    // What there is a checkpoint of, and how many operations are kept.
    const cuts = fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { minLength: 1, maxLength: 8 })
    const property = fc.asyncProperty(sizes, cuts, fc.integer({ min: 1, max: 9 }), async (sizes, cuts, most) => {
      const { journal, store, groups, count } = await journalOf(sizes)
      let upTo = 0
      for (const [covered, operations] of cuts) {
        upTo = Math.max(upTo, Math.min(covered, count - operations))
        for (;;) {
          const before = journal.count
          const keys = journal.truncate({ ...endless, operations, bytes: 1e9 }, covered, 0, most)
          expect(keys.length).toBeLessThanOrEqual(most)
          await store.batch(keys.map(ticks => ({ key: journalKey(ticks), value: null })))
          if (journal.count === before) break
        }
        expect(journal.count).toBe(count - upTo)
        const stored: number[] = []
        for await (const [key] of store.entries({ gte: '!', lt: '~' })) stored.push(ticksOf(key))
        expect(stored).toEqual(groups.map(group => group.at(-1)!).filter(ticks => ticks > upTo))
      }
      // A state that covers the rest: what is left of a group goes as a whole.
      expect(journal.reset(count + 1, [[0, count]])).toEqual(
        groups.map(group => group.at(-1)!).filter(ticks => ticks > upTo),
      )
    })
    return fc.assert(property, runs(200))
  })

  test('keeps a group whose last entries it does not know, until they are covered', () => {
    const journal = new Journal()
    for (const ticks of [1, 2]) {
      const writer = new Writer()
      encodeHeader(writer, Uint8Array.of(1), ticks, 1, 1, [], 1024)
      journal.append(ticks, 0, decodeHeader(writer.take()), new Uint8Array(0), 0, true, 3)
    }
    expect(journal.keyOf(2)).toBe(journalKey(3))
    expect(journal.truncate(endless, 1, 0, 9)).toEqual([])
    expect(journal.truncate(endless, 2, 0, 9)).toEqual([])
    expect(journal.count).toBe(0)
  })
})
