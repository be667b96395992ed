/**
 * Lists in requests, against an array: inserts by index, deletes by index and by item, moves by slot, replacements, patches; after each the clone reads what the
 * array has, in every form of reading.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Clone, openClone, type UpdateRequest, type Write } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

const open = () => openClone({ domain: 'lists.example', store: new MemoryStore(), genesis: true })
const items = (clone: Clone, id = 'l') => clone.get(id)?.['@list'] ?? []

type Change = (clone: Clone, model: string[]) => string[]

const write = (clone: Clone, request: Write): void => void clone.write(request)
const text = fc.constantFrom('a', 'b', 'c')
const place = fc.nat(8)

const changes: fc.Arbitrary<Change>[] = [
  fc.tuple(place, fc.array(text, { minLength: 1, maxLength: 3 })).map(([at, added]) => (clone, model) => {
    write(clone, { '@id': 'l', '@list': { [at]: added } })
    return [...model.slice(0, at), ...added, ...model.slice(at)]
  }),
  // Two places at once: both mean the list before.
  fc.tuple(place, place, text, text).map(([one, two, first, second]) => (clone, model) => {
    const [low, high] = one <= two ? [one, two] : [two, one]
    if (low === high) return model
    write(clone, { '@id': 'l', '@list': { [low]: first, [high]: second } })
    const at = (index: number) => Math.min(index, model.length)
    return [...model.slice(0, at(low)), first, ...model.slice(at(low), at(high)), second, ...model.slice(at(high))]
  }),
  fc.tuple(place).map(([at]) => (clone, model) => {
    write(clone, { '@delete': { '@id': 'l', '@list': { [at]: '?' } } })
    return model.filter((_, index) => index !== at)
  }),
  fc.tuple(text).map(([item]) => (clone, model) => {
    write(clone, { '@delete': { '@id': 'l', '@list': { '?': item } } })
    return model.filter(each => each !== item)
  }),
  // A move: the slot is deleted and inserted by the same write.
  fc.tuple(place, place).map(([from, to]) => (clone, model) => {
    const slot = { '@id': '?slot', '@item': '?item' }
    write(clone, {
      '@where': { '@id': 'l', '@list': { [from]: slot } },
      '@delete': { '@id': 'l', '@list': { [from]: slot } },
      '@insert': { '@id': 'l', '@list': { [to]: slot } },
    } as UpdateRequest)
    if (from >= model.length) return model
    const at = Math.min(to, model.length)
    const rest = model.filter((_, index) => index !== from)
    rest.splice(at > from ? at - 1 : at, 0, model[from])
    return rest
  }),
  fc.tuple(place, text).map(([at, item]) => (clone, model) => {
    if (at >= model.length) return model
    write(clone, { '@update': { '@id': 'l', '@list': { [at]: item } } })
    return model.map((each, index) => (index === at ? item : each))
  }),
  fc.tuple(fc.array(text, { maxLength: 3 }), fc.boolean()).map(([all, asPatch]) => clone => {
    if (asPatch) void clone.patch({ '@id': 'l', '@list': all })
    else write(clone, { '@update': { '@id': 'l', '@list': all } })
    return all
  }),
]

describe('a list in requests', () => {
  it('is an array', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...changes), { minLength: 1, maxLength: 25 }), async history => {
        const clone = await open()
        await clone.write({ '@id': 'l', '@list': [] })
        let model: string[] = []
        for (const change of history) {
          model = change(clone, model)
          expect(items(clone)).toEqual(model)
          const indexed = clone.read({
            '@select': ['?i', '?x'],
            '@where': { '@id': 'l', '@list': { '?i': '?x' } },
            '@orderBy': '?i',
          })
          expect(indexed).toEqual(model.map((item, index) => ({ '?i': index, '?x': item })))
        }
        for (const item of ['a', 'b', 'c']) {
          const found = clone.read({ '@select': ['?l', '?i'], '@where': { '@id': '?l', '@list': { '?i': item } } })
          const expected = model.flatMap((each, index) =>
            each === item ? [{ '?l': { '@id': 'l' }, '?i': index }] : [],
          )
          expect(found).toHaveLength(expected.length)
          expect(found).toEqual(expect.arrayContaining(expected))
        }
        await clone.close()
      }),
    )
  })

  it('can be joined with what its items are', async () => {
    const clone = await open()
    await clone.write({
      '@id': 'team',
      members: { '@list': [{ '@id': 'ann', age: 30 }, { '@id': 'bob', age: 20 }, { '@id': 'ann' }] },
    })
    const where = { '@id': 'team', members: { '@list': { '?i': { '@id': '?m', age: { '@gt': 25 } } } } }
    expect(clone.read({ '@select': ['?i', '?m'], '@where': where, '@orderBy': '?i' })).toEqual([
      { '?i': 0, '?m': { '@id': 'ann' } },
      { '?i': 2, '?m': { '@id': 'ann' } },
    ])
    expect(
      clone.read({ '@select': '?m', '@where': { '@id': 'team', members: { '@list': { '1': { '@id': '?m' } } } } }),
    ).toEqual([{ '?m': { '@id': 'bob' } }])
    await clone.delete('ann')
    const [team] = clone.read({ '@describe': 'team', '@depth': 2 })
    expect((team.members as { '@list'?: unknown })['@list']).toEqual([{ '@id': 'bob' }])
    await clone.close()
  })

  it('goes with its slots, and a slot belongs to one list', async () => {
    const clone = await open()
    await clone.write([
      { '@id': 'l', '@list': ['a', 'b'] },
      { '@id': 'k', '@list': ['c'] },
    ])
    const [{ '?s': slot }] = clone.read({
      '@select': '?s',
      '@where': { '@id': 'l', '@list': { '0': { '@id': '?s', '@item': 'a' } } },
    })
    const moved = { '@id': 'k', '@list': { '0': { '@id': (slot as { '@id': string })['@id'], '@item': 'a' } } }
    await expect(clone.write(moved)).rejects.toMatchObject({ code: 'pattern-unsupported' })
    expect(items(clone, 'k')).toEqual(['c'])
    await clone.delete('l')
    await clone.delete('k')
    expect([...clone.quads()]).toEqual([])
    await clone.close()
  })
})
