import { isJsonObject, type JsonObject, jsonOf } from '../codec/index.js'
import { CodedError } from '../errors.js'
import type { BlockGraph } from './block-graph.js'
import {
  type Conflict,
  type ConflictChoice,
  type ConflictFunction,
  type ConflictSide,
  type ConflictSideName,
  type ConflictStrategy,
  chosenSide,
} from './conflict.js'
import { conflictOf } from './conflict-report.js'
import { mergeFields } from './field-merge.js'
import { isDescriptor, orderField } from './names.js'
import type { Objects } from './objects.js'
import type { Choice } from './staging.js'

/** Which conflicts are resolved, and how. */
export interface ResolveOptions {
  /** Only this object. Default: all that are in conflict. */
  readonly object?: string | undefined
  /** The revision that it shall be, one of its leaves; then `strategy` is not asked. */
  readonly winner?: string | undefined
  /** Who decides. Default: `winner`. */
  readonly strategy?: ConflictStrategy | undefined
  /**
   * With `merge`: who decides what does not merge. A side: what becomes of the fields that were changed to different values, all others merged, and whether an
   * object is deleted; a function: what becomes of the whole object. Default: nobody, it stays in conflict.
   */
  readonly otherwise?: ConflictSideName | ConflictFunction | undefined
  /** Whose blocks `ours` means, beside those of this replica object. */
  readonly author?: string | undefined
}

const sideNames: readonly unknown[] = ['winner', 'ours', 'theirs']

/** @throws CodedError `option-invalid` */
export function checkResolveOptions({ strategy, otherwise }: ResolveOptions): void {
  const check = (option: string, value: unknown, expected: string): void => {
    if (value === undefined || typeof value === 'function' || sideNames.includes(value)) return
    throw new CodedError('option-invalid', `The option ${option} must be ${expected}`, { option, expected })
  }
  const named = "'winner', 'ours', 'theirs'"
  check('strategy', strategy === 'merge' ? undefined : strategy, `${named}, 'merge' or a function`)
  check('otherwise', otherwise, `${named} or a function`)
}

/**
 * Decides what becomes of an object in conflict. Pure, but for what a function does that is asked.
 * @param isOurs whether this replica, or the author, made a side
 * @returns undefined: it stays in conflict
 * @throws CodedError `revision-unknown`, `value-invalid`; what a function throws
 */
export function decide(
  id: string,
  objects: Objects,
  graph: BlockGraph,
  { winner, strategy = 'winner', otherwise }: ResolveOptions,
  isOurs: (side: ConflictSide) => boolean,
): Choice | undefined {
  const ask = (decider: ConflictSideName | ConflictFunction): Choice | undefined => {
    const conflict = conflictOf(id, objects, graph)
    const choice =
      typeof decider === 'function' ? decider(conflict) : { revision: chosenSide(conflict, decider, isOurs).revision }
    return checkedChoice(conflict, choice)
  }
  if (winner !== undefined) return ask(() => ({ revision: winner }))
  if (strategy !== 'merge') return ask(strategy)
  if (isDescriptor(id)) return ask('winner')
  const merged = merge()
  if (merged !== undefined || otherwise === undefined) return merged
  if (typeof otherwise === 'function') return ask(otherwise)
  const { revision } = chosenSide(conflictOf(id, objects, graph), otherwise, isOurs)
  return merge(revision) ?? { revision }

  /** @param preferred what does not merge is as there; undefined: then nothing is */
  function merge(preferred?: string): Choice | undefined {
    const tree = objects.tree(id)!
    const side = preferred === undefined ? undefined : tree.get(preferred)
    const { value, unsettled } = mergeFields(tree, revision => objects.valueAt(revision), side)
    if (unsettled === 'deletion' || (unsettled.length > 0 && side === undefined)) return undefined
    return value === undefined ? { deleted: true } : { value }
  }
}

function checkedChoice({ object, winner, others }: Conflict, choice: ConflictChoice | undefined): Choice | undefined {
  if (choice === undefined) return undefined
  if ('deleted' in choice) return { deleted: true }
  if ('value' in choice) return { value: checkedObject(choice.value) }
  if ('order' in choice) return { value: { [orderField]: jsonOf(choice.order) } }
  const { revision } = choice
  if ([winner, ...others].some(side => side.revision === revision)) return { revision }
  throw new CodedError('revision-unknown', `${revision} is none of the leaves of ${object}`, { object, revision })
}

function checkedObject(value: unknown): JsonObject {
  const json = jsonOf(value)
  if (isJsonObject(json)) return json
  throw new CodedError('value-invalid', 'An object is expected', { path: '', expected: 'an object' })
}
