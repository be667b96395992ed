/**
 * Drafts beside a plain model: a map of versions that is copied when a draft begins. What a draft reads, what it has noticed of others, and what is
 * there when it has committed, is what the model says; several are open at a time, while the clone is written to. And over several
 * clones, with crashes: nobody ever shows half of a draft.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import type { Clone, Draft } from '../../src/index.js'
import { Chance } from '../../src/testkit/chance.js'
import { contents, World } from '../clone/world.js'

type Step = readonly [kind: number, a: number, b: number, c: number]

/** A triple, and which insert of it is there: a delete takes only what it has seen. */
type Model = Map<string, number>

const names = ['a', 'b', 'c', 'd']
const keys = ['p', 'q']
let versions = 0

const triple = (subject: string, key: string, value: number): string => `${subject} ${key} ${value}`
const starting = (model: Model, start: string): string[] => [...model.keys()].filter(it => it.startsWith(start))

/** A subject as the model has it, to compare with what is read. */
function subjectOf(model: Model, id: string) {
  const lines = starting(model, `${id} `).map(line => line.split(' '))
  if (lines.length === 0) return undefined
  const found: Record<string, unknown> = { '@id': id }
  for (const key of keys) {
    const values = lines.filter(line => line[1] === key).map(line => Number(line[2]))
    if (values.length > 0) found[key] = values.length === 1 ? values[0] : values.sort((a, b) => a - b)
  }
  return found
}

const subjectsWith = (model: Model, key: string, value: number): string[] =>
  [...model.keys()].filter(line => line.endsWith(` ${key} ${value}`)).map(line => line.split(' ')[0])

/** A draft and what the model makes of it. */
class Both {
  readonly result: Promise<unknown>
  draft!: Draft
  settle!: (error?: Error) => void
  private readonly fixed: Model
  private readonly own: Model
  private readonly deleted = new Map<string, number>()
  /** What was asked, as questions to a model. */
  private readonly asked: ((model: Model) => unknown)[] = []

  constructor(clone: Clone, model: Model) {
    this.fixed = new Map(model)
    this.own = new Map(model)
    this.result = clone.write(
      draft =>
        new Promise<void>((resolve, reject) => {
          this.draft = draft
          this.settle = error => (error === undefined ? resolve() : reject(error))
        }),
    )
    this.result.catch(() => {})
  }

  step([kind, a, b, c]: Step): void {
    const [id, key, value] = [names[a % 4], keys[b % 2], c % 4]
    switch (kind % 7) {
      case 0:
        expect(this.draft.get(id)).toEqual(subjectOf(this.own, id))
        this.asked.push(model => starting(model, `${id} `).sort())
        break
      case 1:
        this.asked.push(model => starting(model, `${id} ${key} `).sort())
        expect(this.draft.get(id, key)?.[key]).toEqual(subjectOf(this.own, id)?.[key])
        break
      case 2: {
        const found = this.draft.read({ '@select': '?s', '@where': { '@id': '?s', [key]: value } })
        const ids = found.map(solution => (solution['?s'] as { '@id': string })['@id'])
        expect(ids.sort()).toEqual(subjectsWith(this.own, key, value).sort())
        // That nobody has heard of the key is known by other means; here somebody has.
        this.asked.push(model => subjectsWith(model, key, value).sort())
        break
      }
      case 3:
        this.draft.write({ '@id': id, [key]: [value, (value + 1) % 4] })
        for (const each of [value, (value + 1) % 4]) this.insert(triple(id, key, each))
        break
      case 4:
        this.draft.patch({ '@id': id, [key]: value })
        for (const line of starting(this.own, `${id} ${key} `)) this.remove(line)
        this.insert(triple(id, key, value))
        break
      case 5:
        this.draft.write({ '@delete': { '@id': id, [key]: value } })
        this.remove(triple(id, key, value))
        break
      default:
        this.draft.delete(id)
        for (const line of starting(this.own, `${id} `)) this.remove(line)
    }
  }

  private insert(line: string): void {
    this.remove(line)
    this.own.set(line, 0)
  }

  private remove(line: string): void {
    const version = this.own.get(line)
    if (version !== undefined && version > 0) this.deleted.set(line, version)
    this.own.delete(line)
  }

  checkChanged(now: Model): void {
    const changed = this.asked.some(ask => JSON.stringify(ask(this.fixed)) !== JSON.stringify(ask(now)))
    expect(this.draft.changed).toBe(changed)
  }

  commit(model: Model): void {
    for (const [line, version] of this.deleted) if (model.get(line) === version) model.delete(line)
    for (const [line, version] of this.own) if (version === 0) model.set(line, ++versions)
  }
}

function writeDirectly(clone: Clone, model: Model, [kind, a, b, c]: Step): void {
  const [id, key, value] = [names[a % 4], keys[b % 2], c % 4]
  if (kind % 3 === 0) {
    void clone.write({ '@id': id, [key]: value })
    model.set(triple(id, key, value), ++versions)
  } else if (kind % 3 === 1) {
    void clone.patch({ '@id': id, [key]: value })
    for (const line of starting(model, `${id} ${key} `)) model.delete(line)
    model.set(triple(id, key, value), ++versions)
  } else {
    void clone.delete(id)
    for (const line of starting(model, `${id} `)) model.delete(line)
  }
}

const steps = fc.array(fc.tuple(fc.nat(20), fc.nat(255), fc.nat(255), fc.nat(255)), {
  minLength: 10,
  maxLength: 80,
  size: 'max',
})

test('drafts read, notice and write what a plain model says', { timeout: 30_000 + fuzz.runs(60) * 200 }, async () => {
  const property = fc.asyncProperty(steps, async history => {
    const world = new World()
    const clone = await world.alone()
    const model: Model = new Map()
    // Everybody has heard of everything: what was unknown is told of more coarsely, and tested by itself.
    await world.settle(clone.write(names.map(id => ({ '@id': id, p: 9, q: 9 }))))
    await world.settle(clone.write({ '@delete': names.map(id => ({ '@id': id })) }))
    const open: Both[] = []
    for (const step of history) {
      const [kind, a] = step
      const both = open[a % (open.length || 1)]
      if (kind < 2 && open.length < 4) open.push(new Both(clone, model))
      else if (kind < 6 || both === undefined) writeDirectly(clone, model, step)
      else if (kind < 8) {
        open.splice(open.indexOf(both), 1)
        both.checkChanged(model)
        both.settle(kind === 6 ? undefined : new Error('given up'))
        await world.settle(both.result.catch(() => {}))
        if (kind === 6) both.commit(model)
      } else both.step(step)
      for (const each of open) each.checkChanged(model)
      for (const id of names) expect(clone.get(id)).toEqual(subjectOf(model, id))
    }
    expect(clone.stats()).toMatchObject({ triples: model.size, liveTriples: model.size })
    for (const { settle } of open) settle()
    await world.settle(clone.close())
  })
  await fc.assert(property, { numRuns: fuzz.runs(60) })
})

describe('over three clones, a draft', () => {
  /** Each draft moves 1 from one account to another, whatever it finds: the sum of what is written down together stays. */
  const whole = (clone: Clone): void => {
    const both = clone.read({ '@select': ['?m', '?n'], '@where': { '@id': '?s', half: '?m', other: '?n' } })
    const all = clone.read({ '@select': '?s', '@where': { '@id': '?s', half: '?m' } })
    const others = clone.read({ '@select': '?s', '@where': { '@id': '?s', other: '?m' } })
    const partners = clone.read({ '@select': '?s', '@where': { '@id': '?s', partner: { '@id': '?t', half: '?m' } } })
    expect([both.length, others.length, partners.length]).toEqual(new Array(3).fill(all.length))
  }

  test('is never seen by half, whatever crashes', { timeout: 60_000 + fuzz.runs(15) * 1000 }, async () => {
    let kept = 0
    let lost = 0
    // What a handler throws is only reported.
    const halves: unknown[] = []
    for (let run = 0; run < fuzz.runs(15); run++) {
      const chance = new Chance((fuzz.seed + run) & 0x7fffffff)
      const world = new World((fuzz.seed + run) & 0x7fffffff)
      const disks = [0, 1, 2].map(() => world.disk(20))
      const open = async (i: number, genesis = false) => {
        const clone = await world.open({ disk: disks[i], genesis })
        clone.follow(() => {
          if (clone.status.value.closed) return
          try {
            whole(clone)
          } catch (error) {
            halves.push(error)
          }
        })
        return clone
      }
      const clones = [await open(0, true), await open(1), await open(2)]
      await world.pass(5000)
      const written: { id: string; durable: boolean; deleted: boolean }[] = []
      for (let i = 0; i < 40; i++) {
        const clone = clones[chance.whole(0, 2)]
        const id = `run${run}-${i}`
        const entry = { id, durable: false, deleted: false }
        written.push(entry)
        const waitMs = chance.whole(0, 30)
        clone
          .write(async draft => {
            draft.write({ '@id': `x${i}`, partner: { '@id': id } })
            draft.write({ '@id': id, half: i })
            await world.time.delay(waitMs)
            const [old] = draft.read({ '@select': '?s', '@where': { '@id': '?s', half: '?h', other: '?o' } })
            const gone = (old?.['?s'] as { '@id': string } | undefined)?.['@id']
            if (gone !== undefined && chance.happens(0.2)) {
              const [{ '?x': partner }] = draft.read({
                '@select': '?x',
                '@where': { '@id': '?x', partner: { '@id': gone } },
              })
              draft.delete(gone)
              draft.delete((partner as { '@id': string })['@id'])
              const known = written.find(each => each.id === gone)
              if (known !== undefined) known.deleted = true
            }
            draft.write({ '@id': id, other: i })
          })
          .then(
            () => {
              entry.durable = true
            },
            () => {},
          )
        if (chance.happens(0.5)) await world.pass(chance.whole(0, 60))
        for (const each of clones) whole(each)
        if (chance.happens(0.1)) {
          const dead = chance.whole(0, 2)
          disks[dead].crash()
          void clones[dead].close()
          clones[dead] = await open(dead)
          whole(clones[dead])
        }
      }
      await world.pass(120_000)
      for (const clone of clones) {
        whole(clone)
        expect(contents(clone)).toEqual(contents(clones[0]))
      }
      for (const { id, durable, deleted } of written) {
        const isThere = clones[0].get(id) !== undefined
        if (durable && !deleted) expect(isThere).toBe(true)
        if (isThere) kept++
        else lost++
      }
    }
    expect(halves).toEqual([])
    expect(kept).toBeGreaterThan(0)
    expect(lost).toBeGreaterThan(0)
  })
})
