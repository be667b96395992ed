import fc from 'fast-check'
import { Replica } from '../../src/document/index.js'
import { type Files, TestBlocks } from './blocks.js'
import { type Dump, dump } from './scenario.js'

/** A step of a random history. Numbers choose among what is there. */
export type HistoryStep =
  | { readonly kind: 'update'; readonly at: number; readonly document: Record<string, unknown> }
  | { readonly kind: 'edit'; readonly at: number; readonly edit: Edit }
  | { readonly kind: 'put'; readonly at: number; readonly id: string; readonly v: number }
  | { readonly kind: 'create'; readonly at: number; readonly id: string; readonly v: number }
  | { readonly kind: 'delete' | 'remove'; readonly at: number; readonly id: string }
  | { readonly kind: 'commit' | 'resolve' | 'snapshot' | 'unstage'; readonly at: number }
  | { readonly kind: 'meld'; readonly at: number; readonly from: number }
  | { readonly kind: 'resolveLoser'; readonly at: number; readonly which: number }

/** A change of the list that a replica shows, as a person makes it. */
export interface Edit {
  readonly what: 'add' | 'drop' | 'move' | 'change' | 'other'
  readonly index: number
  readonly to: number
  readonly v: number
}

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const v = fc.integer({ min: 0, max: 3 })
const at = fc.integer({ min: 0, max: 2 })
const item = fc.oneof(
  { weight: 5, arbitrary: fc.record({ _id: id, v }) },
  { weight: 1, arbitrary: fc.record({ v }) },
  { weight: 1, arbitrary: fc.constantFrom('text', 1, null) },
)
/** Objects by one id are left out but for the first: a document must not have two. */
const list = fc
  .array(item, { maxLength: 5 })
  .map(items => items.filter((one, i) => !hasId(one) || items.findIndex(other => idOf(other) === idOf(one)) === i))
const hasId = (value: unknown): value is { _id: string } =>
  typeof value === 'object' && value !== null && '_id' in value
const idOf = (value: unknown): string | undefined => (hasId(value) ? value._id : undefined)
const document = fc.tuple(fc.option(list), fc.option(list), v).map(([one, other, w]) => {
  const taken = new Set((one ?? []).map(idOf))
  const rest = other?.filter(each => !hasId(each) || !taken.has(idOf(each)))
  return { w, ...(one && { 'items♭': one }), ...(rest && { 'more♭': rest }) }
})
const edit = fc.record({
  what: fc.constantFrom('add', 'drop', 'move', 'change', 'other') as fc.Arbitrary<Edit['what']>,
  index: fc.nat(9),
  to: fc.nat(9),
  v,
})

export const historySteps: fc.Arbitrary<HistoryStep[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('update' as const), at, document }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('edit' as const), at, edit }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('put' as const, 'create' as const), at, id, v }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'remove' as const), at, id }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('commit' as const), at }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('resolve' as const, 'snapshot' as const, 'unstage' as const), at }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('resolveLoser' as const), at, which: fc.nat(9) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('meld' as const), at, from: at }) },
  ),
  { minLength: 10, maxLength: 40, size: 'max' },
)

/** Three replicas over folders in memory. */
export class History {
  readonly folders: Files[] = [new Map(), new Map(), new Map()]
  readonly replicas: Replica[] = []

  static async run(steps: readonly HistoryStep[]): Promise<History> {
    const history = new History()
    for (const files of history.folders) history.replicas.push(await Replica.open(new TestBlocks(files)))
    for (const step of steps) await history.step(step)
    return history
  }

  /** Files of all, together. */
  get files(): Files {
    return new Map(this.folders.flatMap(files => [...files]))
  }

  async step(step: HistoryStep): Promise<void> {
    const replica = this.replicas[step.at]
    switch (step.kind) {
      case 'update':
        replica.update(step.document)
        break
      case 'edit':
        replica.update(edited(shown(replica), step.edit))
        break
      case 'put':
        replica.updateObject(step.id, { v: step.v })
        break
      case 'create':
        replica.createObject(step.id, { v: step.v })
        break
      case 'delete':
        replica.deleteObject(step.id)
        break
      case 'remove':
        replica.removeObject(step.id)
        break
      case 'commit':
        await replica.commit({ by: step.at })
        break
      case 'resolve':
        replica.resolve()
        break
      case 'resolveLoser': {
        const conflicts = replica.conflicts()
        if (conflicts.length === 0) break
        const { object, others } = conflicts[step.which % conflicts.length]
        replica.resolve({ object, winner: others[step.which % others.length].revision })
        break
      }
      case 'snapshot':
        replica.snapshot()
        break
      case 'unstage':
        replica.unstage()
        break
      case 'meld':
        await replica.meld(this.replicas[step.from])
    }
  }

  /** All commit and meld until they have the same files. Commits resolve conflicts, and so may make new files: not for ever. */
  async settle(): Promise<void> {
    for (const replica of this.replicas) await replica.commit()
    for (const one of this.replicas) for (const other of this.replicas) await one.meld(other)
    for (const one of this.replicas) for (const other of this.replicas) await one.meld(other)
  }
}

/** The document, or an empty one while there is none. */
export function shown(replica: Replica): Record<string, unknown> {
  const isThere = replica.objects().includes('√') && !replica.winner('√').includes('-d')
  return isThere ? replica.read() : {}
}

function edited(document: Record<string, unknown>, { what, index, to, v }: Edit): Record<string, unknown> {
  const items = [...((document['items♭'] as unknown[] | undefined) ?? [])]
  const place = items.length === 0 ? 0 : index % items.length
  if (what === 'other') return { ...document, w: v }
  if (what === 'add') items.splice(place, 0, { v })
  else if (what === 'drop') items.splice(place, 1)
  else if (what === 'move') items.splice(items.length === 0 ? 0 : to % items.length, 0, ...items.splice(place, 1))
  else if (items[place] !== null && typeof items[place] === 'object' && !Array.isArray(items[place]))
    items[place] = { ...(items[place] as object), v }
  return { ...document, 'items♭': items }
}

/** What there is to see of a replica, the value of each list at every leaf included. */
export function sight(replica: Replica): Dump & { conflicts: unknown; log: unknown; blocked: unknown } {
  return { ...dump(replica), conflicts: replica.conflicts(), log: replica.log(), blocked: replica.blocked() }
}

/** A fresh replica of these files. */
export const reopened = (files: Files): Promise<Replica> => Replica.open(new TestBlocks(new Map(files)))
