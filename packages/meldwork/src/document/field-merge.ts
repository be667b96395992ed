import { compareCodePoints, equalJson, type JsonObject, type JsonValue, memberOf, setMember } from '../codec/index.js'
import { compareRevisions, isDeleted, type Revision } from './revision.js'

/** What the leaves of an object give when they are merged field by field. */
export interface FieldMerge {
  /** The merged object. Each field in {@link unsettled} is as on the preferred side, if that changed it. Undefined: it is deleted on all sides. */
  readonly value: JsonObject | undefined
  /**
   * Why it is still a conflict: the fields that were changed to different values, by code points; or that it was deleted on one side and changed on
   * another. Empty: everything merged.
   */
  readonly unsettled: readonly string[] | 'deletion'
}

/** Revisions of one object, of which each but a creation has a parent with an index that is one less. */
export interface Lineage {
  /** Ascending. */
  readonly leaves: readonly Revision[]
  parentOf(revision: string): string | undefined
  get(revision: string): Revision | undefined
}

/** What one side says: a leaf, or several that were merged. */
interface Side {
  /** The preferred leaf, if it is among them; else the greatest. */
  readonly leaf: Revision
  readonly value: JsonObject
  readonly unsettled: ReadonlySet<string>
}

/**
 * Merges the leaves of an object field by field, three-way: each place where its history forks is merged against what the object said there, the youngest fork
 * first. A field that one side changed is taken from that side; one that several changed to the same is the same; one that they changed to different values is
 * unsettled. Removing a field is a change of it. Where sides have no common ancestor, or it is a deletion, they are merged against an object without fields.
 *
 * A field is a unit, whatever it holds: of an array or an object in it no part is merged, so that no value comes out that nobody wrote. Numbers that are
 * equal are not different, 1 and 1.0.
 *
 * Pure: the same revisions give the same on every replica, in whatever order they came. Takes time linear in what lies above the oldest fork.
 * @param preferred one of the leaves: it says what becomes of unsettled fields. Default: the greatest
 */
export function mergeFields(
  lineage: Lineage,
  valueAt: (revision: Revision) => JsonObject | undefined,
  preferred: Revision = lineage.leaves.at(-1)!,
): FieldMerge {
  const { leaves } = lineage
  const gone = leaves.filter(isDeleted).length
  if (gone === leaves.length) return { value: undefined, unsettled: [] }
  if (gone > 0) return { value: valueAt(preferred), unsettled: 'deletion' }
  const { value, unsettled } = fold(lineage, valueAt, preferred)
  // An object with a field # is stored as that alone.
  if (Object.hasOwn(value, '#') && Object.keys(value).length > 1)
    return { value: valueAt(preferred), unsettled: unsettledOf([...unsettled, '#']) }
  return { value, unsettled: unsettledOf(unsettled) }
}

/** Where histories begin. */
const nowhere = ''

function fold(lineage: Lineage, valueAt: (revision: Revision) => JsonObject | undefined, preferred: Revision): Side {
  // By index, the sides that have come to each revision, going from the leaves towards the creations.
  const places = new Map<number, Map<string, Side[]>>()
  const arrive = (index: number, revision: string, side: Side): void => {
    const level = places.get(index) ?? new Map<string, Side[]>()
    places.set(index, level)
    const there = level.get(revision)
    if (there) there.push(side)
    else level.set(revision, [side])
  }
  for (const leaf of lineage.leaves)
    arrive(leaf.index, leaf.text, { leaf, value: valueAt(leaf) ?? {}, unsettled: new Set() })
  let sides = lineage.leaves.length
  for (let index = lineage.leaves.reduce((most, leaf) => Math.max(most, leaf.index), 0); ; index--) {
    for (const [revision, come] of places.get(index) ?? []) {
      const here = lineage.get(revision)
      const before = here && valueAt(here)
      const side = come.length > 1 ? mergeSides(before ?? {}, come, preferred) : come[0]
      sides -= come.length - 1
      if (sides === 1) return side
      arrive(index - 1, lineage.parentOf(revision) ?? nowhere, side)
    }
    places.delete(index)
  }
}

function mergeSides(before: JsonObject, come: readonly Side[], preferred: Revision): Side {
  const isPreferred = ({ leaf }: Side): number => Number(leaf.text === preferred.text)
  const sides = [...come].sort((a, b) => isPreferred(b) - isPreferred(a) || compareRevisions(b.leaf, a.leaf))
  const fields = new Set(Object.keys(before))
  for (const { value } of sides) for (const field of Object.keys(value)) fields.add(field)
  const merged: { [key: string]: JsonValue } = {}
  const unsettled = new Set(sides.flatMap(side => [...side.unsettled]))
  for (const field of fields) {
    const said = sides.map(({ value }) => memberOf(value, field))
    const changed = said.filter(value => !isEqual(value, memberOf(before, field)))
    if (changed.some(value => !isEqual(value, changed[0]))) unsettled.add(field)
    const value = changed.length === 0 ? said[0] : changed[0]
    if (value !== undefined) setMember(merged, field, value)
  }
  return { leaf: sides[0].leaf, value: merged, unsettled }
}

const isEqual = (a: JsonValue | undefined, b: JsonValue | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalJson(a, b)

const unsettledOf = (fields: Iterable<string>): string[] => [...new Set(fields)].sort(compareCodePoints)
