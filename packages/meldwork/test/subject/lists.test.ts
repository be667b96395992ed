import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type PatchSink, SubjectWriter } from '../../src/subject/index.js'
import { canonical } from '../reference/canonical.js'
import { ListSet } from '../reference/list-set.js'
import { Subjects } from '../reference/subjects.js'

/** The calls for lists, as JSON: `[list, index, items]`, an item with a slot as an object. */
function calls(json: unknown, localContext?: unknown): unknown[] {
  const subjects = new Subjects(localContext)
  const sink = new ListSet(subjects)
  subjects.reader.insert(json, sink)
  return sink.calls.map(({ list, index, items }) => [
    subjects.writer.id(list),
    index,
    items.map(({ slot, item }) => {
      const value = subjects.writer.value(item)
      return slot === 0 ? value : { slot: subjects.writer.id(slot), item: value }
    }),
  ])
}

describe('@list is read', () => {
  it.each<[string, unknown, unknown[]]>([
    ['an array', ['a', 5, 'a'], [['l', 0, ['a', 5, 'a']]]],
    ['no item', [], [['l', 0, []]]],
    ['no index', {}, [['l', 0, []]]],
    ['nothing', null, []],
    ['a single item', 'a', [['l', 0, ['a']]]],
    ['an index', { 2: 'Spam' }, [['l', 2, ['Spam']]]],
    [
      'several indexes, in order',
      { 5: ['a', 'b'], 2: 'Spam' },
      [
        ['l', 2, ['Spam']],
        ['l', 5, ['a', 'b']],
      ],
    ],
    ['an index beyond any end', { [Number.MAX_SAFE_INTEGER]: 'x' }, [['l', Number.MAX_SAFE_INTEGER, ['x']]]],
    ['a slot', [{ '@item': 'x' }, { '@id': 's', '@item': 'y' }], [['l', 0, ['x', { slot: 's', item: 'y' }]]]],
    [
      'a slot at an index',
      { 1: { '@id': 's', '@item': { '@id': 'x' } } },
      [['l', 1, [{ slot: 's', item: { '@id': 'x' } }]]],
    ],
    [
      'a subject as an item',
      [
        { '@id': 'x', p: 1 },
        { '@value': 'x', '@language': 'en' },
      ],
      [['l', 0, [{ '@id': 'x' }, { '@value': 'x', '@language': 'en' }]]],
    ],
    [
      'a list in a list, which comes first',
      [{ '@id': 'm', '@list': ['x'] }],
      [
        ['m', 0, ['x']],
        ['l', 0, [{ '@id': 'm' }]],
      ],
    ],
    [
      'an array in a list, which is a list',
      [['x'], []],
      [
        ['.well-known/genid/1', 0, ['x']],
        ['.well-known/genid/2', 0, []],
        ['l', 0, [{ '@id': '.well-known/genid/1' }, { '@id': '.well-known/genid/2' }]],
      ],
    ],
  ])('%s', (_, list, expected) => {
    expect(calls({ '@id': 'l', '@list': list })).toEqual(expected)
  })

  it('as the value of a property, with an identifier of its own or a new one, which is told', () => {
    const subjects = new Subjects()
    const sink = new ListSet(subjects)
    const ids = subjects.reader.insert(
      { '@id': 'x', p: [{ '@list': [1] }, { '@id': 'l', q: 1, '@list': { 0: 2 } }] },
      sink,
    )
    expect(ids).toEqual(['.well-known/genid/1'])
    expect(subjects.writer.subjects(sink.triples)).toEqual([
      { '@id': 'x', p: [{ '@id': '.well-known/genid/1' }, { '@id': 'l' }] },
      { '@id': 'l', q: 1 },
    ])
    expect(sink.calls.map(({ index, items }) => [index, items.length])).toEqual([
      [0, 1],
      [0, 1],
    ])
  })

  it('under a term that stands for lists, with its coercion', () => {
    const context = {
      seq: { '@container': '@list', '@type': '@id' },
      refs: { '@type': '@id' },
      none: '@none',
      list: '@list',
    }
    const l = '.well-known/genid/1'
    expect(calls({ '@id': 'x', seq: ['a', 'b'] }, context)).toEqual([[l, 0, [{ '@id': 'a' }, { '@id': 'b' }]]])
    expect(calls({ '@id': 'x', seq: 'a' }, context)).toEqual([[l, 0, [{ '@id': 'a' }]]])
    expect(calls({ '@id': 'x', seq: { '@id': 'a' } }, context)).toEqual([[l, 0, [{ '@id': 'a' }]]])
    expect(calls({ '@id': 'x', seq: { '@list': ['a'] } }, context)).toEqual([[l, 0, [{ '@id': 'a' }]]])
    expect(calls({ '@id': 'x', seq: { list: { 3: 'a' } } }, context)).toEqual([[l, 3, [{ '@id': 'a' }]]])
    expect(calls({ '@id': 'x', seq: [] }, context)).toEqual([[l, 0, []]])
    expect(calls({ '@id': 'x', seq: null }, context)).toEqual([])
    expect(calls({ '@id': 'x', refs: { '@list': ['a'] } }, context)).toEqual([[l, 0, [{ '@id': 'a' }]]])
    expect(calls({ '@id': 'x', '@list': ['a'] }, { '@language': 'de' })).toEqual([['x', 0, ['a']]])
  })

  it('under the context of the list itself, with the coercion that its property has there', () => {
    const list = { '@context': { p: { '@type': '@id' } }, '@list': ['a'] }
    expect(calls({ '@id': 'x', p: list })).toEqual([['.well-known/genid/1', 0, [{ '@id': 'a' }]]])
    expect(calls({ '@id': 'x', '@list': [list] })[0]).toEqual(['.well-known/genid/1', 0, ['a']])
  })

  it('100,000 items, in linear time', () => {
    const items = Array.from({ length: 100_000 }, (_, i) => i)
    const startedMs = performance.now()
    expect((calls({ '@id': 'l', '@list': items })[0] as unknown[])[2]).toEqual(items)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
  })

  it.each<[unknown, string, string]>([
    [[null], 'value-invalid', "$['@list'][0]"],
    [['a', undefined], 'value-invalid', "$['@list'][1]"],
    // biome-ignore lint/suspicious/noSparseArray: what a hole is taken for
    [['a', , 'b'], 'value-invalid', "$['@list'][1]"],
    [[{ '@value': null }], 'value-invalid', "$['@list'][0]"],
    [{ 1: null }, 'value-invalid', "$['@list']['1']"],
    [{ 1: ['a', null] }, 'value-invalid', "$['@list']['1'][1]"],
    [{ '01': 'a' }, 'pattern-invalid', "$['@list']['01']"],
    [{ '-1': 'a' }, 'pattern-invalid', "$['@list']['-1']"],
    [{ '1.5': 'a' }, 'pattern-invalid', "$['@list']['1.5']"],
    [{ '1e3': 'a' }, 'pattern-invalid', "$['@list']['1e3']"],
    [{ 9007199254740992: 'a' }, 'pattern-invalid', "$['@list']['9007199254740992']"],
    [{ '?i': 'a' }, 'pattern-invalid', "$['@list']['?i']"],
    [{ '': 'a' }, 'pattern-invalid', "$['@list']['']"],
    [{ length: 1 }, 'pattern-invalid', "$['@list'].length"],
    [JSON.parse('{"__proto__": "a"}'), 'pattern-invalid', "$['@list'].__proto__"],
    [{ '@id': 'x' }, 'pattern-invalid', "$['@list']['@id']"],
    [[{ '@set': ['a'] }], 'pattern-unsupported', "$['@list'][0]"],
    [[{ '@item': null }], 'value-invalid', "$['@list'][0]['@item']"],
    [[{ '@item': 'x', p: 1 }], 'pattern-unsupported', "$['@list'][0].p"],
    [[{ '@id': 'a b', '@item': 'x' }], 'iri-malformed', "$['@list'][0]['@id']"],
    [[{ '@id': null, '@item': 'x' }], 'value-invalid', "$['@list'][0]['@id']"],
    [[() => 1], 'value-invalid', "$['@list'][0]"],
    [new Map(), 'value-invalid', "$['@list']"],
  ])('and %j is refused with %s at %s', (list, code, path) => {
    const subjects = new Subjects()
    expect(() => subjects.reader.insert({ '@id': 'l', '@list': list }, new ListSet(subjects))).toThrow(
      expect.objectContaining({ code, facts: expect.objectContaining({ path }) }),
    )
  })

  it('and what contains itself is refused', () => {
    const list: unknown[] = []
    list.push(list)
    const subjects = new Subjects()
    expect(() => subjects.reader.insert({ '@id': 'l', '@list': list }, new ListSet(subjects))).toThrow(
      expect.objectContaining({ code: 'value-invalid' }),
    )
  })

  it('in a patch, after the list is cleared', () => {
    const lines = (json: object) => {
      const subjects = new Subjects({ items: '@list' })
      const log: string[] = []
      const id = (value: number) => subjects.writer.id(value)
      const sink: PatchSink = {
        triple: subject => log.push(`+ ${id(subject)}`),
        replace: (subject, property) => log.push(`- ${id(subject)} ${subjects.writer.property(property)}`),
        clearList: list => log.push(`clear ${id(list)}`),
        list: (list, index, items) => log.push(`list ${id(list)} ${index} ${items.length}`),
      }
      subjects.reader.patch({ '@id': 'l', ...json }, sink)
      return log
    }
    expect(lines({ '@list': ['a'] })).toEqual(['clear l', 'list l 0 1'])
    expect(lines({ items: [] })).toEqual(['clear l', 'list l 0 0'])
    expect(lines({ '@list': null })).toEqual(['clear l'])
    expect(lines({ '@list': undefined })).toEqual([])
    expect(lines({ p: { '@id': 'm', '@list': ['a'] } })).toEqual(['- l p', 'list m 0 1', '+ l'])
  })
})

describe('a list is written as its items', () => {
  /** What is written of a document, with what is asked for. */
  const written = (json: unknown, localContext?: unknown) => {
    const subjects = new Subjects(localContext)
    const sink = new ListSet(subjects)
    subjects.reader.insert(json, sink)
    sink.addSlots()
    const all = new SubjectWriter(subjects.keys, sink).subjects(sink.triples)
    return all.filter(subject => !JSON.stringify(subject).includes('genid/slot-'))
  }
  const type = 'http://m-ld.org/RdfLseq'

  it('under @list, when it stands for itself', () => {
    expect(written({ '@id': 'l', name: 'L', '@list': ['b', 'a', 'b', { '@id': 'x' }, 5n] })).toEqual([
      { '@id': 'l', '@type': type, name: 'L', '@list': ['b', 'a', 'b', { '@id': 'x' }, 5] },
    ])
    expect(written({ id: 'l', '@list': ['b'] }, { id: '@id', items: '@list', '@language': 'de' })).toEqual([
      { id: 'l', '@type': type, items: ['b'] },
    ])
  })

  it('as its slots, without a source of lists', () => {
    const subjects = new Subjects()
    const sink = new ListSet(subjects)
    subjects.reader.insert({ '@id': 'l', '@list': ['b'] }, sink)
    sink.addSlots()
    expect(subjects.writer.subjects(sink.triples)[0]).toMatchObject({
      'http://json-rql.org/#slot': { '@id': expect.any(String) },
    })
  })

  it('as an array under a term that stands for lists, with its coercion', () => {
    const context = {
      seq: { '@container': '@list', '@type': '@id' },
      words: { '@container': '@list', '@language': 'en' },
    }
    const subject = { '@id': 'x', seq: ['a', 'b', 'a'], words: ['one', { '@language': 'fr', '@value': 'deux' }, 3] }
    expect(written(subject, context)[0]).toEqual(subject)
    expect(written({ '@id': 'x', seq: [] }, context)[0]).toEqual({ '@id': 'x', seq: [] })
  })

  it('as an object under such a term, when it is more than its items', () => {
    const context = { seq: { '@container': '@list' } }
    const subject = { '@id': 'x', seq: { '@id': 'l', '@list': ['a'] } }
    expect(written([subject, { '@id': 'l', name: 'L' }], context)[0]).toEqual(subject)
    expect(written([subject, { '@id': 'l', '@type': 'Mine' }], context)[0]).toEqual(subject)
    expect(written([subject], context)[0]).toEqual({ '@id': 'x', seq: ['a'] })
  })

  it('as a reference beside other values, and elsewhere', () => {
    const context = { seq: { '@container': '@list' } }
    const full = 'http://board.example/#seq'
    expect(written({ '@id': 'x', [full]: [{ '@id': 'l', '@list': [1] }, 5] }, context)[0]).toEqual({
      '@id': 'x',
      [full]: [{ '@id': 'l' }, 5],
    })
    expect(written({ '@id': 'x', [full]: ['y', { '@id': 'z' }] }, context)[0]).toEqual({
      '@id': 'x',
      [full]: [{ '@id': 'z' }, 'y'],
    })
    expect(written({ '@id': 'x', [full]: { '@id': 'z' } }, context)[0]).toEqual({ '@id': 'x', [full]: { '@id': 'z' } })
    expect(written({ '@id': 'x', p: { '@id': 'l', '@list': [1] } }, context)[0]).toEqual({
      '@id': 'x',
      p: { '@id': 'l' },
    })
  })

  it('so that read again it is the same', async () => {
    const value = fc.constantFrom<unknown>(
      'x',
      5,
      true,
      { '@id': 'y' },
      { '@value': 'x', '@language': 'fr' },
      { '@type': 't', '@value': 'x' },
    )
    const term = (extra: object) => ({ '@id': 'http://ex.example/p', '@container': '@list', ...extra })
    const contexts = [undefined, { seq: term({}) }, { seq: term({ '@language': 'fr' }), '@language': 'de' }]
    contexts.push(
      { seq: term({ '@type': '@id' }) } as never,
      { seq: term({ '@type': 'http://board.example/#t' }) } as never,
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(value, { minLength: 1, maxLength: 4 }), { maxLength: 2 }),
        fc.boolean(),
        async (lists, named) => {
          const document = {
            '@id': 'x',
            'http://ex.example/p': lists.map((list, at) => ({ '@list': list, ...(named && { name: `L${at}` }) })),
          }
          for (const context of contexts) {
            const { json, quads } = through(document, context)
            expect(await canonical(through(json, context).quads)).toBe(await canonical(quads))
          }
        },
      ),
      { numRuns: fuzz.runs(50) },
    )
  })
})

/**
 * A document as quads; and as it is written, without the slots, which are written as items, and without the items of lists that are written
 * where they are referred to.
 */
function through(document: unknown, context: unknown) {
  const subjects = new Subjects(context)
  const sink = new ListSet(subjects)
  subjects.reader.insert(document, sink)
  const quads = sink.quads().filter(({ object }) => object.value !== 'http://m-ld.org/RdfLseq')
  sink.addSlots()
  const all = new SubjectWriter(subjects.keys, sink).subjects(sink.triples)
  const json = all.flatMap(subject => {
    if ('http://json-rql.org/#item' in subject) return []
    const { '@list': items, ...rest } = subject
    const refersToIt = (other: object) =>
      other !== subject && JSON.stringify(other).includes(`{"@id":"${rest['@id']}"}`)
    if (items === undefined || all.some(refersToIt)) return [subject]
    return rest.name === undefined ? [] : [rest]
  })
  return { quads, json }
}
