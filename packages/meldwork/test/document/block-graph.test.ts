import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlockGraph } from '../../src/document/block-graph.js'
import {
  compareBlockIds,
  type Delta,
  decodeDelta,
  encodeDelta,
  recordedRevision,
  revisionOf,
} from '../../src/document/delta.js'
import { decodePack, encodePack, isCountable, withEscapedBraces } from '../../src/document/pack.js'

const name = (n: number): string => n.toString(16).padStart(64, '0')

interface Block {
  readonly id: string
  readonly delta: Delta
}

/** Blocks that follow earlier ones, with packs that are needed, and values that packs hold: value n is in pack n % 4. */
const blocks: fc.Arbitrary<Block[]> = fc
  .array(
    fc.tuple(
      fc.array(fc.nat(20), { maxLength: 3 }),
      fc.array(fc.nat(5), { maxLength: 2 }),
      fc.array(fc.nat(9), { maxLength: 2 }),
    ),
    {
      minLength: 1,
      maxLength: 12,
      size: 'max',
    },
  )
  .map(choices => {
    const made: Block[] = []
    for (const [i, [follows, packs, values]] of choices.entries()) {
      const parents = i === 0 ? [] : [...new Set(follows.map(n => made[n % made.length].id))]
      const index = 1 + Math.max(0, ...parents.map(parent => Number(parent.split('-')[0])))
      const records = values.map(n => ({ object: `o${i}`, parent: undefined, digest: name(100 + n) }))
      const delta = {
        records,
        information: undefined,
        packs: [...new Set(packs)].map(name),
        parents: parents.sort(compareBlockIds),
      }
      made.push({ id: `${index}-${name(1000 + i)}`, delta })
    }
    return made
  })

type Event = { readonly block: Block } | { readonly pack: number }

/** What counts, by the definition. */
function countingOf(events: readonly Event[]): Set<string> {
  const packs = new Set(events.flatMap(event => ('pack' in event ? [event.pack] : [])))
  const known = events.flatMap(event => ('block' in event ? [event.block] : []))
  const counting = new Set<string>()
  for (let before = -1; before < counting.size; ) {
    before = counting.size
    for (const { id, delta } of known) {
      const whole = delta.packs.every(pack => packs.has(Number.parseInt(pack, 16)))
      const readable = delta.records.every(({ digest }) => packs.has((Number.parseInt(digest, 16) - 100) % 4))
      if (whole && readable && delta.parents.every(parent => counting.has(parent))) counting.add(id)
    }
  }
  return counting
}

describe('the graph of blocks', () => {
  test('counts what the definition counts, whatever comes first; and tells what the others miss', () =>
    fc.assert(
      fc.property(
        blocks.chain(all =>
          fc.shuffledSubarray<Event>([...all.map(block => ({ block })), ...[0, 1, 2, 3, 4, 5].map(pack => ({ pack }))]),
        ),
        events => {
          const packs = new Set<number>()
          const graph = new BlockGraph({
            hasPack: digest => packs.has(Number.parseInt(digest, 16)),
            hasValue: digest => packs.has((Number.parseInt(digest, 16) - 100) % 4),
          })
          const applied: string[] = []
          for (const [i, event] of events.entries()) {
            if ('pack' in event) {
              packs.add(event.pack)
              const values = Array.from({ length: 10 }, (_, n) => n).filter(n => n % 4 === event.pack)
              applied.push(
                ...graph.packArrived(
                  name(event.pack),
                  values.map(n => name(100 + n)),
                ),
              )
            } else applied.push(...graph.add(event.block.id, event.block.delta))
            const counting = countingOf(events.slice(0, i + 1))
            expect(new Set(applied)).toEqual(counting)
            expect(applied.length).toBe(counting.size)
          }
          for (const [i, id] of applied.entries())
            expect(graph.get(id)!.parents.every(parent => applied.slice(0, i).includes(parent))).toBe(true)
          const followed = new Set(applied.flatMap(id => graph.get(id)!.parents))
          const inOrder = (ids: string[]): string[] => [...ids].sort(compareBlockIds)
          expect(graph.anchors).toEqual(inOrder(applied.filter(id => !followed.has(id))))
          expect(graph.origins).toEqual(inOrder(applied.filter(id => graph.get(id)!.parents.length === 0)))
          expect([...graph.walk()].map(([id]) => id).sort()).toEqual([...applied].sort())
          expect([...graph.walk()].slice(0, graph.anchors.length).map(([id]) => id)).toEqual(graph.anchors)
          for (const { id, missing } of graph.blocked()) {
            expect(graph.isApplied(id)).toBe(false)
            expect(missing.blocks.length + missing.packs.length + missing.values.length).toBeGreaterThan(0)
          }
        },
      ),
    ))

  test('of the past counts what is wanted, and what comes after it', () =>
    fc.assert(
      fc.property(blocks, fc.nat(20), (all, n) => {
        const keeper = { hasPack: () => true, hasValue: () => true }
        const whole = new BlockGraph(keeper)
        for (const { id, delta } of all) whole.add(id, delta)
        const { id } = all[n % all.length]
        const wanted = whole.ancestors([id])
        const graph = new BlockGraph(keeper, { wanted, known: new Set(whole.ids()) })
        const applied = all.flatMap(block => graph.add(block.id, block.delta))
        expect(new Set(applied)).toEqual(wanted)
        expect(graph.anchors).toEqual([id])
        expect(graph.blocked()).toEqual([])
        const later = `99-${name(1)}`
        expect(graph.add(later, { records: [], information: undefined, packs: [], parents: [id] })).toEqual([later])
        // Made once more, what was left out counts, too.
        for (const block of all) graph.add(block.id, block.delta)
        expect(all.every(block => graph.isApplied(block.id))).toBe(true)
      }),
    ))

  test('is not slow for a long line that comes backwards', () => {
    const graph = new BlockGraph({ hasPack: () => true, hasValue: () => true })
    const id = (n: number): string => `${n}-${name(n)}`
    const count = 20_000
    for (let n = count; n > 1; n--)
      expect(graph.add(id(n), { records: [], information: undefined, packs: [], parents: [id(n - 1)] })).toEqual([])
    expect(graph.add(id(1), { records: [], information: undefined, packs: [], parents: [] }).length).toBe(count)
    expect(graph.anchors).toEqual([id(count)])
  })
})

describe('a delta block', () => {
  const digest = fc.constantFrom('d', 'r', 'e', '41', name(1), name(2))
  const record = fc
    .tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.option(digest), digest)
    .map(([object, before, after]) => ({
      object,
      parent: before === null ? undefined : revisionOf({ object, parent: `1-${before}`, digest: before }).text,
      digest: after,
    }))

  test('is what was encoded, and canonical', () =>
    fc.assert(
      fc.property(
        fc.array(record),
        fc.array(fc.nat(99)),
        fc.array(fc.nat(99)),
        fc.option(fc.string()),
        (records, packs, parents, author) => {
          const delta: Delta = {
            records,
            information: author === null ? undefined : { author },
            packs: [...new Set(packs)].map(name),
            parents: [...new Set(parents)].map(n => `${n + 1}-${name(n)}`).sort(compareBlockIds),
          }
          const bytes = encodeDelta(delta)
          expect(decodeDelta(bytes)).toEqual(delta)
          expect(encodeDelta({ ...delta, parents: [...delta.parents].reverse() })).toEqual(bytes)
        },
      ),
    ))

  test('sorts its parents by their numbers', () => {
    const parents = [`10-${name(1)}`, `2-${name(2)}`, `2-${name(1)}`]
    const text = new TextDecoder().decode(encodeDelta({ records: [], information: undefined, packs: [], parents }))
    expect(text).toBe(`{"p":["2-${name(1)}","2-${name(2)}","10-${name(1)}"]}`)
  })

  test('may hold what is not known, and records that are none', () => {
    const text = ` {"x": 1, "c": [["a", "d"], 7, {}, null], "i": null, "k": [], "p": []} `
    expect(decodeDelta(new TextEncoder().encode(text))).toEqual({
      records: [{ object: 'a', parent: undefined, digest: 'd' }],
      information: undefined,
      packs: [],
      parents: [],
    })
  })

  test('never makes anything but an error of its own out of any bytes', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map(text => new TextEncoder().encode(text)),
        ),
        bytes => {
          try {
            decodeDelta(bytes)
          } catch (error) {
            expect(error).toMatchObject({ code: 'block-malformed' })
          }
        },
      ),
    ))

  test('names revisions exactly: what is not written so is none', () => {
    const good = ['1-d', '1-41', `2-e_0123abc`, `4294967295-${name(3)}_0123abc`, `2-Δ${name(1)}~${name(2)}_0123abc`]
    for (const text of good) expect(recordedRevision(text)?.text).toBe(text)
    for (const text of [
      '',
      '0-d',
      '01-d',
      '1-d_0123abc',
      '2-d',
      '2-d_0123ab',
      '4294967296-d_0123abc',
      'x1-d',
      '1-d ',
      '1-a_b',
      '2-é_0123abc',
    ])
      expect(recordedRevision(text), text).toBeUndefined()
  })
})

describe('a pack', () => {
  test('is sorted, and its objects are found again', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.dictionary(fc.string(), fc.string()).map(value => JSON.stringify(value))),
        texts => {
          const objects = texts.map((text, i) => ({ digest: name(i), text }))
          const { bytes, entries } = encodePack(objects)
          expect(encodePack([...objects].reverse()).bytes).toEqual(bytes)
          const found = decodePack(bytes).entries.map(({ from, to }) =>
            new TextDecoder().decode(bytes.subarray(from, to)),
          )
          expect(found).toEqual(texts)
          expect(entries.map(({ from, to }) => new TextDecoder().decode(bytes.subarray(from, to)))).toEqual(texts)
        },
      ),
    ))

  test('with escaped braces says the same, and misleads nobody who counts braces', () =>
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.constantFrom('{', '}', '}{', '\\{', '"}'))),
        value => {
          const text = JSON.stringify(value)
          const escaped = withEscapedBraces(text)
          expect(JSON.parse(escaped)).toEqual(value)
          expect(isCountable(escaped)).toBe(true)
          expect(decodePack(encodePack([{ digest: name(1), text }]).bytes).miscounted.length).toBe(
            isCountable(text) ? 0 : 1,
          )
        },
      ),
    ))
})
