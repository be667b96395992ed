/**
 * Documents in folders that cloud drives keep the same, with all that drives do to files: random histories of three replicas, and a second process in
 * one of the folders. Once the files are whole, all show the same; what was acknowledged is there; and an independent checker, written from the description of
 * the format, accepts the files and sees in them what we see.
 */
import { rmSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { checkFolder } from '../../../../test/melda-format/check.mjs'
import { Folder } from '../../../../test/melda-format/folder.js'
import { Replica } from '../../src/document/index.js'
import { type Files, TestBlocks } from './blocks.js'
import { Drive, type DriveStep, driveFaults } from './drive.js'
import { History, type HistoryStep, historySteps, reopened, sight } from './histories.js'

/** A step of three replicas on a drive, of the drive, or of both. */
type Step =
  | { readonly kind: 'history'; readonly steps: readonly HistoryStep[] }
  | { readonly kind: 'drive'; readonly steps: readonly DriveStep[] }
  | { readonly kind: 'refresh'; readonly at: number }
  | { readonly kind: 'merge'; readonly at: number }
  | { readonly kind: 'race'; readonly at: number; readonly v: number }

const at = fc.integer({ min: 0, max: 2 })
const driveStep = fc.record({
  what: fc.constantFrom(...driveFaults),
  folder: at,
  file: fc.nat(1000),
  size: fc.nat(1000),
})

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('history' as const), steps: historySteps.map(all => all.slice(0, 5)) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('drive' as const),
        steps: fc.array(driveStep, { minLength: 1, maxLength: 10 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('refresh' as const), at }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('merge' as const), at }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('race' as const), at, v: fc.nat(3) }) },
  ),
  { minLength: 5, maxLength: 25, size: 'max' },
)

/** What a commit wrote, as it was acknowledged: the values that were staged, by object and revision. */
interface Acknowledged {
  readonly id: string
  readonly values: ReadonlyMap<string, string | undefined>
}

/** Three replicas, each over its folder of a drive, and a second process over the first folder. */
class Company extends History {
  readonly drive = new Drive(3)
  readonly acknowledged: Acknowledged[] = []

  static async play(steps: readonly Step[]): Promise<Company> {
    const company = new Company()
    for (const folder of [0, 1, 2]) company.add(await Replica.open(company.drive.store(folder)))
    company.add(await Replica.open(company.drive.store(0)))
    for (const step of steps) await company.take(step)
    return company
  }

  private add(replica: Replica): void {
    this.replicas.push(replica)
    const commit = replica.commit.bind(replica)
    // Whatever commits, what it acknowledges is noted.
    replica.commit = async (...given) => {
      const values = staged(replica)
      const committed = await commit(...given)
      if (committed) this.acknowledged.push({ id: committed.id, values })
      return committed
    }
  }

  private async take(step: Step): Promise<void> {
    const { replicas, drive } = this
    if (step.kind === 'drive') for (const each of step.steps) drive.step(each)
    else if (step.kind === 'history') for (const each of step.steps) await this.step(each)
    else if (step.kind === 'refresh') await replicas[step.at].refresh()
    else if (step.kind === 'merge') await replicas[step.at].commit({ by: step.at }, { merge: true })
    else {
      // In one folder, or in two: at the same time, and perhaps the same.
      const pair = step.at === 0 ? [replicas[0], replicas[3]] : [replicas[step.at], replicas[step.at - 1]]
      for (const [i, replica] of pair.entries()) replica.updateObject('a', { v: step.v, by: i % (1 + (step.v % 2)) })
      await Promise.all(pair.map(replica => replica.commit()))
    }
  }

  /** All commit; the drive brings all files; all look. */
  override async settle(): Promise<void> {
    for (const replica of this.replicas) await replica.commit()
    this.drive.settle()
    for (const replica of this.replicas) await replica.refresh()
  }
}

/** The texts of all that is staged, by object and revision. */
function staged(replica: Replica): Map<string, string | undefined> {
  const stage = replica.stage() as { c: string[][] } | undefined
  const values = new Map<string, string | undefined>()
  for (const [object] of stage?.c ?? [])
    for (const revision of [replica.winner(object)])
      values.set(`${revision} ${object}`, replica.valueText(object, revision))
  return values
}

const holds = (law: (company: Company) => Promise<void>, runs: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(steps, async all => law(await Company.play(all))),
    { numRuns: fuzz.runs(runs) },
  )

test('all converge once the files are whole, whatever lies beside them', () =>
  holds(async company => {
    await company.settle()
    const { replicas, drive } = company
    const expected = sight(await reopened(drive.written))
    for (const replica of replicas) {
      expect(sight(replica)).toEqual(expected)
      expect(replica.blocked()).toEqual([])
      expect(replica.damaged().filter(({ reason }) => reason !== 'name' && reason !== 'foreign')).toEqual([])
    }
    for (const files of drive.folders) expect(sight(await reopened(files))).toEqual(expected)
  }, 60))

test('nothing that was acknowledged is lost: its block counts, and its values can be read', () =>
  holds(async company => {
    await company.settle()
    for (const replica of company.replicas) {
      const blocks = new Set(replica.log().map(({ id }) => id))
      for (const { id, values } of company.acknowledged) {
        expect(blocks).toContain(id)
        if (replica.origins.includes(id)) continue
        for (const [place, text] of values) {
          const [revision, object] = [place.slice(0, place.indexOf(' ')), place.slice(place.indexOf(' ') + 1)]
          expect(replica.valueText(object, revision)).toBe(text)
        }
      }
    }
  }, 60))

test('while files are missing, cut off or strange, what is read is a whole past of the document', () =>
  holds(async ({ drive }) => {
    for (const files of drive.folders) {
      const seen = await reopened(files)
      const whole = await reopened(drive.written)
      const blocks = seen.log().map(({ id }) => id)
      if (blocks.length === 0) continue
      await whole.reload({ until: seen.anchors })
      expect(
        whole
          .log()
          .map(({ id }) => id)
          .sort(),
      ).toEqual(blocks.sort())
      const { conflicts, objects } = sight(whole)
      expect(sight(seen)).toMatchObject({ conflicts, objects })
    }
  }, 60))

test('those who merge apart, and then meet through the drive, agree, and have no new conflict', () =>
  holds(async company => {
    await company.settle()
    const { replicas, drive } = company
    for (const replica of replicas.slice(0, 3)) await replica.commit({ by: 'merge' }, { merge: true })
    const expected = replicas[0].conflicts().map(({ object }) => object)
    const text = sight(replicas[0]).read
    drive.settle()
    for (const replica of replicas) {
      await replica.refresh()
      expect(replica.conflicts().map(({ object }) => object)).toEqual(expected)
      expect(sight(replica).read).toEqual(text)
    }
  }, 60))

test('an independent checker accepts all that was written, and sees what we see', () =>
  holds(async company => {
    await company.settle()
    // One removed a list, another changed its owner, and nobody has committed since: the original fails then.
    await expectAgreement(company.drive.written, ['A.3/unknown-descriptor'])
    const [, replica] = company.replicas
    await replica.commit({}, { merge: true })
    replica.snapshot()
    replica.updateObject('last', {})
    await replica.commit()
    await expectAgreement(company.drive.written)
  }, 40))

async function expectAgreement(files: Files, except: readonly string[] = []): Promise<void> {
  const folder = new Folder()
  try {
    for (const [name, bytes] of files) folder.put(name, bytes)
    const report = checkFolder(folder.path)
    expect(report.errors.filter(({ check }) => !except.includes(check))).toEqual([])
    expect(report.blocked).toEqual([])
    const replica = await Replica.open(new TestBlocks(new Map(files)), { items: 'original' })
    expect(report.anchors).toEqual(replica.anchors)
    expect([...report.ready].sort()).toEqual(
      replica
        .log()
        .map(({ id }) => id)
        .sort(),
    )
    const conflicts = new Map(replica.conflicts().map(conflict => [conflict.object, conflict]))
    expect(Object.keys(report.objects).sort()).toEqual(replica.objects().sort())
    for (const [id, object] of Object.entries(report.objects)) {
      const conflict = conflicts.get(id)
      const ours = {
        winner: replica.winner(id),
        leaves: conflict
          ? [...conflict.others.map(({ revision }) => revision)].reverse().concat(conflict.winner.revision)
          : [replica.winner(id)],
        history: replica.history(id),
      }
      const { winner, leaves, history } = object
      expect({ winner, leaves, history }, id).toEqual(ours)
      if (conflict?.merged && object.order !== undefined) expect(JSON.parse(object.order)).toEqual(conflict.merged)
      const text = replica.valueText(id)
      if (text !== undefined) expect(object.value).toBe(text)
    }
    if ('text' in report.read) expect(report.read).toEqual({ text: replica.readText() })
  } finally {
    rmSync(folder.path, { recursive: true, force: true })
  }
}
