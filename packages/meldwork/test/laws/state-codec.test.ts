/**
 * The bytes of a state: decoding gives back what was encoded, in another clone's ids and in any amount; nothing that is damaged is joined, and
 * what cannot be decoded leaves the graph as it was.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Writer } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'
import {
  decodePairs,
  decodeState,
  decodeStateHeader,
  Effects,
  encodeState,
  Graph,
  observedStride,
} from '../../src/graph/index.js'
import { Changes } from '../../src/operation/index.js'
import { digestOfPairs, type PlainTerm } from '../reference/digest.js'
import { steps, World } from './history.js'
import { intern, isLegal, livePairs, objects, snapshot } from './terms-pool.js'

const malformed = expect.toSatisfy((error: unknown) => hasCode(error, 'data-malformed'))
const newer = expect.toSatisfy((error: unknown) => hasCode(error, 'data-version'))
const author = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

/** A graph with one operation for each list of triples. */
function graphOf(operations: Iterable<readonly (readonly [string, string, PlainTerm])[]>, replica = author): Graph {
  const graph = new Graph(isLegal)
  const index = graph.replicas.add(replica)
  let first = 1
  let time = 1e12
  for (const triples of operations) {
    const changes = new Changes()
    for (const [subject, property, object] of triples)
      changes.triple(graph.terms.iri(subject, true), graph.terms.property(property, true), intern(graph.terms, object))
    const last = first + changes.counters - 1
    const heads = [...graph.heads.entries()].filter(([other]) => other !== index)
    graph.apply({ author: index, first, last, check: first * 3, time, heads }, changes, new Effects())
    first = last + 1
    time += 1024 * 7 - (first % 5) * 1024 * 11 + (first % 100)
  }
  return graph
}

function copyOf(items: readonly Uint8Array[], into = new Graph(isLegal)): Graph {
  into.join(decodeState(items, into), new Effects())
  return into
}

test('encode/decode of a state is the identity', () => {
  const property = fc.property(steps(1, 80), fc.nat(objects.length), (history, known) => {
    const world = new World(3)
    world.run(history, Number.MAX_SAFE_INTEGER)
    for (const { graph } of world.clones) {
      const copy = new Graph(isLegal)
      for (const object of objects.slice(0, known)) intern(copy.terms, object)
      copy.replicas.add(Uint8Array.of(known))
      const items = encodeState(graph)
      copyOf(items, copy)
      const { counts, ...expected } = snapshot(graph)
      const { counts: copied, ...found } = snapshot(copy)
      expect(found).toEqual({ ...expected, live: expected.live.map(pair => pair.replace(' hidden', '')) })
      // What is hidden is for each clone to judge.
      expect([copied[0], copied[2]]).toEqual([counts[0], counts[2]])
      const header = decodeStateHeader(items[0])
      expect(header).toMatchObject({ itemCount: items.length, pairCount: expected.live.length, digest: graph.digest })
      expect(header.vector.filter(({ head }) => head)).toHaveLength(graph.heads.count)
    }
  })
  fc.assert(property, { numRuns: fuzz.runs(40) })
})

test('a triple with two dots counts as two pairs', () => {
  const one = graphOf([[['a', '#p', objects[0]]]])
  copyOf(encodeState(graphOf([[['a', '#p', objects[0]]]], Uint8Array.of(9))), one)
  expect(one.liveCount).toBe(1)
  expect(decodeStateHeader(encodeState(one)[0]).pairCount).toBe(2)
  expect(snapshot(copyOf(encodeState(one)))).toEqual(snapshot(one))
})

describe('a large state', () => {
  const text = (n: number): PlainTerm => ({
    kind: 1,
    value: `${'the same beginning of a long text '.repeat(n % 4)}${n}`,
  })
  const operations = Array.from({ length: 9000 }, (_, n) => [
    [`subject/${n % 700}`, `#p${n % 13}`, text(n)] as const,
    [`subject/${n % 700}`, '#n', { kind: 4, value: n * 1e6 } as PlainTerm] as const,
  ])
  const graph = graphOf(operations)
  const items = encodeState(graph)

  test('is cut into items of moderate size', () => {
    expect(items.length).toBeGreaterThan(5)
    for (const item of items) expect(item.length).toBeLessThan(140_000)
    expect(snapshot(copyOf(items))).toEqual(snapshot(graph))
  })

  test('may have a subject that is in several of them', () => {
    const wide = graphOf(
      Array.from({ length: 200 }, (_, n) =>
        Array.from({ length: 200 }, (_, i) => {
          const value: PlainTerm = { kind: 4, value: n * 200 + i }
          return [i % 5 === 0 ? `s${n}` : 'wide', `#p${i % 3}`, value] as const
        }),
      ),
    )
    const cut = encodeState(wide)
    expect(cut.filter(([type]) => type === 3).length).toBeGreaterThan(2)
    expect(snapshot(copyOf(cut))).toEqual(snapshot(wide))
  })

  test('of subjects that are all alike takes little', () => {
    const one = (n: number) =>
      [
        [`object/${n}`, '#count', { kind: 4, value: n * 3 }],
        [`object/${n}`, '#active', { kind: 6, value: n % 3 === 0 }],
        [`object/${n}`, '#next', { kind: 0, value: `object/${n + 1}` }],
      ] as const
    const alike = graphOf(
      Array.from({ length: 30 }, (_, n) => Array.from({ length: 100 }, (_, i) => one(n * 100 + i)).flat()),
    )
    const bytes = encodeState(alike).reduce((sum, item) => sum + item.length, 0)
    // A text of two to three bytes with two beside it, a shape, and for each value the least that it can take: one.
    expect(bytes / 3000).toBeLessThan(8.5)
    expect(snapshot(copyOf(encodeState(alike)))).toEqual(snapshot(alike))
  })

  test('may hold a value that is longer than an item', () => {
    const long = graphOf([[['a', '#p', { kind: 1, value: 'é'.repeat(100_000) }]], [['b', '#p', text(3)]]])
    expect(snapshot(copyOf(encodeState(long)))).toEqual(snapshot(long))
  })

  test('lacking an item, or with one changed, is refused', () => {
    const target = graphOf([[['known', '#p', objects[3]]]], Uint8Array.of(9))
    const before = [snapshot(target), target.terms.mark(), target.replicas.count]
    for (let i = 0; i < items.length; i += 3) {
      expect(() => decodeState(items.toSpliced(i, 1), target)).toThrow()
      if (items[i][0] !== 3) continue
      const changed = items[i].slice()
      changed[changed.length - 40] ^= 1
      expect(() => decodeState(items.with(i, changed), target)).toThrow(malformed)
    }
    expect([snapshot(target), target.terms.mark(), target.replicas.count]).toEqual(before)
  })
})

describe('what is refused', () => {
  const graph = graphOf([[['a', '#p', objects[0]]], [['a', '#q', objects[5]]]])
  const [header, pairs, times] = encodeState(graph)
  const chunk = [...pairs]

  const refused = (items: readonly (readonly number[] | Uint8Array)[], by = malformed) => {
    const target = graphOf([[['b', '#p', objects[0]]]], Uint8Array.of(9))
    const before = [snapshot(target), target.terms.mark(), target.replicas.count]
    const bytes = items.map(item => Uint8Array.from(item))
    expect(() => decodeState(bytes, target)).toThrow(by)
    expect([snapshot(target), target.terms.mark(), target.replicas.count]).toEqual(before)
    // And what is legal still goes in.
    copyOf([header, pairs, times], target)
    expect(target.liveCount).toBe(3)
  }

  /** A header with other fields than those of `graph`. */
  const headerOf = (fields: {
    items?: number
    pairs?: number
    vector?: [number[], number, number][]
    count?: number
  }) => {
    const writer = new Writer()
    writer.varint(1)
    writer.uint8(1)
    writer.varint(fields.items ?? 3)
    writer.varint(fields.pairs ?? 2)
    for (const lane of graph.digest) writer.uint32(lane)
    const vector = fields.vector ?? [[[...author], 2, 1]]
    writer.varint(fields.count ?? vector.length)
    for (const [id, counter, head] of vector) {
      writer.block(Uint8Array.from(id))
      writer.varint(counter)
      writer.uint32(6)
      writer.uint8(head)
    }
    return writer.take()
  }

  test('the examples that they are variations of', () => {
    expect(header).toEqual(headerOf({}))
    expect(livePairs(copyOf([headerOf({}), pairs, times]))).toEqual(livePairs(graph))
    expect(livePairs(copyOf([headerOf({ items: 4 }), pairs, times, Uint8Array.of(2, 99)]))).toEqual(livePairs(graph))
    expect(encodeState(new Graph(isLegal))).toHaveLength(1)
  })

  test('headers', () => {
    refused([])
    refused([[]])
    refused([pairs, pairs, times])
    refused([[1, 0], pairs, times])
    refused([[1, 2], pairs, times], newer)
    for (let length = 2; length < header.length; length++) refused([header.slice(0, length), pairs, times])
    refused([[...header, 0], pairs, times])
    refused([headerOf({ items: 2 }), pairs, times])
    refused([headerOf({ items: 2 ** 50 }), pairs, times])
    refused([headerOf({ pairs: 3 }), pairs, times])
    refused([headerOf({ pairs: 2 ** 53 - 1 }), pairs, times])
    refused([headerOf({ count: 2 ** 50 }), pairs, times])
    refused([headerOf({ vector: [] }), pairs, times])
    refused([headerOf({ vector: [[[...author], 2, 0]] }), pairs, times])
    refused([headerOf({ vector: [[[...author], 2, 2]] }), pairs, times])
    refused([headerOf({ vector: [[[...author], 0, 1]] }), pairs, times])
    refused([headerOf({ vector: [[[], 2, 1]] }), pairs, times])
    refused([headerOf({ vector: [[[...author], 1, 1]] }), pairs, times])
    refused([
      headerOf({
        vector: [
          [[7], 2, 1],
          [[...author], 2, 1],
        ],
      }),
      pairs,
      times,
    ])
    refused([
      headerOf({
        vector: [
          [[...author], 2, 1],
          [[...author], 2, 1],
        ],
      }),
      pairs,
      times,
    ])
  })

  test('items', () => {
    refused([header, pairs])
    refused([header, pairs, times, times])
    refused([header, pairs, [7]], newer)
    refused([header, pairs, []])
    refused([header, times, times])
    refused([headerOf({ items: 4 }), pairs, pairs, times])
    for (let length = 0; length < pairs.length; length++) refused([header, chunk.slice(0, length), times])
    refused([header, [...chunk, 0], times])
  })

  const sections = {
    kinds: [12, 5],
    shared: [0, 0, 1, 0],
    lengths: [1, 2, 1, 0],
    texts: [0x61, 0x23, 0x70, 0x71],
    properties: [1, 2],
    shapes: [2, 0, 1, 1, 1],
    rows: [0],
    values: [4, 1, 4, 4],
    lengthsOfRuns: [2],
    replicas: [0],
    starts: [0],
  }

  /** A chunk of columns given one by one. */
  const chunkOf = (
    fields: Partial<Record<keyof typeof sections, number[]>> & { count?: number; rowCount?: number },
  ) => {
    const writer = new Writer()
    writer.varint(3)
    writer.varint(fields.count ?? 2)
    writer.varint(fields.rowCount ?? 1)
    for (const [name, bytes] of Object.entries(sections))
      writer.block(Uint8Array.from(fields[name as keyof typeof sections] ?? bytes))
    return writer.take()
  }

  test('columns', () => {
    expect([...chunkOf({})]).toEqual(chunk)
    const second = (...bytes: number[]) => [4, 1, ...bytes]
    const bad: Parameters<typeof chunkOf>[0][] = [
      ...[0, 1, 3, 2 ** 53 - 1].map(count => ({ count })),
      ...[0, 2, 2 ** 53 - 1].map(rowCount => ({ rowCount })),
      { kinds: [12] },
      { kinds: [12, 1] }, // a run of none
      { kinds: [8, 4, 5] }, // a run cut in two
      { kinds: [12, 9] },
      { kinds: [12, 5, 5] },
      { kinds: [8, 9] }, // a string as a property
      { kinds: [5, 12] }, // a string as a subject
      { kinds: [12, 6] }, // no typed literal
      { shared: [1, 0, 1, 0] },
      { shared: [0, 0, 3, 0] }, // more shared than there is
      { shared: [0, 0, 1] },
      { shared: [0, 0, 1, 0, 0] },
      { lengths: [1, 2, 1] },
      { lengths: [1, 2, 1, 1] },
      { lengths: [1, 2, 1, 0, 0] },
      { texts: [0x20, 0x23, 0x70, 0x71] }, // no IRI
      { texts: [0x61, 0x23, 0x70] },
      { texts: [0x61, 0x23, 0x70, 0x71, 0x71] },
      { properties: [1] },
      { properties: [1, 1] },
      { properties: [1, 3] }, // a string
      { properties: [1, 4] },
      { properties: [1, 2, 0] }, // of no values
      { shapes: [] },
      { shapes: [0] },
      { shapes: [2, 0, 1, 1] },
      { shapes: [2, 0, 1, 2, 1] },
      { shapes: [2, 0, 0, 1, 2] },
      { shapes: [2, 0, 1, 0, 1] }, // a run cut in two
      { shapes: [2, 0, 1, 1, 2] },
      { shapes: [1, 0, 1, 1, 1, 1] },
      { shapes: [2, 0, 1, 1, 1, 1, 0, 1] }, // together more pairs than there are
      { shapes: [2, 0, 1, 1, 2 ** 7 - 1] },
      { rows: [] },
      { rows: [1] },
      { rows: [0, 0] },
      { values: second(4) },
      { values: second(4, 4, 0) },
      { values: second(4, 3) }, // before the first term
      { values: second(4, 6) }, // behind the last
      { values: second(0, 4, 4) }, // a run of none
      { values: second(8, 4, 4) },
      { values: second(5, 128, 128, 128, 128, 128, 128, 128, 8) }, // an integer of 2^51
      { values: second(6, 0, 0, 0, 0, 0, 0, 0xf0) },
      { values: second(6, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f) }, // the number 1
      { values: second(6, 0, 0, 0, 0, 0, 0, 0, 0x80) }, // -0
      { values: second(6, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f) }, // infinity
      { values: second(7, 2) },
      { lengthsOfRuns: [] },
      { lengthsOfRuns: [0] },
      { lengthsOfRuns: [1] },
      { lengthsOfRuns: [3] },
      { lengthsOfRuns: [2, 1] },
      { replicas: [] },
      { replicas: [1] },
      { replicas: [0, 0] },
      { starts: [] },
      { starts: [1] }, // the counter 0
      { starts: [2] }, // beyond the vector
      { starts: [0, 0] },
    ]
    for (const fields of bad) {
      refused([header, chunkOf(fields), times])
      // Also by itself, where no digest tells.
      const read = () => decodePairs(chunkOf(fields), new Graph(isLegal).terms, [2], () => {})
      expect(read, JSON.stringify(fields)).toThrow(malformed)
    }
  })

  test('times', () => {
    const valid = [...times.subarray(1)]
    expect(valid).toHaveLength(12)
    // place 0, two times, from 1 and 2
    refused([header, pairs, [5, 1, ...valid.slice(1)]])
    refused([header, pairs, [5, 0, 3, ...valid.slice(2)]])
    refused([header, pairs, [5, 0, 1, 0, 0, 0]])
    refused([header, pairs, [5, 0, 1, 3, 0, 0]])
    refused([header, pairs, [5, 0, 2, 1, 0, 0, 2, 0, 0]])
    refused([header, pairs, [5, 0, 1, 1, 0, 0x80, 8]])
    refused([header, pairs, [5, 0, 1, 1, 1, 0]])
    refused([header, pairs, [5, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]])
    refused([header, pairs, [5, 0, 1, 2, 0, 0, 0, 1, 1, 0, 0]])
    refused([header, pairs, [5, 0]])
  })

  test('a pair that is listed twice is there once', () => {
    const twice = new Writer()
    twice.varint(1)
    twice.uint8(1)
    twice.varint(4)
    twice.varint(4)
    for (const lane of graph.digest) twice.uint32(lane * 2)
    twice.raw(header.subarray(header.length - 16))
    const target = new Graph(isLegal)
    target.join(decodeState([twice.take(), pairs, pairs, times], target), new Effects())
    expect(snapshot(target)).toEqual(snapshot(graph))
  })
})

test('equal states have equal digests, unequal ones unequal, whatever pairs they are of', () => {
  const iri = (value: string): PlainTerm => ({ kind: 0, value })
  const digestOf = (...triples: (readonly [string, string, PlainTerm])[]) => String(graphOf([triples]).digest)
  // A hash that took subject and property alike would not tell these apart.
  expect(digestOf(['a', 'b', iri('c')])).not.toBe(digestOf(['b', 'a', iri('c')]))
  expect(digestOf(['a', 'b', iri('c')])).not.toBe(digestOf(['c', 'b', iri('a')]))
  // Exclusive or would cancel the same pair twice; a sum of pairs without dots would not tell who has which.
  expect(digestOf(['a', 'b', iri('c')], ['a', 'b', iri('d')])).not.toBe(
    digestOf(['a', 'b', iri('d')], ['a', 'b', iri('c')]),
  )
  const lanes = (n: number) => graphOf([[['a', 'b', { kind: Number.isInteger(n) ? 4 : 5, value: n }]]]).digest
  const seen = new Set<string>()
  for (let n = 0; n < 2000; n++)
    for (const value of [n, -n - 1, n + 0.5, 2 ** 40 + n]) seen.add(String(lanes(value).slice(0, 2)))
  expect(seen.size).toBe(8000)
  for (const id of [author, Uint8Array.of(1), Uint8Array.of(1, 0)]) {
    const { replicas } = graphOf([], id)
    expect(replicas.hashOne[0]).not.toBe(replicas.hashTwo[0])
  }
  const graph = graphOf([objects.map(object => ['a', 'b', object] as const)])
  const into: number[] = []
  const length = graph.observed(graph.terms.iri('a', false), -1, into)
  expect(length / observedStride).toBe(objects.length)
  const pairs = objects.map((object, i) => {
    return { subject: iri('a'), property: iri('b'), object, replica: author, counter: i + 1 }
  })
  expect(graph.digest.map(lane => lane.toString(16).padStart(8, '0')).join('')).toBe(digestOfPairs(pairs))
})
