import { manyInserts } from './body.js'
import { Flag } from './header.js'
import { Tag } from './value.js'

/**
 * What operations are made of, for bundles: the parts of one in the order in which they are dealt with, whether on the way into columns or out of them. Only their form is known
 * here; whether they make sense is for whoever decodes the operation. Column by column in `docs/protocol.md`.
 */

/** Columns of numbers. */
export const Column = {
  form: 0,
  flags: 1,
  first: 2,
  count: 3,
  check: 4,
  heads: 5,
  headCounter: 6,
  milliseconds: 7,
  logical: 8,
  replicas: 9,
  subjects: 10,
} as const

/** Columns of numbers that each role has for itself: the role and one of these names one. */
export const InRole = {
  tag: 0,
  rest: 1,
  text: 2,
  shared: 3,
  length: 4,
  counts: 5,
  inserts: 6,
  dot: 7,
  whose: 8,
} as const
const columnsInRole = 9

/** What a text is there for. The values of the first property that a bundle names have role `value`, those of the second the next, and so on. */
export const Role = { author: 11, head: 20, replica: 29, subject: 38, property: 47, value: 56 } as const
/** So many properties have roles of their own; the others share the last. */
const mostProperties = 16

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

/** Takes over operations, part by part: from their bytes into columns, or back. Each method tells what it has taken. */
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
   * @returns the flags; {@link latest} is the text, or the one at that place
   */
  reference(role: number, scale: number): number
  /** The number of the text of the last {@link reference}. */
  readonly latest: number
  /** The first number of a value, and perhaps a text behind it. @returns its tag */
  value(role: number): number
  /** So many bytes. */
  raw(length: number): void
  /** To be called before the first {@link anotherSubject}. */
  beginSubjects(): void
  anotherSubject(): boolean
}

/** What the operations before tell of those that follow. */
export class Past {
  /** Of replicas, by the numbers of their ids: the last counter, and the check. */
  private readonly last: number[] = []
  private readonly checks: number[] = []
  /** Of properties, by the numbers of their texts. */
  private readonly roles: number[] = []
  private properties = 0

  /** Begins anew. */
  clear(): void {
    this.last.length = 0
    this.checks.length = 0
    this.roles.length = 0
    this.properties = 0
  }

  /** Takes over an operation of version 1 without extensions, but for its version. @returns its replica */
  follow(parts: Parts): number {
    const { last } = this
    const flags = parts.number(Column.flags)
    const author = parts.id(Role.author, (flags & Flag.length) !== 0)
    const first = parts.near(Column.first, (last[author] ?? 0) + 1)
    const end = first + (flags & Flag.several ? parts.number(Column.count) : 1)
    if (first > 1) parts.check(this.checks[author])
    if (flags & Flag.heads)
      for (let left = parts.number(Column.heads); left > 0; left--)
        parts.near(Column.headCounter, last[parts.id(Role.head, true)] ?? 0)
    parts.number(Column.milliseconds)
    parts.number(Column.logical)
    const replicas = parts.number(Column.replicas)
    for (let left = Math.floor(replicas / 2); left > 0; left--) parts.id(Role.replica, replicas % 2 === 1)
    parts.beginSubjects()
    while (parts.anotherSubject()) this.subject(parts)
    last[author] = end - 1
    return author
  }

  private subject(parts: Parts): void {
    parts.reference(Role.subject, 2)
    let flags = 0
    do {
      flags = parts.reference(Role.property, 8)
      const role = this.roleOf(parts.latest)
      const isSimple = (flags & 4) !== 0
      const counts = isSimple ? 1 : parts.number(role + InRole.counts)
      let deletes = Math.floor(counts / 4)
      let inserts = counts % 4
      if (inserts === manyInserts) inserts += parts.number(role + InRole.inserts)
      for (; deletes > 0; deletes--) if (parts.number(role + InRole.dot) % 2 === 1) parts.number(role + InRole.whose)
      for (; inserts > 0; inserts--) {
        const tag = parts.value(role)
        if (tag === Tag.number) parts.raw(8)
        else if (tag % 8 === Tag.number) parts.number(role + InRole.rest)
      }
    } while ((flags & 2) === 0)
  }

  private roleOf(property: number): number {
    this.roles[property] ??= Role.value + Math.min(this.properties++, mostProperties - 1) * columnsInRole
    return this.roles[property]
  }

  /** The last operation of a replica has this check. */
  checked(replica: number, check: number): void {
    this.checks[replica] = check
  }
}
