/**
 * What Melda's library (0.6.5) did, step by step, and what this one does: equal to the letter, but for the differences in the table. The names of
 * packs with several new objects are random there; so those of blocks are compared by what they hold.
 */
import { describe, expect, test } from 'vitest'
import { parseJson, plainOf } from '../../src/codec/index.js'
import { decodeDelta, decodePack, Replica } from '../../src/document/index.js'
import { type Files, TestBlocks } from './blocks.js'
import { expectNamesToTell } from './names-tell.js'
import {
  type Dump,
  dump,
  folderName,
  readScenario,
  Scenario,
  type Step,
  scenarioFolders,
  scenarioNames,
} from './scenario.js'

/** Where this implementation does better, by scenario and step; each with the reason. What it does instead is in better-than-original.test.ts. */
const differences: Record<string, { steps: number[]; reason: string }> = {
  '01_readme_alice_bob': { steps: [19], reason: 'a meld is seen at once: there, only after a refresh' },
  '02_readme_flate': { steps: [19], reason: 'as in 01' },
  '03_readme_brotli': { steps: [19], reason: 'as in 01' },
  '05_delete_resurrect': {
    steps: [20, 21, 23],
    reason: 'a deleted list that comes back empty is there again: there, it stays deleted, and every later read panics',
  },
  '17_object_api': {
    steps: [3, 7, 8, 9, 10, 11, 13],
    reason:
      'the first block says of each object only what it is in the end: there, two changes before it make a block that is never read again',
  },
  '33_corrupt_pack': { steps: [0, 1], reason: 'a corrupt pack is set aside: there, the whole document does not open' },
  '36_pack_pretty_printed': {
    steps: [3, 4],
    reason: 'values are compared, not digests: there, the same document is a change',
  },
  '39_two_updates_before_first_commit': { steps: [3, 4, 6], reason: 'as in 17' },
  '41_stray_files': { steps: [0, 1], reason: 'a stray file is set aside: there, the document does not open' },
}

/** Scenarios that begin with a folder: what it lacks at first. */
const beginnings: Record<string, ((name: string) => boolean) | undefined> = {
  '31_missing_parent': name => name.startsWith('2-'),
  '32_missing_pack': name => name.startsWith('df884f'),
  '33_corrupt_pack': () => false,
  '36_pack_pretty_printed': name => name.startsWith('2-') || name.startsWith('34'),
  '38_escaped_braces_in_pack': () => false,
  '41_stray_files': () => false,
}

/** Blocks and packs of theirs, and ours in their place. */
class Correspondence {
  readonly names = new Map<string, string>()
  private readonly theirs: Files

  constructor(theirs: Files) {
    this.theirs = theirs
  }

  of(name: string): string {
    return this.names.get(name) ?? name
  }

  sorted(names: readonly string[]): string[] {
    return names.map(name => this.of(name)).sort()
  }

  /** @returns how many new objects it has: with one, or none, its name is to be the same */
  block(theirs: string, ours: string, folder: Files): number {
    const [a, b] = [decodeDelta(this.theirs.get(`${theirs}.delta`)!), decodeDelta(folder.get(`${ours}.delta`)!)]
    const key = (record: object): string => JSON.stringify(record)
    expect(b.records.map(key).sort()).toEqual(a.records.map(key).sort())
    expect(b.information).toEqual(a.information)
    expect(b.parents).toEqual(this.sorted(a.parents))
    expect(b.packs.length).toBe(a.packs.length)
    const digests = (pack: Uint8Array): string[] =>
      decodePack(pack)
        .entries.map(({ digest }) => digest)
        .sort()
    for (const [i, pack] of a.packs.entries()) {
      expect(digests(folder.get(`${b.packs[i]}.pack`)!)).toEqual(digests(this.theirs.get(`${pack}.pack`)!))
      this.names.set(pack, b.packs[i]).set(`${pack}.pack`, `${b.packs[i]}.pack`)
    }
    this.names.set(theirs, ours).set(`${theirs}.delta`, `${ours}.delta`)
    const objects = a.packs.map(pack => decodePack(this.theirs.get(`${pack}.pack`)!).entries.length)
    const changes = a.records.length
    return changes > 1 && a.records.some(({ digest }) => digest === 'r') ? changes : Math.max(0, ...objects)
  }
}

/** For each commit that was repeated after their blocks: whether its name had to be the same. */
const written: boolean[] = []

describe.each(scenarioNames)('%s', name => {
  const { script, results } = readScenario(name)
  const { steps: different = [] } = differences[name] ?? { steps: [] }

  test('does as the original, step by step', async () => {
    const left = scenarioFolders(name)
    const theirs: Files = new Map([...left.values()].flatMap(files => [...files]))
    const lacks = beginnings[name]
    const scenario = new Scenario(lacks ? theirs : new Map())
    if (lacks) for (const [folder, files] of left) scenario.folders.set(folder, without(files, lacks))
    const known = new Correspondence(theirs)
    for (const [i, step] of script.entries()) {
      const got = await scenario.run(step)
      if (different.includes(i) || i >= results.length) continue
      const where = `${i} ${step.op}`
      const want = results[i].result
      if (step.op === 'commit') {
        expect(Array.isArray(got), where).toBe(Array.isArray(want))
        if (!Array.isArray(got) || !Array.isArray(want)) continue
        const folder = scenario.folder(urlOf(script, step))
        const objects = known.block(want[0], got[0], folder)
        const parents = decodeDelta(folder.get(`${got[0]}.delta`)!).parents
        if (objects > 1 || !decodeDelta(theirs.get(`${want[0]}.delta`)!).parents.every(id => parents.includes(id)))
          continue
        expect(got[0], where).toBe(want[0])
      } else if (step.op === 'dump') {
        const expected = want as Dump
        expect(got, where).toEqual({ ...expected, anchors: known.sorted(expected.anchors) })
      } else if (step.op === 'meld') expect((got as string[]).sort(), where).toEqual(known.sorted(want as string[]))
      else if (step.op === 'log')
        expect(byId(got as Entry[]), where).toEqual(byId((want as Entry[]).map(entry => mapped(entry, known))))
      else if (step.op === 'stage')
        expect(sortedStage(got), where).toEqual(sortedStage(plainOf(parseJson(want as string), 'lossless')))
      else expect(got, where).toEqual(want)
    }
    for (const files of scenario.folders.values()) if (name !== '33_corrupt_pack') expectNamesToTell(files)
  })

  test('writes the same blocks after theirs', async () => {
    const theirs: Files = new Map([...scenarioFolders(name).values()].flatMap(files => [...files]))
    const pending = new Map<string, Step[]>()
    for (const [i, { step, result }] of results.entries()) {
      const steps = pending.get(step.r ?? '') ?? []
      if (step.op !== 'commit') {
        if (!['dump', 'log', 'stage'].includes(step.op)) pending.set(step.r ?? '', [...steps, step])
        continue
      }
      pending.set(step.r!, [])
      const changes = steps.filter(({ op }) => !['open', 'meld', 'refresh', 'copydir', 'unstage'].includes(op))
      if (!Array.isArray(result) || changes.length !== 1 || changes[0].op !== 'update' || different.includes(i))
        continue
      const want = decodeDelta(theirs.get(`${result[0]}.delta`)!)
      const files = past(theirs, want.parents)
      const replica = await Replica.open(new TestBlocks(files), { items: 'original', exponents: 'unsigned' })
      expect(replica.anchors).toEqual(want.parents)
      replica.update(changes[0].raw!)
      const committed = await replica.commit(step.info)
      expect(replica.anchors).toEqual([committed!.id])
      const got = decodeDelta(files.get(`${committed!.id}.delta`)!)
      expect({ ...got, packs: [] }).toEqual({ ...want, packs: [] })
      const single = want.packs.every(pack => decodePack(theirs.get(`${pack}.pack`)!).entries.length === 1)
      // What they wrote with several objects is in a random order.
      if (single) expect(committed!.id, `${i}`).toBe(result[0])
      written.push(single)
    }
  })

  test('reads the folders that the original wrote', async () => {
    let compared = 0
    for (const [folder, files] of scenarioFolders(name)) {
      const expected = lastDump(folder)
      const replica = await Replica.open(new TestBlocks(files), { items: 'original', exponents: 'unsigned' })
      expect(replica.generation).toBe('D')
      if (expected === undefined) continue
      compared++
      const got = dump(replica)
      // An empty list where they panic.
      if (expected.read.panic) expect(got).toEqual({ ...expected, read: { text: '{"_id":"√","items♭":[]}' } })
      else expect(got).toEqual(expected)
    }
    const unseen = /^(02|03|07b|33|41|45)_/.test(name)
    if (!unseen) expect(compared).toBeGreaterThan(0)
  })

  /** What was last seen of a folder, when nothing changed it after that. */
  function lastDump(folder: string): Dump | undefined {
    let expected: Dump | undefined
    const places = new Map<string, string>()
    for (const [i, { step, result }] of results.entries()) {
      if (step.op === 'open') places.set(step.r!, folderName(step.url!))
      if (places.get(step.r ?? '') !== folder) continue
      if (step.op === 'commit' && result !== null) expected = undefined
      if (step.op === 'meld') expected = undefined
      const isStaged = results
        .slice(0, i)
        .findLast(({ step: { op, r } }) => r === step.r && op !== 'dump' && op !== 'stage' && op !== 'log')
      const clean = isStaged === undefined || ['open', 'commit', 'refresh', 'unstage'].includes(isStaged.step.op)
      if (step.op === 'dump' && clean) {
        const { anchors, panic } = result as Dump & { panic?: string }
        // What they cannot read again, we can.
        if (panic === undefined && anchors.length > 0) expected = result as Dump
      }
    }
    return expected
  }
})

test('commits were repeated', () => {
  expect([written.length, written.filter(single => single).length]).toEqual([54, 27])
})

interface Entry {
  readonly id: string
  readonly packs: readonly string[]
  readonly parents: readonly string[] | null
}

const mapped = (entry: Entry, known: Correspondence): Entry => ({
  ...entry,
  id: known.of(entry.id),
  packs: known.sorted(entry.packs),
  parents: entry.parents && known.sorted(entry.parents),
})

const byId = (entries: readonly Entry[]): Entry[] => [...entries].sort((a, b) => (a.id < b.id ? -1 : 1))

function sortedStage(stage: unknown): unknown {
  const { c, ...rest } = stage as { c: unknown[] }
  return { ...rest, c: c.map(record => JSON.stringify(record)).sort() }
}

/** Blocks, all that they follow, and their packs. */
function past(files: Files, blocks: readonly string[]): Files {
  const found: Files = new Map()
  const open = [...blocks]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const bytes = files.get(`${id}.delta`)!
    const { parents, packs } = decodeDelta(bytes)
    found.set(`${id}.delta`, bytes)
    for (const pack of packs) found.set(`${pack}.pack`, files.get(`${pack}.pack`)!)
    open.push(...parents)
  }
  return found
}

const without = (files: Files, lacks: (name: string) => boolean): Files =>
  new Map([...files].filter(([name]) => !lacks(name)))

const urlOf = (script: readonly Step[], { r }: Step): string =>
  script.find(step => step.op === 'open' && step.r === r)!.url!
