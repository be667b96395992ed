/**
 * The journal against a plain list of operations: what somebody lacks, from where on it is not here any more, truncation, a state in between,
 * reading from memory and from the store; and its entries as bytes.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Writer } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'
import {
  completeEntry,
  decodeEntry,
  encodeEntry,
  entryRoom,
  Journal,
  type JournalEntry,
  journalKey,
  journalRange,
  ticksOf,
} from '../../src/journal/index.js'
import { decodeHeader, encodeHeader } from '../../src/operation/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

const replicaCount = 3

function operation(replica: number, first: number, count: number, bytes: number) {
  const writer = new Writer()
  encodeHeader(writer, Uint8Array.of(replica + 1), first, count, 1, [], 1024)
  writer.raw(new Uint8Array(bytes))
  return decodeHeader(writer.take())
}

const none = new Uint8Array(0)
function entryOf({ bytes }: ReturnType<typeof operation>): Uint8Array {
  const writer = new Writer()
  encodeEntry({ kind: 'operation', operation: bytes, removed: none }, writer)
  return writer.take()
}

async function readAll(journal: Journal, store: MemoryStore, ticks: readonly number[]): Promise<Uint8Array[]> {
  const operations: Uint8Array[] = []
  for await (const bytes of journal.read(store, ticks)) operations.push(bytes)
  return operations
}

interface Line {
  readonly ticks: number
  readonly replica: number
  readonly last: number
  readonly check: number
  readonly own: boolean
  readonly bytes: Uint8Array
}

const call = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constant('append' as const), fc.nat(2), fc.integer({ min: 1, max: 3 }), fc.nat(40)),
  },
  fc.tuple(fc.constant('truncate' as const), fc.nat(6), fc.nat(300), fc.nat(20)),
  fc.tuple(fc.constant('reset' as const), fc.nat(3), fc.nat(3), fc.nat(3)),
)

describe('the journal', () => {
  test('knows what somebody lacks, as long as it is here', () => {
    const property = fc.asyncProperty(fc.array(call, { maxLength: 40, size: 'max' }), async calls => {
      const journal = new Journal()
      const store = new MemoryStore()
      await store.open()
      let lines: Line[] = []
      const vector = [0, 0, 0]
      /** Of each replica, how far back its operations were ever here, and are not any more. */
      const floors = [0, 0, 0]
      let ticks = 0
      for (const [what, a, b, c] of calls) {
        ticks++
        if (what === 'append') {
          const header = operation(a, vector[a] + 1, b, c)
          const writer = new Writer()
          encodeEntry({ kind: 'operation', operation: header.bytes, removed: new Uint8Array(0) }, writer)
          const entry = writer.take()
          await store.batch([{ key: journalKey(ticks), value: entry }])
          const own = c % 2 === 0
          journal.append(ticks, a, header, entry, 0, own)
          lines.push({ ticks, replica: a, last: header.last, check: header.check, own, bytes: header.bytes })
          vector[a] = header.last
        } else if (what === 'truncate') {
          const limits = { operations: a, bytes: b, ageMs: Number.POSITIVE_INFINITY }
          const upTo = ticks - c
          const dropped: number[] = []
          const bytes = () => lines.reduce((sum, line) => sum + line.bytes.length, 0)
          while (lines.length > 0 && lines[0].ticks <= upTo && (lines.length > a || bytes() > b)) {
            const [line] = lines.splice(0, 1)
            floors[line.replica] = line.last
            dropped.push(line.ticks)
          }
          expect(journal.truncate(limits, upTo, 0, 1000)).toEqual(dropped)
        } else {
          // A state that covers all of this, and perhaps more.
          for (const [replica, more] of [a, b, c].entries()) vector[replica] += more
          expect(
            journal.reset(
              ticks,
              vector.map((counter, replica) => [replica, counter] as const),
            ),
          ).toEqual(lines.map(line => line.ticks))
          lines = []
          vector.forEach((counter, replica) => {
            floors[replica] = counter
          })
        }
        expect(journal.count).toBe(lines.length)
        expect(journal.bytes).toBe(lines.reduce((sum, line) => sum + line.bytes.length, 0))
        for (const theirs of [vector, [0, 0, 0], floors, vector.map(counter => counter >> 1)]) {
          const isHere = theirs.every((counter, replica) => counter >= floors[replica])
          const missing = lines.filter(line => line.last > theirs[line.replica])
          expect(journal.since(replica => theirs[replica])).toEqual(
            isHere ? missing.map(line => line.ticks) : undefined,
          )
        }
        for (let replica = 0; replica < replicaCount; replica++) {
          const mine = lines.filter(line => line.replica === replica)
          expect(journal.of(replica)).toEqual(mine.map(line => line.ticks))
          for (const { last, check } of mine) expect(journal.checkAt(replica, last)).toBe(check)
          expect(journal.checkAt(replica, floors[replica])).toBeUndefined()
        }
        expect([...journal.own()]).toEqual(lines.filter(({ own }) => own).map(line => [line.replica, line.last]))
      }
      const wanted = [0, ...lines.map(line => line.ticks), ticks + 5]
      expect(await readAll(journal, store, wanted)).toEqual(lines.map(line => line.bytes))
    })
    return fc.assert(property, { numRuns: fuzz.runs(60) })
  })

  test('keeps the latest in memory, and reads the others from the store', async () => {
    const journal = new Journal()
    const store = new MemoryStore()
    await store.open()
    const headers = Array.from({ length: 12 }, (_, n) => operation(0, n + 1, 1, 500_000 + n))
    for (const [n, header] of headers.entries()) {
      const writer = new Writer()
      encodeEntry({ kind: 'operation', operation: header.bytes, removed: Uint8Array.of(1) }, writer)
      const entry = writer.take()
      await store.batch([{ key: journalKey(n + 1), value: entry }])
      journal.append(n + 1, 0, header, entry, 0)
    }
    const reads: string[] = []
    const get = store.get.bind(store)
    store.get = key => {
      reads.push(key)
      return get(key)
    }
    const same = (found: Uint8Array[], from: number) =>
      expect(found.map((bytes, i) => Buffer.compare(bytes, headers[from + i].bytes))).toEqual(found.map(() => 0))
    same(await readAll(journal, store, journal.since(() => 0)!), 0)
    expect(reads).toEqual([1, 2, 3, 4].map(journalKey))
    journal.truncate({ operations: 10, bytes: 1e9, ageMs: 1 }, 12, 0, 1000)
    expect(journal.since(() => 0)).toBeUndefined()
    same(await readAll(journal, store, journal.since(() => 2)!), 2)
    // Gone between the question and the answer; or in its place a state.
    await store.batch([{ key: journalKey(3), value: null }])
    const writer = new Writer()
    encodeEntry({ kind: 'state', items: [] }, writer)
    await store.batch([{ key: journalKey(4), value: writer.take() }])
    expect(await readAll(journal, store, [3, 4])).toEqual([])
    // One that is larger than what is kept.
    journal.append(13, 0, operation(0, 13, 1, 5_000_000), none, 0)
    reads.length = 0
    await readAll(journal, store, [12, 13])
    expect(reads).toEqual([12, 13].map(journalKey))
    expect(journal.reset(13, [[0, 13]])).toHaveLength(11)
    journal.append(14, 0, operation(0, 14, 1, 10), entryOf(operation(0, 14, 1, 10)), 0)
    reads.length = 0
    expect(await readAll(journal, store, [14])).toHaveLength(1)
    expect(reads).toEqual([])
  })

  test('when the store is opened, what a checkpoint covers is history again', () => {
    const journal = new Journal()
    journal.reset(6, [
      [0, 4],
      [1, 2],
    ])
    expect(journal.since(replica => [2, 2][replica])).toBeUndefined()
    journal.append(7, 0, operation(0, 3, 2, 5), none, 0)
    journal.append(8, 0, operation(0, 5, 1, 5), none, 0)
    expect(journal.since(replica => [2, 2][replica])).toEqual([7, 8])
    expect(journal.since(replica => [1, 2][replica])).toBeUndefined()
    expect(journal.since(replica => [4, 1][replica])).toBeUndefined()
  })
})

describe('entries', () => {
  const bytes = fc.uint8Array({ maxLength: 40 })
  const entry: fc.Arbitrary<JournalEntry> = fc.oneof(
    fc.record({ kind: fc.constant('operation' as const), operation: bytes, removed: bytes }),
    fc.record({
      kind: fc.constant('operation' as const),
      operation: bytes,
      removed: bytes,
      own: fc.constant(true as const),
    }),
    fc.record({ kind: fc.constant('state' as const), items: fc.array(bytes, { maxLength: 5 }) }),
    fc.record({
      kind: fc.constant('state' as const),
      items: fc.array(bytes, { maxLength: 3 }),
      united: fc.constant(true as const),
    }),
  )

  test('come back as they went in, and have one encoding', () => {
    const property = fc.property(entry, entry => {
      const writer = new Writer(0)
      encodeEntry(entry, writer)
      const encoded = writer.take()
      expect(decodeEntry(encoded)).toEqual(entry)
      writer.reset()
      encodeEntry(decodeEntry(encoded), writer)
      expect(writer.take()).toEqual(encoded)
    })
    fc.assert(property, { numRuns: fuzz.runs(100) })
  })

  test('of operations made here are the same where the operation stands already', () => {
    const length = fc.oneof(fc.nat(300), fc.constantFrom(0, 127, 128, 16_383, 16_384))
    const property = fc.property(length, bytes, fc.option(bytes, { nil: undefined }), (length, removed, visible) => {
      const operation = Uint8Array.from({ length }, (_, at) => at)
      const expected = new Writer()
      encodeEntry({ kind: 'operation', operation, removed, visible, own: true }, expected)
      const writer = new Writer()
      writer.raw(new Uint8Array(entryRoom).fill(255))
      writer.raw(operation)
      const from = completeEntry(writer, removed, visible)
      expect(Buffer.compare(writer.bytes.subarray(from, writer.length), expected.take())).toBe(0)
      expect(Buffer.compare(writer.bytes.subarray(entryRoom, entryRoom + length), operation)).toBe(0)
    })
    fc.assert(property, { numRuns: fuzz.runs(200) })
  })

  test.each<[string, number[], string]>([
    ['nothing', [], 'data-malformed'],
    ['another version', [2, 1, 0], 'data-version'],
    ['version 0', [0, 1, 0], 'data-version'],
    ['no kind', [1], 'data-malformed'],
    ['an unknown kind', [1, 9], 'data-malformed'],
    ['an operation that is cut', [1, 1, 5, 1], 'data-malformed'],
    ['more items than bytes', [1, 2, 0xff, 0xff, 0xff, 0x7f], 'data-malformed'],
    ['an item that is cut', [1, 2, 1, 5, 1], 'data-malformed'],
    ['bytes behind the items', [1, 2, 1, 0, 0], 'data-malformed'],
  ])('refused: %s', (_, bytes, code) => {
    const isRefused = (error: unknown) => hasCode(error, code as 'data-malformed')
    expect(() => decodeEntry(Uint8Array.from(bytes))).toThrow(expect.toSatisfy(isRefused))
  })

  test('have keys in the order of ticks', () => {
    const property = fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
      expect(ticksOf(journalKey(a))).toBe(a)
      expect(journalKey(a) < journalKey(b)).toBe(a < b)
      expect(journalKey(a) >= journalRange.gte && journalKey(a) < journalRange.lt).toBe(true)
    })
    fc.assert(property, { numRuns: fuzz.runs(100) })
  })
})
