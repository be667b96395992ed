/** Laws of replicas of a document, by name, over random histories of three. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Replica } from '../../src/document/index.js'
import { type Files, TestBlocks } from './blocks.js'
import { History, historySteps, reopened, shown, sight } from './histories.js'

const holds = (law: (steps: History) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(historySteps, async steps => law(await History.run(steps))))

describe('replicas', () => {
  test('converge when all have the same files', () =>
    holds(async history => {
      await history.settle()
      const [one, ...others] = history.replicas
      for (const other of others) expect(sight(other)).toEqual(sight(one))
      expect(one.blocked()).toEqual([])
      expect(one.damaged()).toEqual([])
    }))

  test('that were reopened show what they showed when they saw it come', () =>
    holds(async history => {
      for (const [i, replica] of history.replicas.entries()) {
        replica.unstage()
        const expected = sight(replica)
        expect(sight(await reopened(history.folders[i]))).toEqual(expected)
        await replica.reload()
        expect(sight(replica)).toEqual(expected)
      }
    }))

  test('show the same however their files arrive: in any order, cut off, twice, under other names', () =>
    fc.assert(
      fc.asyncProperty(historySteps, fc.infiniteStream(fc.nat(1_000_000)), async (steps, chance) => {
        const history = await History.run(steps)
        const expected = sight(await reopened(history.files))
        const cloud: Files = new Map()
        const late = await Replica.open(new TestBlocks(cloud))
        const draw = (below: number): number => chance.next().value! % below
        const coming = [...history.files]
        for (let i = coming.length - 1; i > 0; i--) {
          const j = draw(i + 1)
          ;[coming[i], coming[j]] = [coming[j], coming[i]]
        }
        for (const [name, bytes] of coming) {
          const damage = draw(4)
          if (damage === 0) cloud.set(name, bytes.subarray(0, draw(bytes.length)))
          if (damage === 1) cloud.set(name.replace('.', '-copy.'), bytes)
          if (damage < 2) await late.refresh()
          cloud.set(name, bytes)
          if (draw(3) === 0) await late.refresh()
        }
        await late.refresh()
        expect(sight(late)).toEqual(expected)
        expect(late.damaged().every(({ reason }) => reason === 'name')).toBe(true)
      }),
    ))
})

describe('meld', () => {
  const melded = async (...folders: Files[]): Promise<Replica> => {
    const replica = await Replica.open(new TestBlocks())
    for (const files of folders) await replica.meld(await reopened(files))
    return replica
  }

  test('is commutative', () =>
    holds(async ({ folders: [a, b] }) => {
      expect(sight(await melded(a, b))).toEqual(sight(await melded(b, a)))
    }))

  test('is associative', () =>
    holds(async ({ folders: [a, b, c] }) => {
      const left = new TestBlocks()
      await (await Replica.open(left)).meld(await melded(a, b))
      const right = new TestBlocks()
      await (await Replica.open(right)).meld(await melded(b, c))
      expect(sight(await melded(left.files, c))).toEqual(sight(await melded(a, right.files)))
    }))

  test('is idempotent: once more copies nothing, and changes nothing', () =>
    holds(async ({ folders: [a, b] }) => {
      const once = await melded(a, b)
      const expected = sight(once)
      for (const files of [a, b, a]) expect(await once.meld(await reopened(files))).toEqual([])
      expect(sight(once)).toEqual(expected)
    }))

  test('changes nothing at the other', () =>
    holds(async ({ replicas: [a, b], folders }) => {
      const [files, expected] = [new Map(folders[1]), sight(b)]
      await a.meld(b)
      expect(folders[1]).toEqual(files)
      expect(sight(b)).toEqual(expected)
    }))
})

describe('staging', () => {
  test('a commit does not change what readers see, and leaves no list in conflict', () =>
    holds(async ({ replicas }) => {
      for (const replica of replicas) {
        const before = shown(replica)
        const committed = await replica.commit()
        expect(shown(replica)).toEqual(before)
        expect(replica.isStaged).toBe(false)
        if (committed) expect(replica.conflicts().filter(({ merged }) => merged)).toEqual([])
      }
    }))

  test('unstaging brings back what was there', () =>
    holds(async history => {
      for (const [i, replica] of history.replicas.entries()) {
        replica.unstage()
        expect(replica.isStaged).toBe(false)
        expect(sight(replica)).toEqual(sight(await reopened(history.folders[i])))
      }
    }))

  test('a stage that is taken back and replayed shows the same again', () =>
    holds(async ({ replicas }) => {
      for (const replica of replicas) {
        const [stage, expected] = [replica.stage(), sight(replica)]
        replica.unstage()
        if (stage) replica.replay(JSON.stringify(stage))
        expect(sight(replica)).toEqual(expected)
        expect(replica.stage()).toEqual(stage)
      }
    }))

  test('an update to what is shown changes nothing that is shown, and the next one stages nothing', () =>
    holds(async ({ replicas }) => {
      for (const replica of replicas) {
        const document = shown(replica)
        replica.update(document)
        expect(shown(replica)).toEqual(Object.keys(document).length === 0 ? { _id: '√' } : document)
        const { length } = JSON.stringify(replica.stage() ?? {})
        replica.update(shown(replica))
        expect(JSON.stringify(replica.stage() ?? {}).length).toBe(length)
      }
    }))
})
