import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Replica } from '../../src/document/index.js'
import { hasCode } from '../../src/errors.js'
import { type Files, readFolder, TestBlocks } from './blocks.js'

export const vectors = join(import.meta.dirname, '../vectors/melda')
const scenarios = join(vectors, 'scenarios')
export const scenarioNames = readdirSync(scenarios).sort()

/** A step of a script, as Melda's library was given it. */
export interface Step {
  readonly op: string
  readonly r?: string
  readonly url?: string
  readonly raw?: string
  readonly info?: Record<string, unknown>
  readonly from?: string
  readonly to?: string
  readonly uuid?: string
}

interface Outcome {
  readonly step: Step
  readonly result: unknown
}

export interface DumpedObject {
  winner: string
  history: string[]
  value_text: string
  conflicting?: Record<string, string>
}

export interface Dump {
  anchors: string[]
  in_conflict: string[]
  objects: Record<string, DumpedObject>
  read: { text?: string; error?: string; panic?: boolean }
}

export const readScenario = (name: string): { script: Step[]; results: Outcome[] } => ({
  script: JSON.parse(readFileSync(join(scenarios, name, 'script.json'), 'utf8')),
  results: JSON.parse(readFileSync(join(scenarios, name, 'result.json'), 'utf8')),
})

/** The folders that a scenario left, by their names: a folder is `a`, or `my%20dir`. */
export function scenarioFolders(name: string): Map<string, Files> {
  const folder = join(scenarios, name)
  const left = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory())
  return new Map(left.map(entry => [entry.name, readFolder(join(folder, entry.name))]))
}

/** The name of the folder that a step names. */
export const folderName = (url: string): string =>
  url.slice(url.indexOf('/FIXTURE/') + '/FIXTURE/'.length).replaceAll(' ', '%20')

/** What there is to see of a replica, in the form of the fixtures. */
export function dump(replica: Replica): Dump {
  const objects: Dump['objects'] = {}
  const conflicts = replica.conflicts()
  const valueText = (object: string, revision: string): string => {
    const marker = { d: '{"_deleted":true}', r: '{"_resolved":true}' }[revision.split(/[-_]/)[1]]
    return marker ?? replica.valueText(object, revision)!
  }
  for (const object of replica.objects()) {
    const winner = replica.winner(object)
    const others = conflicts.find(conflict => conflict.object === object)?.others
    objects[object] = {
      winner,
      history: replica.history(object),
      value_text: valueText(object, winner),
      ...(others && {
        conflicting: Object.fromEntries(others.map(({ revision }) => [revision, valueText(object, revision)])),
      }),
    }
  }
  return {
    anchors: [...replica.anchors],
    in_conflict: conflicts.map(({ object }) => object),
    objects,
    read: readOf(replica),
  }
}

function readOf(replica: Replica): Dump['read'] {
  try {
    return { text: replica.readText() }
  } catch (error) {
    if (hasCode(error, 'root-missing')) return { error: 'no_root' }
    throw error
  }
}

/** Runs scripts with replicas over folders in memory. */
export class Scenario {
  readonly folders = new Map<string, Files>()
  readonly replicas = new Map<string, Replica>()
  /** What `copydir` onto a folder itself brings: what was missing. */
  readonly missing: Files

  constructor(missing: Files = new Map()) {
    this.missing = missing
  }

  folder(url: string): Files {
    const name = folderName(url)
    const found = this.folders.get(name) ?? new Map()
    this.folders.set(name, found)
    return found
  }

  async run(step: Step): Promise<unknown> {
    const replica = this.replicas.get(step.r ?? '')!
    switch (step.op) {
      case 'open': {
        const options = { items: 'original', exponents: 'unsigned' } as const
        this.replicas.set(step.r!, await Replica.open(new TestBlocks(this.folder(step.url!)), options))
        return 'ok'
      }
      case 'update':
        return replica.update(step.raw!)
      case 'create_object':
        return replica.createObject(step.uuid!, step.raw!)
      case 'update_object':
        return replica.updateObject(step.uuid!, step.raw!)
      case 'delete_object':
        return replica.deleteObject(step.uuid!)
      case 'commit': {
        const committed = await replica.commit(step.info)
        return committed ? [committed.id] : null
      }
      case 'dump':
        return dump(replica)
      case 'copydir': {
        const to = this.folder(step.to!)
        for (const [name, bytes] of step.from === step.to ? this.missing : this.folder(step.from!)) to.set(name, bytes)
        return true
      }
      case 'meld':
        return await replica.meld(this.replicas.get(step.from!)!)
      case 'refresh':
        await replica.refresh()
        return 'ok'
      case 'log':
        return replica.log().map(({ id, information, packs, parents, anchor }) => ({
          anchor,
          id,
          info: information ?? null,
          packs,
          parents: parents.length === 0 ? null : parents,
        }))
      case 'resolve_all':
        return Object.fromEntries(replica.resolve().map(({ object, revision }) => [object, revision]))
      case 'resolve_loser': {
        const conflict = replica.conflicts().find(({ object }) => object === step.uuid)!
        return replica.resolve({ object: step.uuid, winner: conflict.others[0].revision })[0].revision
      }
      case 'stage':
        return replica.stage() ?? null
      case 'unstage':
        replica.unstage()
        return 'ok'
      case 'snapshot':
        replica.snapshot()
        return 'ok'
    }
    throw new Error(`no such step: ${step.op}`)
  }
}
