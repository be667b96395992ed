/**
 * Time and order, each against a plain model: the causal buffer and its bounds, the hybrid clock, the frontier, the times of
 * operations, and the table of replicas with its digest.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import {
  CausalBuffer,
  compareBytes,
  Heads,
  HybridClock,
  maxTime,
  OperationTimes,
  Replicas,
  replicaName,
  ticksPerMs,
  timeMs,
} from '../../src/causality/index.js'
import { sameBytes } from '../../src/codec/index.js'

const runs = (normal: number) => ({ numRuns: fuzz.runs(normal) })

describe('the causal buffer', () => {
  const limits = { count: 5, bytes: 100, ageMs: 50 }
  const call = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(
        fc.constant('hold' as const),
        fc.nat(12),
        fc.nat(2),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(60),
      ),
    },
    { weight: 2, arbitrary: fc.tuple(fc.constant('release' as const), fc.nat(2), fc.nat(6), fc.nat(0), fc.nat(0)) },
    fc.tuple(fc.constantFrom('expire' as const, 'releaseAll' as const), fc.nat(0), fc.nat(0), fc.nat(0), fc.nat(0)),
  )

  test('holds, releases and drops as a list does, and stays within its bounds', () => {
    const property = fc.property(fc.array(fc.tuple(call, fc.nat(20)), { maxLength: 80, size: 'max' }), calls => {
      const buffer = new CausalBuffer<number>(limits)
      let list: { key: string; item: number; replica: string; counter: number; bytes: number; sinceMs: number }[] = []
      let now = 0
      const total = () => list.reduce((sum, { bytes }) => sum + bytes, 0)
      const shrink = () => {
        while (list.length > 0) {
          const over = list.length > limits.count || total() > limits.bytes
          if (!over && now - list[0].sinceMs <= limits.ageMs) break
          list.shift()
        }
      }
      calls.forEach(([[what, a, b, counter, bytes], wait], item) => {
        now += wait
        if (what === 'hold') {
          const [key, replica] = [`k${a}`, `r${b}`]
          const isNew = !list.some(held => held.key === key)
          expect(buffer.hold(key, item, { replica, counter }, bytes, now)).toBe(isNew)
          if (isNew) {
            list.push({ key, item, replica, counter, bytes, sinceMs: now })
            shrink()
          }
        } else if (what === 'release') {
          const isMet = (held: (typeof list)[0]) => held.replica === `r${a}` && held.counter <= b
          expect(buffer.release(`r${a}`, b)).toEqual(list.filter(isMet).map(held => held.item))
          list = list.filter(held => !isMet(held))
        } else if (what === 'expire') {
          buffer.expire(now)
          shrink()
        } else {
          expect(buffer.releaseAll()).toEqual(list.map(held => held.item))
          list = []
        }
        expect(buffer.count).toBe(list.length)
        expect(buffer.bytes).toBe(total())
        expect(buffer.count).toBeLessThanOrEqual(limits.count)
        expect(buffer.bytes).toBeLessThanOrEqual(limits.bytes)
        expect(buffer.oldestMs()).toBe(list[0]?.sinceMs)
        const needs = [...new Set(list.map(held => `${held.replica}@${held.counter}`))]
        expect(buffer.needs().map(need => `${need.replica}@${need.counter}`)).toEqual(needs)
      })
    })
    fc.assert(property, runs(200))
  })

  test('does not keep what alone is larger than it may be', () => {
    const buffer = new CausalBuffer<string>(limits)
    buffer.hold('a', 'a', { replica: 'r', counter: 1 }, 101, 0)
    expect([buffer.count, buffer.bytes, buffer.needs()]).toEqual([0, 0, []])
    expect(buffer.release('r', 1)).toEqual([])
  })
})

describe('the hybrid clock', () => {
  test('gives times that grow, later than those seen unless these are absurd, and not far ahead of the wall', () => {
    const step = fc.tuple(fc.integer({ min: -5000, max: 5000 }), fc.option(fc.nat(200_000), { nil: undefined }))
    const property = fc.property(fc.array(step, { maxLength: 60 }), steps => {
      let wall = 1_700_000_000_000
      let highest = wall
      const clock = new HybridClock(() => wall + 0.7)
      let last = 0
      for (const [move, ahead] of steps) {
        wall += move
        highest = Math.max(highest, wall)
        let seen = 0
        if (ahead !== undefined) {
          seen = (wall + ahead) * ticksPerMs + 3
          clock.observe(seen)
        }
        const time = clock.next()
        expect(time).toBeGreaterThan(last)
        expect(timeMs(time)).toBeGreaterThanOrEqual(wall)
        if (seen <= (wall + 60_000) * ticksPerMs) expect(time).toBeGreaterThan(seen)
        expect(timeMs(time)).toBeLessThanOrEqual(highest + 60_001)
        expect(Number.isSafeInteger(time)).toBe(true)
        last = time
      }
    })
    fc.assert(property, runs(100))
  })

  test('gives a thousand and more times in one millisecond', () => {
    const clock = new HybridClock(() => 5)
    const times = Array.from({ length: 3000 }, () => clock.next())
    expect(times[0]).toBe(5 * ticksPerMs)
    expect(times.at(-1)).toBe(5 * ticksPerMs + 2999)
  })

  test('does not follow the greatest time there is', () => {
    const clock = new HybridClock(() => 5)
    clock.observe(maxTime)
    expect(timeMs(clock.next())).toBe(60_005)
  })
})

describe('heads', () => {
  test('are a map from replica to counter', () => {
    const call = fc.tuple(fc.constantFrom('add', 'see'), fc.nat(4), fc.integer({ min: 1, max: 4 }))
    const property = fc.property(fc.array(call, { maxLength: 40 }), calls => {
      const heads = new Heads()
      const model = new Map<number, number>()
      for (const [what, replica, counter] of calls) {
        const copy = heads.copy()
        if (what === 'add') {
          heads.add(replica, counter)
          model.set(replica, counter)
        } else {
          heads.see(replica, counter)
          if (model.get(replica) === counter) model.delete(replica)
        }
        expect(heads.count).toBe(model.size)
        expect([...heads.entries()].sort()).toEqual([...model].sort())
        for (let other = 0; other < 5; other++) expect(heads.of(other)).toBe(model.get(other) ?? 0)
        const restored = new Heads()
        restored.add(9, 9)
        restored.restore(copy)
        expect(restored.copy()).toEqual(copy)
      }
    })
    fc.assert(property, runs(100))
  })
})

describe('the times of operations', () => {
  /** Operations of one replica: how many counters each takes, and when it was made. */
  const operations = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(1000)), { minLength: 1, maxLength: 12 })

  test('are those of the operation that covers a dot', () => {
    const property = fc.property(operations, operations, (one, two) => {
      const times = new OperationTimes()
      const expected = new Map<string, readonly [number, number]>()
      const ends = [0, 0]
      const add = (replica: number, [count, time]: readonly [number, number]) => {
        const first = ends[replica] + 1
        times.add(replica, first, time)
        ends[replica] += count
        for (let counter = first; counter <= ends[replica]; counter++)
          expected.set(`${replica} ${counter}`, [first, time])
      }
      for (let i = 0; i < Math.max(one.length, two.length); i++) {
        if (i < one.length) add(0, one[i])
        if (i < two.length) add(1, two[i])
      }
      const check = () => {
        for (const [dot, [first, time]] of expected) {
          const [replica, counter] = dot.split(' ').map(Number)
          expect([times.startOf(replica, counter), times.of(replica, counter)]).toEqual([first, time])
        }
      }
      check()
      const before = times.copy(0)
      add(0, [1, 5000])
      times.undo(0)
      expected.delete(`0 ${ends[0]}`)
      expect(times.copy(0)).toEqual(before)
      check()
      expect([times.of(2, 1), times.startOf(2, 1), times.of(0, 0), times.copy(2)]).toEqual([0, 0, 0, undefined])
      times.undo(7)
    })
    fc.assert(property, runs(100))
  })

  test('of two states are merged by their first counters; of two times of one, the earlier stays', () => {
    const some = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(1000)), {
      selector: ([first]) => first,
    })
    const property = fc.property(some, some, (mine, theirs) => {
      const ascending = (list: [number, number][]) => [...list].sort(([a], [b]) => a - b)
      const times = new OperationTimes()
      for (const [first, time] of ascending(mine)) times.add(0, first, time)
      const before = times.copy(0)
      times.merge(0, ascending(theirs))
      const merged = new Map([...theirs, ...mine])
      for (const [first, time] of theirs) merged.set(first, Math.min(time, merged.get(first)!))
      const all = ascending([...merged])
      expect(times.copy(0)).toEqual({ starts: all.map(([first]) => first), times: all.map(([, time]) => time) })
      times.restore(0, before)
      expect(times.copy(0)).toEqual(before)
    })
    fc.assert(property, runs(100))
  })
})

describe('replicas', () => {
  const id = fc.uint8Array({ minLength: 1, maxLength: 3 })

  test('are found by their bytes, wherever these stand', () => {
    const property = fc.property(fc.array(id, { maxLength: 30 }), fc.nat(5), (ids, before) => {
      const replicas = new Replicas()
      const model: string[] = []
      for (const id of ids) {
        const name = replicaName(id)
        const inside = Uint8Array.of(...Array<number>(before).fill(9), ...id, 9)
        expect(replicas.find(inside, before, id.length)).toBe(model.indexOf(name))
        const index = replicas.add(id)
        if (!model.includes(name)) model.push(name)
        expect(index).toBe(model.indexOf(name))
        expect([replicas.find(id), replicas.find(inside, before, id.length)]).toEqual([index, index])
        expect(replicas.find(Uint8Array.of(...id, 1, 1, 1))).toBe(-1)
      }
      expect(replicas.ids.map(replicaName)).toEqual(model)
      const half = model.length >> 1
      replicas.forget(half)
      expect(replicas.count).toBe(half)
      for (const id of ids) {
        const known = model.indexOf(replicaName(id))
        expect(replicas.find(id)).toBe(known < half ? known : -1)
      }
      for (const id of ids) replicas.add(id)
      expect(replicas.ids.map(replicaName)).toEqual(model)
      expect(new Set([replicas.counters.length, replicas.checks.length, replicas.hashOne.length])).toEqual(
        new Set([model.length]),
      )
    })
    fc.assert(property, runs(100))
  })

  test('have equal digests exactly when their vectors are equal, whatever the indexes and the way there', () => {
    const move = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(2))
    const property = fc.property(fc.array(move, { maxLength: 20 }), fc.nat(3), (moves, turn) => {
      const one = new Replicas()
      const two = new Replicas()
      for (let i = 0; i < 4; i++) {
        one.add(Uint8Array.of(i))
        two.add(Uint8Array.of((i + turn) % 4))
      }
      const final = new Map<number, readonly [number, number]>()
      for (const [replica, counter, check] of moves) {
        one.set(replica, counter, check * 0x7fffffff)
        final.set(replica, [counter, check * 0x7fffffff])
        expect(one.digest()).not.toEqual([0.5, 0.5])
      }
      for (const [replica, [counter, check]] of final) two.set(two.find(Uint8Array.of(replica)), counter, check)
      expect(two.digest()).toEqual(one.digest())
      const [replica, [counter, check]] = [...final][0] ?? [0, [0, 0]]
      one.set(replica, counter + 1, check)
      expect(two.digest()).not.toEqual(one.digest())
      one.set(replica, counter, check)
      expect(two.digest()).toEqual(one.digest())
      if (counter > 0) {
        one.set(replica, counter, check + 1)
        expect(two.digest()).not.toEqual(one.digest())
      }
    })
    fc.assert(property, runs(100))
  })

  test('ids are ordered as their bytes', () => {
    const property = fc.property(id, id, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b))
      expect(sameBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
    })
    fc.assert(property, runs(100))
  })
})
