import type { LosslessJson } from '../codec/index.js'

/** One of the versions of an object that are in conflict, or what they had in common. */
export interface ConflictSide {
  readonly revision: string
  /** Whether the object is deleted there. */
  readonly deleted: boolean
  /** What it says, without `_id`; undefined when it is deleted, and for lists. */
  readonly value: { readonly [key: string]: LosslessJson } | undefined
  /** Of a list: its order there: ids of objects; a text that stands in the list itself begins with `!`. Undefined for what is no list. */
  readonly order: readonly LosslessJson[] | undefined
  /** The id of the block that brought it; undefined when it is not committed yet. */
  readonly block: string | undefined
  /** What the author of that block said of it. */
  readonly information: { readonly [key: string]: LosslessJson } | undefined
}

/** An object that was changed in several places at a time. Readers see the winner; of a list, all orders merged. */
export interface Conflict {
  readonly object: string
  readonly winner: ConflictSide
  /** The greatest first. */
  readonly others: readonly ConflictSide[]
  /** The youngest version that all of them follow; undefined when there is none, as of objects that were created twice. */
  readonly ancestor: ConflictSide | undefined
  /** Of a list: the order that readers see. Undefined for what is no list. */
  readonly merged: readonly LosslessJson[] | undefined
}

/** What shall become of an object in conflict: it is as on one of the sides, or says something else, or is deleted. */
export type ConflictChoice =
  | { readonly revision: string }
  | { readonly value: { readonly [key: string]: unknown } }
  | { readonly order: readonly unknown[] }
  | { readonly deleted: true }

/**
 * Decides conflicts.
 * - `winner`: what readers see now stays.
 * - `ours`: the greatest of the sides that are ours, if one is; `theirs`: the greatest of the others, if there is one; else the winner. Ours are those that are
 *   not committed, those that this replica object committed, and those in blocks of the `author`, if that is told.
 * - `merge`: field by field against what the object said where its history forked. A field that one side changed is taken from that side; one that several sides
 *   changed to the same is the same. A field is a unit, whatever it holds: what is to be merged in itself is an object of its own, in a field with `♭`. An
 *   object of which a field was changed to different values, or that was deleted on one side and changed on another, stays in conflict as it is. Replicas
 *   that merge the same apart make the same revisions, and so no new conflict.
 * - a function: what it returns; undefined leaves the conflict as it is.
 *
 * Of a list, a side means: all orders merged, beginning with that one; `merge` is the same as `winner`.
 */
export type ConflictStrategy = ConflictSideName | 'merge' | ConflictFunction

/** See {@link ConflictStrategy}. */
export type ConflictSideName = 'winner' | 'ours' | 'theirs'

/** See {@link ConflictStrategy}. */
export type ConflictFunction = (conflict: Conflict) => ConflictChoice | undefined

/** @internal The revision that a named strategy chooses. */
export function chosenSide(
  { winner, others }: Conflict,
  strategy: ConflictSideName,
  isOurs: (side: ConflictSide) => boolean,
): ConflictSide {
  if (strategy === 'winner') return winner
  return [winner, ...others].find(side => isOurs(side) === (strategy === 'ours')) ?? winner
}

/** A conflict that was decided. */
export interface ResolvedConflict {
  readonly object: string
  /** The winner's revision now. */
  readonly revision: string
  /** The winner's revision before. */
  readonly previous: string
}
