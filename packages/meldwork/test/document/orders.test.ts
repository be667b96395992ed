import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, type JsonValue, parseJson } from '../../src/codec/index.js'
import { applyPatch, mergeOrders, orderPatch } from '../../src/document/index.js'

const element = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...'abcdefghi') },
  { weight: 1, arbitrary: fc.constantFrom<JsonValue>(1, null, true, ['!x', 'a'], [], parseJson('1.0')) },
)
const order = fc.array(element, { maxLength: 14 })
const identifiers = fc.uniqueArray(fc.constantFrom(...'abcdefghijkl'), { maxLength: 12 })

/** As the rule is written: with positions in an array. */
function slowMerge(into: readonly JsonValue[], from: readonly JsonValue[]): readonly JsonValue[] {
  if (into.length === 0) return from
  const merged = into.map(value => canonicalJson(value))
  const others = from.map(value => canonicalJson(value))
  let pivot = others.findIndex(text => merged.includes(text))
  let at = pivot < 0 ? 0 : merged.indexOf(others[pivot])
  if (pivot < 0) pivot = others.length
  others.forEach((text, position) => {
    if (merged.includes(text)) at = merged.indexOf(text)
    else if (position < pivot) {
      merged.splice(at, 0, text)
      pivot = position
    } else merged.splice(++at, 0, text)
  })
  return merged.map(text => parseJson(text))
}

describe('merging orders', () => {
  it('is as the rule is written', () => {
    fc.assert(
      fc.property(order, order, (into, from) => {
        expect(mergeOrders(into, from)).toEqual(slowMerge(into, from))
      }),
    )
  })

  it('loses nothing, and adds nothing', () => {
    fc.assert(
      fc.property(identifiers, identifiers, (into, from) => {
        const merged = mergeOrders(into, from) as string[]
        expect(merged.filter(id => into.includes(id))).toEqual(into)
        expect([...merged].sort()).toEqual([...new Set([...into, ...from])].sort())
      }),
    )
  })

  it('is idempotent', () => {
    fc.assert(
      fc.property(identifiers, identifiers, (into, from) => {
        const merged = mergeOrders(into, from)
        expect(mergeOrders(merged, from)).toEqual(merged)
        expect(mergeOrders(into, into)).toEqual(into)
      }),
    )
  })

  it('takes time linear in both', () => {
    const into = Array.from({ length: 200_000 }, (_, i) => `a${i}`)
    const from = Array.from({ length: 200_000 }, (_, i) => (i % 2 === 0 ? `a${i}` : `b${i}`))
    expect(mergeOrders(into, from)).toHaveLength(300_000)
  })
})

describe('a patch', () => {
  it('makes one order out of the other', () => {
    fc.assert(
      fc.property(order, order, (before, after) => {
        expect(applyPatch(before, orderPatch(before, after))).toEqual(after)
        expect(orderPatch(after, after)).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  it('says one thing when one thing changed, however long the order is', () => {
    const before = Array.from({ length: 50_000 }, (_, i) => `id${i}`)
    const after = before.toSpliced(30_000, 1, 'new')
    expect(orderPatch(before, after)).toEqual([
      ['d', 1, 30_000],
      ['i', 30_000, ['new']],
    ])
    expect(orderPatch(before, before.toSpliced(10, 0, 'a').toSpliced(40_000, 1))).toEqual([
      ['i', 10, ['a']],
      ['d', 1, 40_000],
    ])
  })

  it('replaces what has nothing in common, in bounded time', () => {
    const before = Array.from({ length: 20_000 }, (_, i) => `a${i}`)
    const after = Array.from({ length: 20_000 }, (_, i) => `b${i}`)
    expect(orderPatch(before, after)).toEqual([
      ['d', 20_000, 0],
      ['i', 0, after],
    ])
  })

  it('may go back, though none made here does', () => {
    expect(
      applyPatch(
        ['a', 'b', 'c'],
        [
          ['i', 3, ['d']],
          ['i', 0, ['z']],
          ['d', 1, 1],
          ['i', 4, ['e']],
        ],
      ),
    ).toEqual(['z', 'b', 'c', 'd', 'e'])
    expect(
      applyPatch(
        ['a', 'b'],
        [
          ['d', 2, 0],
          ['i', 0, ['x', 'y']],
          ['d', 1, 1],
        ],
      ),
    ).toEqual(['x'])
  })

  const broken = [
    '{}',
    'null',
    '"i"',
    '[1]',
    '[[]]',
    '[["i"]]',
    '[["i",0]]',
    '[["i",0,"a"]]',
    '[["i",-1,[]]]',
    '[["i",3,[]]]',
    '[["i",0.5,[]]]',
    '[["i",0.0,[]]]',
    '[["i",9007199254740993,[]]]',
    '[["d",1,2]]',
    '[["d",3,0]]',
    '[["d",-1,1]]',
    '[["d",1]]',
    '[["x",0,[]]]',
    '[["d",1,0,0]]',
    '[["i",0,["a"]],["d",1,3]]',
  ]
  it.each(broken)('is not %s', source => {
    expect(applyPatch(['a', 'b'], parseJson(source))).toBeUndefined()
  })
})
