import { manyInserts } from './body.js'
import { Flag } from './header.js'
import { Tag } from './value.js'

/**
 * What operations are made of, for bundles: the parts of one in the order in which they are dealt with, whether on the way into columns or out of them. Only their form is known
 * here; whether they make sense is for whoever decodes the operation. Column by column in `docs/protocol.md`.
 */

/** The columns of numbers that there are once: the form of an operation, how many subjects it has, which check it names. */
export const formColumn = 0
export const subjectsColumn = 1
export const checkColumn = 2
/** Those that are known here only. */
const flagsColumn = 3
const firstColumn = 4
const countColumn = 5
const headsColumn = 6
const headCounterColumn = 7
const millisecondsColumn = 8
const logicalColumn = 9
const replicasColumn = 10

/** What a text is there for, as the first of its columns. The values of the first property that a bundle names have one, those of the second the next, and so on. */
const authorRole = 11
const columnsInRole = 9
const headRole = authorRole + columnsInRole
const replicaRole = headRole + columnsInRole
const subjectRole = replicaRole + columnsInRole
const propertyRole = subjectRole + columnsInRole
const valueRole = propertyRole + columnsInRole
/** So many properties have roles of their own; the others share the last. */
const mostProperties = 16

/** Columns that each role has for itself: this is to be added to it. */
export const tagOf = 0
export const restOf = 1
export const textOf = 2
export const sharedOf = 3
export const lengthOf = 4
const countsOf = 5
const insertsOf = 6
const dotOf = 7
const whoseOf = 8

/**
 * What stands in the low bits of a value's first number, its *tag*, is below this; above it stands a length, a place or a number. The tag tells it, too. Above the tag of a
 * boolean, or of a number that does not stand beside its tag, stands nothing: it is all tag.
 */
export function valueScale(head: number): number {
  const tag = head % 8
  if (tag < Tag.number) return 8
  return tag === Tag.literal ? 32 : 2 ** 53
}

/** Whether a length stands above the tag of a value, and a text behind it. */
export function hasText(tag: number): boolean {
  return tag === Tag.string || tag === Tag.iri || (tag % 8 === Tag.literal && tag % 16 === Tag.literal)
}

/** Takes over operations, part by part: from their bytes into columns, or back. Each function tells what it has taken. */
export interface Parts {
  /** A varint. */
  number(column: number): number
  /** A varint that should be near to another one. */
  near(column: number, expected: number): number
  /** Four bytes. @param expected what they should be; undefined when that is not known */
  check(expected: number | undefined): void
  /** A replica id, with its length before it or of the usual one. @returns its number: ids and texts are counted in the order in which a bundle first names them */
  id(role: number, isLengthSaid: boolean): number
  /**
   * A varint, in whose low bits are flags; the lowest of all tells whether a place stands above them, or a length and a text behind it.
   * @param scale of what stands above the flags
   * @returns the flags
   */
  reference(role: number, scale: number): number
  /** The number of the text of the last {@link reference}. */
  latest(): number
  /** The first number of a value, and perhaps a text behind it. @returns its tag */
  value(role: number): number
  /** So many bytes. */
  raw(length: number): void
  /** To be called before the first {@link anotherSubject}. */
  beginSubjects(): void
  anotherSubject(): boolean
}

/** Of the bundle in hand, by the numbers of the ids of replicas: the last counter, and the check. */
const lastCounters: number[] = []
const checks: number[] = []
/** By the numbers of the texts of properties. */
const roles: number[] = []
let properties = 0

/** A bundle begins. One at a time: what the operations before tell of those that follow is known here. */
export function beginBundle(): void {
  lastCounters.length = 0
  checks.length = 0
  roles.length = 0
  properties = 0
}

/** Takes over an operation of version 1 without extensions, but for its version. @returns the number of its replica's id */
export function takeOperation(parts: Parts): number {
  const flags = parts.number(flagsColumn)
  const author = parts.id(authorRole, (flags & Flag.length) !== 0)
  const first = parts.near(firstColumn, (lastCounters[author] ?? 0) + 1)
  const end = first + (flags & Flag.several ? parts.number(countColumn) : 1)
  if (first > 1) parts.check(checks[author])
  if (flags & Flag.heads)
    for (let left = parts.number(headsColumn); left > 0; left--)
      parts.near(headCounterColumn, lastCounters[parts.id(headRole, true)] ?? 0)
  parts.number(millisecondsColumn)
  parts.number(logicalColumn)
  const replicas = parts.number(replicasColumn)
  for (let left = Math.floor(replicas / 2); left > 0; left--) parts.id(replicaRole, replicas % 2 === 1)
  parts.beginSubjects()
  while (parts.anotherSubject()) takeSubject(parts)
  lastCounters[author] = end - 1
  return author
}

/** The last operation of a replica has this check. */
export function operationTaken(author: number, check: number): void {
  checks[author] = check
}

function takeSubject(parts: Parts): void {
  parts.reference(subjectRole, 2)
  let flags = 0
  do {
    flags = parts.reference(propertyRole, 8)
    const role = roleOf(parts.latest())
    const isSimple = (flags & 4) !== 0
    const counts = isSimple ? 1 : parts.number(role + countsOf)
    let deletes = Math.floor(counts / 4)
    let inserts = counts % 4
    if (inserts === manyInserts) inserts += parts.number(role + insertsOf)
    for (; deletes > 0; deletes--) if (parts.number(role + dotOf) % 2 === 1) parts.number(role + whoseOf)
    for (; inserts > 0; inserts--) {
      const tag = parts.value(role)
      if (tag === Tag.number) parts.raw(8)
      else if (tag % 8 === Tag.number) parts.number(role + restOf)
    }
  } while ((flags & 2) === 0)
}

function roleOf(property: number): number {
  roles[property] ??= valueRole + Math.min(properties++, mostProperties - 1) * columnsInRole
  return roles[property]
}
