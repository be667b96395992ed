/** A local transaction is made lean: what is in it twice is in it once, where it came first. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import type { ObservedGraph } from '../../src/graph/index.js'
import { Changes, deleteStride, insertStride } from '../../src/operation/index.js'
import { supersede } from '../../src/transaction/supersede.js'

/** Nothing is there yet: what is written is all that is looked at. */
const nothing = { isLive: () => false } as unknown as ObservedGraph
/** Few different numbers, so that entries are repeated. */
const small = fc.integer({ min: 1, max: 4 })
/** Few are compared, many are hashed. */
const some = <T>(entry: fc.Arbitrary<T>) => fc.array(entry, { maxLength: 120, size: 'max' })
const entries = (list: readonly number[], length: number, stride: number) =>
  Array.from({ length: length / stride }, (_, i) => list.slice(i * stride, (i + 1) * stride))
const first = <T>(all: readonly T[], keyOf: (each: T) => string) =>
  all.filter((each, i) => all.findIndex(other => keyOf(other) === keyOf(each)) === i)

test('of what is repeated the first stays, in order', () => {
  const property = fc.property(
    some(fc.tuple(small, small, small)),
    some(fc.tuple(small, small, small, small, small)),
    (inserts, deletes) => {
      const changes = new Changes()
      for (const insert of inserts) changes.triple(...insert)
      for (const each of deletes) changes.delete(...each)
      supersede(nothing, changes)
      expect(entries(changes.inserts, changes.insertLength, insertStride)).toEqual(
        first(inserts, insert => insert.join()),
      )
      // A dot, and where it stands: its object follows from that.
      const keyOf = ([subject, property, , counter, replica]: readonly number[]) =>
        [subject, property, counter, replica].join()
      expect(entries(changes.deletes, changes.deleteLength, deleteStride)).toEqual(first(deletes, keyOf))
    },
  )
  fc.assert(property, { seed: fuzz.seed, numRuns: fuzz.runs(100) })
})
