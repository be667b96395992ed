/**
 * Updates against a plain model: a set of triples, changed by a few obvious lines for each kind of write. After every write the clone has what the model has.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Clone, openClone, type UpdateRequest, type Write } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

const subjects = ['a', 'b', 'c', 'd']
const numbers = ['n', 'm']
const links = ['to', 'at']

/** A triple: a number, or the name of a subject. */
type Triple = readonly [subject: string, property: string, value: number | string]

class Model {
  readonly triples = new Map<string, Triple>()

  add(...triple: Triple): void {
    this.triples.set(triple.join(' '), triple)
  }

  remove(matches: (triple: Triple) => boolean): void {
    for (const [key, triple] of this.triples) if (matches(triple)) this.triples.delete(key)
  }

  all(matches: (triple: Triple) => boolean): Triple[] {
    return [...this.triples.values()].filter(matches)
  }

  get contents(): string[] {
    return [...this.triples.keys()].sort()
  }
}

function contents(clone: Clone): string[] {
  const all: string[] = []
  for (const subject of clone.read({ '@describe': '?s', '@where': { '@id': '?s' } }))
    for (const [key, value] of Object.entries(subject))
      for (const one of key === '@id' ? [] : [value].flat())
        all.push(`${subject['@id']} ${key} ${typeof one === 'object' ? (one as { '@id': string })['@id'] : one}`)
  return all.sort()
}

interface Step {
  readonly write: (clone: Clone) => Promise<unknown>
  readonly model: (model: Model) => void
  readonly text: string
}

const step = (request: Write, model: (model: Model) => void): Step => ({
  write: clone => clone.write(request),
  model,
  text: JSON.stringify(request),
})

const subject = fc.constantFrom(...subjects)
const number = fc.constantFrom(...numbers)
const link = fc.constantFrom(...links)
const value = fc.integer({ min: -2, max: 5 })

const steps: fc.Arbitrary<Step>[] = [
  fc
    .tuple(subject, number, fc.array(value, { minLength: 1, maxLength: 3 }), link, subject)
    .map(([s, n, values, l, t]) =>
      step({ '@id': s, [n]: values, [l]: { '@id': t } }, model => {
        for (const each of values) model.add(s, n, each)
        model.add(s, l, t)
      }),
    ),
  fc
    .tuple(subject, number, value)
    .map(([s, n, v]) =>
      step({ '@delete': { '@id': s, [n]: v } }, model => model.remove(t => t[0] === s && t[1] === n && t[2] === v)),
    ),
  fc.tuple(subject, number, number).map(([s, n, m]) =>
    // Two properties that share no variable go independently of each other.
    step({ '@delete': { '@id': s, [n]: '?', [m === n ? 'to' : m]: '?x' } }, model =>
      model.remove(t => t[0] === s && (t[1] === n || t[1] === (m === n ? 'to' : m))),
    ),
  ),
  fc
    .tuple(subject)
    .map(([s]) =>
      step({ '@delete': { '@id': s } }, model => model.remove(t => t[0] === s || (links.includes(t[1]) && t[2] === s))),
    ),
  fc.tuple(number, value, value).map(([n, least, v]) =>
    step(
      {
        '@where': { '@id': '?s', [n]: { '@value': '?v', '@gt': least } },
        '@delete': { '@id': '?s', [n]: '?v' },
        '@insert': { '@id': '?s', [n]: v, to: { '@id': 'a' } },
      },
      model => {
        const found = model.all(t => t[1] === n && (t[2] as number) > least)
        for (const triple of found) model.triples.delete(triple.join(' '))
        for (const [s] of found) {
          model.add(s, n, v)
          model.add(s, 'to', 'a')
        }
      },
    ),
  ),
  fc.tuple(subject, number, value, value).map(([s, n, v, w]) =>
    step({ '@update': { '@id': s, [n]: [v, w] } }, model => {
      model.remove(t => t[0] === s && t[1] === n)
      model.add(s, n, v)
      model.add(s, n, w)
    }),
  ),
  fc.tuple(subject, number, value).map(([s, n, v]) =>
    step({ '@update': { '@id': s, [n]: { '@plus': v } } }, model => {
      const found = model.all(t => t[0] === s && t[1] === n)
      model.remove(t => t[0] === s && t[1] === n)
      for (const each of found) model.add(s, n, (each[2] as number) + v)
    }),
  ),
  fc.tuple(number, number, value).map(([n, m, v]) =>
    step({ '@where': { '@id': '?s', [n]: '?v' }, '@update': { '@id': '?s', [m]: { '@times': ['?v', v] } } }, model => {
      const found = model.all(t => t[1] === n)
      for (const [s] of found) model.remove(t => t[0] === s && t[1] === m)
      for (const [s, , each] of found) model.add(s, m, (each as number) * v === 0 ? 0 : (each as number) * v)
    }),
  ),
  fc.tuple(link, link).map(([l, k]) =>
    // Without a pattern of its own, the insert names what the delete has found.
    step(
      { '@delete': { '@id': '?s', [l]: '?o' }, '@insert': { '@id': '?o', [k]: { '@id': '?s' } } } as UpdateRequest,
      model => {
        const found = model.all(t => t[1] === l)
        for (const triple of found) model.triples.delete(triple.join(' '))
        for (const [s, , o] of found) model.add(o as string, k, s)
      },
    ),
  ),
  fc.tuple(link, number, value).map(([l, n, v]) =>
    step(
      {
        '@where': [{ '@id': '?s', [l]: '?o' }, { '@optional': { '@id': '?o', [n]: '?v' } }],
        '@delete': { '@id': '?o', [n]: '?v' },
        '@insert': { '@id': '?s', [n]: v },
      },
      model => {
        const found = model.all(t => t[1] === l)
        const gone = found.flatMap(([, , o]) => model.all(t => t[0] === o && t[1] === n))
        for (const triple of gone) model.triples.delete(triple.join(' '))
        for (const [s] of found) model.add(s, n, v)
      },
    ),
  ),
  fc.tuple(subject, number, fc.option(value), link).map(([s, n, v, l]) => ({
    write: (clone: Clone) => clone.patch({ '@id': s, [n]: v, [l]: [] }),
    model: (model: Model) => {
      model.remove(t => t[0] === s && (t[1] === n || t[1] === l))
      if (v !== null) model.add(s, n, v)
    },
    text: `patch ${s} ${n} ${v} ${l}`,
  })),
  fc.tuple(subject, number, value).map(([s, n, v]) => ({
    write: (clone: Clone) => clone.put({ '@id': s, [n]: v }),
    model: (model: Model) => {
      model.remove(t => t[0] === s)
      model.add(s, n, v)
    },
    text: `put ${s} ${n} ${v}`,
  })),
  fc.tuple(subject).map(([s]) => ({
    write: (clone: Clone) => clone.delete(s),
    model: (model: Model) => model.remove(t => t[0] === s || (links.includes(t[1]) && t[2] === s)),
    text: `delete ${s}`,
  })),
]

const open = () => openClone({ domain: 'model.example', store: new MemoryStore(), genesis: true })

describe('updates', () => {
  it('do to a clone what they do to a set of triples', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...steps), { minLength: 1, maxLength: 20 }), async history => {
        const clone = await open()
        const model = new Model()
        for (const { write, model: change, text } of history) {
          void write(clone)
          change(model)
          expect(contents(clone), text).toEqual(model.contents)
        }
        await clone.close()
      }),
    )
  })

  it('are decided on the state before: what one part inserts, another does not match', async () => {
    const clone = await open()
    await clone.write([
      { '@id': 'a', n: 1 },
      { '@id': 'b', n: 2 },
    ])
    await clone.write({
      '@where': { '@id': '?s', n: '?v' },
      '@delete': { '@id': '?s', n: '?v' },
      '@insert': { '@id': '?s', n: { '@plus': ['?v', 1] } },
    })
    expect(contents(clone)).toEqual(['a n 2', 'b n 3'])
    expect(clone.status.value.ticks).toBe(2)
    await clone.close()
  })

  it('say nothing with an empty array', async () => {
    const clone = await open()
    await clone.write({ '@id': 'a', n: 1 })
    await clone.write({ '@delete': [], '@insert': { '@id': 'b', n: 2 } })
    await clone.write({ '@delete': { '@id': 'b' }, '@insert': [], '@update': [] })
    await clone.write({ '@where': { '@id': '?s', n: '?v' }, '@delete': [], '@insert': { '@id': '?s', m: '?v' } })
    expect(contents(clone)).toEqual(['a m 1', 'a n 1'])
    await clone.write({ '@delete': [], '@insert': [], '@update': [] })
    await clone.write({ '@where': { '@id': '?s' }, '@delete': [] })
    expect(contents(clone)).toEqual(['a m 1', 'a n 1'])
    // A pattern that nothing is said in would match everything.
    const refused = clone.write({ '@where': [], '@insert': { '@id': 'c', n: 3 } })
    await expect(refused).rejects.toMatchObject({ code: 'pattern-invalid', facts: { path: "$['@where']" } })
    await clone.close()
  })

  it('keep a value whose new one cannot be calculated', async () => {
    const clone = await open()
    await clone.write({ '@id': 'a', n: [1, 'one'], m: 'x' })
    await clone.write({ '@update': { '@id': 'a', n: { '@plus': 1 } } })
    expect(clone.get('a', 'n')?.n).toEqual(['one', 2])
    await clone.write({ '@where': { '@id': 'a', m: '?m' }, '@update': { '@id': 'a', m: { '@plus': ['?m', 1] } } })
    expect(clone.get('a', 'm')?.m).toBe('x')
    await clone.write({ '@where': { '@id': 'a', m: '?m' }, '@insert': { '@id': 'a', k: { '@plus': ['?m', 1] } } })
    expect(clone.get('a', 'k')).toBeUndefined()
    await clone.close()
  })

  it('make a new subject for each solution, and tell its identifier', async () => {
    const clone = await open()
    await clone.write([
      { '@id': 'a', n: 1 },
      { '@id': 'b', n: 2 },
    ])
    const { ids } = await clone.write({
      '@where': { '@id': '?s', n: '?v' },
      '@insert': { of: { '@id': '?s' }, copy: { '@type': 'Copy', n: '?v' } },
    })
    expect(new Set(ids).size).toBe(4)
    expect(
      clone.read({ '@select': '?n', '@where': { of: { '@id': 'a' }, copy: { '@type': 'Copy', n: '?n' } } }),
    ).toEqual([{ '?n': 1 }])
    await clone.close()
  })

  it.each<[unknown, string, string]>([
    [{ '@update': { name: 'x' } }, 'pattern-invalid', "$['@update']"],
    [{ '@where': { '@id': 'a' } }, 'pattern-invalid', '$'],
    [{ '@delete': undefined }, 'pattern-invalid', '$'],
    [{ '@insert': { '@id': 'a' }, '@when': 1 }, 'pattern-unsupported', "$['@when']"],
    [{ '@delete': { '@id': 'a' }, name: 'x' }, 'pattern-unsupported', '$.name'],
    [{ '@delete': { name: '?' } }, 'pattern-invalid', "$['@delete']['@id']"],
    [{ '@delete': { '@id': 'a', n: { '@lt': 5 } } }, 'pattern-unsupported', "$['@delete'].n['@lt']"],
    [{ '@where': { '@id': '?s', n: '?v' }, '@delete': { '@id': '?t' } }, 'pattern-invalid', "$['@delete']"],
    [{ '@where': { '@id': '?s' }, '@insert': { '@id': '?s', n: '?v' } }, 'pattern-invalid', "$['@insert'].n"],
    [
      { '@where': { '@id': '?s' }, '@insert': { '@id': '?s', n: { '@plus': 1 } } },
      'pattern-invalid',
      "$['@insert'].n['@plus']",
    ],
    [
      { '@where': { '@id': '?s' }, '@insert': { '@id': '?s', n: { '@count': '?s' } } },
      'pattern-unsupported',
      "$['@insert'].n['@count']",
    ],
    [
      { '@where': { '@id': '?s' }, '@insert': { '@id': '?s', '@list': { x: 1 } } },
      'pattern-invalid',
      "$['@insert']['@list'].x",
    ],
    [{ '@insert': { '@id': 'a', n: '?v' } }, 'pattern-unsupported', "$['@insert'].n"],
    [
      {
        '@context': { t: { '@id': 'http://e.example/t', '@container': '@language' } },
        '@update': { '@id': 'a', t: { en: 'x' } },
      },
      'pattern-unsupported',
      "$['@update'].t",
    ],
    [{ '@update': { '@id': 'a', n: { '@plus': ['?v', 1] } } }, 'pattern-invalid', "$['@update'].n['@plus'][0]"],
  ])('%j is refused, and changes nothing', async (request, code, path) => {
    const clone = await open()
    await clone.write({ '@id': 'a', n: 1 })
    const refused = clone.write(request as Write)
    await expect(refused).rejects.toMatchObject({ code, facts: { path } })
    expect(contents(clone)).toEqual(['a n 1'])
    await clone.close()
  })

  it('understand the context that they bring along', async () => {
    const clone = await open()
    const context = { schema: 'http://schema.org/', name: 'schema:name', count: { '@id': 'schema:count' } }
    await clone.write({ '@context': context, '@id': 'a', name: 'A', count: 1 })
    await clone.write({
      '@context': context,
      '@update': { '@id': '?s', count: { '@plus': 1 } },
      '@where': { '@id': '?s', name: 'A' },
    })
    await clone.write({
      '@context': context,
      '@delete': { '@id': 'a', name: '?' },
      '@insert': { '@id': 'a', name: 'B' },
    })
    expect(clone.get('a')).toEqual({ '@id': 'a', 'http://schema.org/name': 'B', 'http://schema.org/count': 2 })
    expect(clone.read({ '@context': context, '@describe': 'a' })).toEqual([{ '@id': 'a', name: 'B', count: 2 }])
    await clone.close()
  })
})
