/**
 * Lists on random histories of five clones: inserted, deleted, moved and replaced concurrently, delivered in any order, states joined, changes
 * undone, clones opened again. The order is compared with a slow reference and with what events told; at the end it is the same everywhere, each slot that
 * nobody deleted stands there once, and what one typed together stands together.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { ListProperty } from '../../src/graph/index.js'
import type { Changes } from '../../src/operation/index.js'
import { Chance } from '../../src/testkit/chance.js'
import type { ListWriter } from '../../src/transaction/list-writer.js'
import { ListClone } from './list-clone.js'

type Step = readonly [kind: number, a: number, b: number, c: number]

/** What a step may be, as often as it stands here. */
const kinds = [
  ...(['insert', 'insert', 'typeForwards', 'typeForwards', 'typeBackwards', 'typeBackwards', 'several'] as const),
  ...(['move', 'move', 'moveMany', 'replace', 'delete', 'delete', 'moveAndDelete', 'deliver', 'deliver'] as const),
  ...(['deliver', 'deliverAll', 'join', 'reopen', 'reload', 'undoWrite', 'undoJoin', 'wild', 'tick'] as const),
]

const steps = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(fc.tuple(fc.nat(kinds.length - 1), fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff)), {
    maxLength,
    size: 'max',
  })

interface Run {
  readonly slots: readonly string[]
  /** By slot: what its writer had seen. */
  readonly seen: ReadonlySet<string>
}

class World {
  readonly clones: ListClone[] = []
  readonly log: Uint8Array[] = []
  readonly inserted = new Map<string, ReadonlySet<string>>()
  readonly deleted = new Set<string>()
  readonly moved = new Set<string>()
  readonly runs: Run[] = []
  private readonly inboxes: Uint8Array[][] = []
  private readonly wild: boolean
  private items = 0

  /** @param wild whether to write what no honest clone does */
  constructor(size: number, seed: number, wild: boolean) {
    const chance = new Chance(seed)
    this.wild = wild
    for (let i = 0; i < size; i++) {
      this.clones.push(new ListClone(chance.branch()))
      this.clones[i].nowMs += i * 3
      this.inboxes.push([])
    }
  }

  private write(at: number, fill: (writer: ListWriter, changes: Changes) => void): void {
    const written = this.clones[at].write(fill)
    if (written === undefined) return
    this.log.push(written.bytes)
    this.inboxes.forEach((inbox, other) => {
      if (other !== at) inbox.push(written.bytes)
    })
  }

  /** Inserts new items, and keeps what is known of them. @returns their slots */
  private insert(at: number, index: number, count: number): string[] {
    const clone = this.clones[at]
    const seen = new Set(clone.seen)
    const items = Array.from({ length: count }, () => ({ slot: 0, item: clone.text(`i${++this.items}`) }))
    this.write(at, writer => writer.insert(clone.iri('list'), index, items))
    const slots = clone.list('list').flatMap(({ slot }, i) => (i >= index && i < index + count ? [slot] : []))
    for (const slot of slots) this.inserted.set(slot, seen)
    return slots
  }

  step([kind, a, b, c]: Step): void {
    const at = a % this.clones.length
    const clone = this.clones[at]
    const other = this.clones[c % this.clones.length]
    const list = clone.list('list')
    const id = clone.iri('list')
    const place = b % 3 === 0 ? ((b & 8) / 8) * list.length : b % (list.length + 1)
    const count = 1 + (c % 4)
    const slot = list[c % Math.max(1, list.length)]?.slot
    const item = (name: string) => ({
      slot: clone.iri(name),
      item: clone.graph.list(id).itemAt(list.findIndex(it => it.slot === name)),
    })
    clone.nowMs += b % 3
    const does: Record<(typeof kinds)[number], () => void> = {
      insert: () => this.insert(at, place, count),
      typeForwards: () => {
        const seen = new Set(clone.seen)
        this.runs.push({ seen, slots: Array.from({ length: count }, (_, i) => this.insert(at, place + i, 1)[0]) })
      },
      typeBackwards: () => {
        const seen = new Set(clone.seen)
        const slots = Array.from({ length: count }, () => this.insert(at, place, 1)[0])
        this.runs.push({ seen, slots: slots.reverse() })
      },
      several: () =>
        this.write(at, writer => {
          for (const index of [c % 7, place, 1000])
            writer.insert(id, index, [{ slot: 0, item: clone.text(`i${++this.items}`) }])
        }),
      move: () => {
        if (slot === undefined) return
        this.moved.add(slot)
        this.write(at, writer => writer.insert(id, place, [item(slot)]))
      },
      moveMany: () => {
        const some = list.filter((_, i) => (b >> (i % 8)) & 1).map(it => it.slot)
        for (const name of some) this.moved.add(name)
        this.write(at, writer => writer.insert(id, place, some.map(item)))
      },
      replace: () => {
        if (slot === undefined) return
        this.write(at, writer =>
          writer.insert(id, c % list.length, [{ slot: clone.iri(slot), item: clone.text(`i${++this.items}`) }]),
        )
      },
      delete: () => {
        if (slot === undefined) return
        this.deleted.add(slot)
        this.write(at, writer => writer.deleteSlot(id, clone.iri(slot)))
      },
      moveAndDelete: () => {
        if (list.length < 2) return
        const [gone, stays] = [list[0].slot, list[1].slot]
        this.deleted.add(gone)
        this.moved.add(stays)
        this.write(at, writer => {
          writer.deleteSlot(id, clone.iri(gone))
          writer.deleteSlot(id, clone.iri(stays))
          writer.insert(id, place, [item(stays)])
        })
      },
      deliver: () => this.deliver(at, b, 1 + (c % 3)),
      deliverAll: () => this.deliver(at, b, Number.MAX_SAFE_INTEGER),
      join: () => {
        clone.join(other)
        clone.takeWaiting()
      },
      reopen: () => this.reopen(at, false),
      reload: () => this.reopen(at, true),
      undoWrite: () => {
        const written = clone.write(writer => {
          writer.insert(id, place, [{ slot: 0, item: clone.text('undone') }])
          if (slot !== undefined) writer.insert(id, 0, [item(slot)])
          if (list[0] !== undefined) writer.deleteSlot(id, clone.iri(list[0].slot))
        })
        clone.undo(written!.undoable)
        this.reopen(at, false)
      },
      undoJoin: () => clone.undo(clone.join(other)),
      wild: () => {
        if (this.wild) this.writeWild(at, [a >> 3, b, c])
      },
      tick: () => {
        clone.nowMs += b % 1000
      },
    }
    does[kinds[kind]]()
  }

  /** Triples as anybody can write them: slots in several lists, positions that are none, literals for slots, lists cleared. */
  private writeWild(at: number, [a, b, c]: readonly number[]): void {
    const clone = this.clones[at]
    const { terms } = clone.graph
    const subjects = ['list', 'other', 'slot/1', 'slot/2', ...clone.list('list').map(({ slot }) => slot)]
    const subject = clone.iri(subjects[a % subjects.length])
    const objects = [
      ...subjects.map(name => clone.iri(name)),
      ...['', 'x', '\uffff', 'x'.repeat(5000), 'N0000000-V', 'N00000000V'].map(text => clone.text(text)),
      ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map(number => terms.integer(number, true)),
    ]
    const object = objects[b % objects.length]
    this.write(at, (writer, changes) => {
      if (c % 5 === 0) writer.clearList(clone.iri(subjects[a % 2]))
      else if (c % 5 === 1) writer.deleteSlot(clone.iri(subjects[a % 2]), object)
      else changes.triple(subject, (b >> 6) % 3, object)
    })
  }

  private deliver(at: number, by: number, count: number): void {
    const inbox = this.inboxes[at]
    for (let i = 0; i < count && inbox.length > 0; i++)
      this.clones[at].take(inbox.splice((by + i) % inbox.length, 1)[0])
  }

  private reopen(at: number, reload: boolean): void {
    this.clones[at].reopen(reload)
    this.inboxes[at].push(...this.log)
  }

  run(history: readonly Step[]): void {
    history.forEach((step, i) => {
      this.step(step)
      if (i % 4 === 0) this.clones[step[1] % this.clones.length].check()
    })
    this.clones.forEach((clone, at) => {
      for (const bytes of this.log.toReversed()) clone.take(bytes)
      clone.check()
      this.inboxes[at].length = 0
    })
    for (const clone of this.clones) expect(clone.list('list')).toEqual(this.clones[0].list('list'))
  }
}

const timeoutMs = 60_000 + fuzz.runs(60_000)

describe('lists of five clones', () => {
  test(
    'are in the same order everywhere, and hold every slot that nobody deleted once',
    () => {
      fc.assert(
        fc.property(fc.nat(), steps(60), (seed, history) => {
          const world = new World(5, seed, false)
          world.run(history)
          const slots = world.clones[0].list('list').map(({ slot }) => slot)
          expect(new Set(slots).size).toBe(slots.length)
          const known = [...world.inserted.keys()].filter(slot => !world.deleted.has(slot))
          expect(slots.filter(slot => world.inserted.has(slot)).sort()).toEqual(known.sort())
          for (const slot of world.deleted) expect(slots).not.toContain(slot)
        }),
        { numRuns: fuzz.runs(100) },
      )
    },
    timeoutMs,
  )

  test(
    'keep together what one typed together, forwards and backwards',
    () => {
      const typing = steps(60).map(list =>
        // No moves: who moves an item puts it where it likes.
        list.filter(([kind]) => !['move', 'moveMany', 'moveAndDelete', 'undoWrite', 'undoJoin'].includes(kinds[kind])),
      )
      fc.assert(
        fc.property(fc.nat(), typing, (seed, history) => {
          const world = new World(5, seed, false)
          world.run(history)
          const slots = world.clones[0].list('list').map(({ slot }) => slot)
          for (const { slots: run, seen } of world.runs)
            for (let i = 1; i < run.length; i++) {
              const [before, after] = [slots.indexOf(run[i - 1]), slots.indexOf(run[i])]
              if (before < 0 || after < 0) continue
              expect(before).toBeLessThan(after)
              for (const between of slots.slice(before + 1, after)) {
                const known = world.inserted.get(between)
                if (known !== undefined && !seen.has(between))
                  expect(known.has(run[i - 1]) || known.has(run[i])).toBe(true)
              }
            }
        }),
        { numRuns: fuzz.runs(75) },
      )
    },
    timeoutMs,
  )

  test(
    'converge, and fit to what was told, whatever anybody writes',
    () => {
      const wild = steps(60).map(list =>
        list.map(([kind, a, b, c]): Step => [c % 3 === 0 ? kinds.indexOf('wild') : kind, a, b, c]),
      )
      fc.assert(
        fc.property(fc.nat(), wild, (seed, history) => {
          const world = new World(5, seed, true)
          world.run(history)
          expect(
            world.clones.every(
              clone => JSON.stringify(clone.list('other')) === JSON.stringify(world.clones[0].list('other')),
            ),
          ).toBe(true)
        }),
        { numRuns: fuzz.runs(100) },
      )
    },
    timeoutMs,
  )
})

test('a slot that is moved concurrently ends where it was moved last; deleted concurrently, it is gone, hidden positions and all', () => {
  const chance = new Chance(fuzz.seed)
  const [a, b] = [new ListClone(chance.branch()), new ListClone(chance.branch())]
  const items = (clone: ListClone) => ['x', 'y', 'z'].map(text => ({ slot: 0, item: clone.text(text) }))
  b.take(a.write(writer => writer.insert(a.iri('list'), 0, items(a)))!.bytes)
  const [{ slot }] = a.list('list')
  const move = (clone: ListClone, index: number) =>
    clone.write(writer => writer.insert(clone.iri('list'), index, [{ slot: clone.iri(slot), item: clone.text('x') }]))!
      .bytes
  b.nowMs += 10
  const moves = [move(a, 2), move(b, 3)]
  a.take(moves[1])
  b.take(moves[0])
  const order = (clone: ListClone) =>
    clone
      .list('list')
      .map(({ item }) => item.slice(2))
      .join('')
  expect([order(a), order(b)]).toEqual(['yzx', 'yzx'])
  expect(a.graph.liveCount - a.graph.tripleCount).toBe(1)
  const moved = move(a, 1)
  const deleted = b.write(writer => writer.deleteSlot(b.iri('list'), b.iri(slot)))!.bytes
  a.take(deleted)
  b.take(moved)
  expect([order(a), order(b)]).toEqual(['yz', 'yz'])
  expect(a.graph.liveCount).toBe(a.graph.tripleCount)
  expect(a.objectsOf(slot, ListProperty.item)).toEqual([])
})
