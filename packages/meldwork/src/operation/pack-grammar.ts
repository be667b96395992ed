import { Flag } from './header.js'
import { Tag } from './value.js'

/**
 * What operations are made of, for packs: the parts of one in the order in which they are dealt with, whether on the way into columns or out of them. Only their form is known
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

/** What a text is there for. The values of the first property that a pack names have role `value`, those of the second the next, and so on. */
export const Role = { author: 0, head: 1, replica: 2, subject: 3, property: 4, value: 5 } as const
/** So many properties have roles of their own; the others share the last. */
const mostProperties = 16

/** Columns of numbers that each role has for itself: see {@link columnOf}. */
export const InRole = {
  tag: 0,
  rest: 1,
  text: 2,
  shared: 3,
  length: 4,
  deletes: 5,
  inserts: 6,
  dot: 7,
  whose: 8,
} as const

/** @param inRole one of {@link InRole} */
export const columnOf = (role: number, inRole: number): number => Column.subjects + 1 + role * 9 + inRole

/**
 * What stands in the low bits of a reference or a value is below this, its *tag*; above it stand a length, a place or a number. It is told by the tag, too: it is
 * a multiple of what tells it. Above the tag of a number or a boolean stands nothing: it is the tag.
 */
export function scaleOf(role: number, head: number): number {
  if (role === Role.subject) return 2
  if (role === Role.property) return 8
  const tag = head % 8
  if (tag === Tag.literal) return 32
  return tag === Tag.number || tag === Tag.boolean ? 2 ** 53 : 8
}

/** Whether a length stands above a tag, and a text behind it. */
export function hasText(role: number, tag: number): boolean {
  if (role < Role.value) return tag % 2 === 0
  return tag === Tag.string || tag === Tag.iri || (tag % 8 === Tag.literal && tag % 16 === Tag.literal)
}

/** Takes over an operation, part by part: from its bytes into columns, or back. Each method tells what it has taken. */
export interface Parts {
  /** A varint. */
  number(column: number): number
  /** A varint that should be near to another one. */
  near(column: number, expected: number): number
  /** Four bytes. @param expected what they should be; undefined when that is not known */
  check(expected: number | undefined): void
  /** A block. @returns its number: blocks and texts are counted in the order in which a pack first names them */
  block(role: number): number
  /** A varint with a tag, and perhaps a text behind it. @returns the tag; {@link latest} is the text, or the one at that place */
  tagged(role: number): number
  /** The number of a text. */
  readonly latest: number
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

  /** Takes over an operation of version 1 without extensions, but for its version. @returns its replica and last counter */
  follow(parts: Parts): [replica: number, last: number] {
    const flags = parts.number(Column.flags)
    const author = parts.block(Role.author)
    const first = parts.near(Column.first, this.counterOf(author) + 1)
    const last = first + parts.number(Column.count) - 1
    if (first > 1) parts.check(this.checks[author])
    if (flags & Flag.heads)
      for (let left = parts.number(Column.heads); left > 0; left--)
        parts.near(Column.headCounter, this.counterOf(parts.block(Role.head)))
    parts.number(Column.milliseconds)
    parts.number(Column.logical)
    for (let left = parts.number(Column.replicas); left > 0; left--) parts.block(Role.replica)
    parts.beginSubjects()
    while (parts.anotherSubject()) this.subject(parts)
    return [author, last]
  }

  private subject(parts: Parts): void {
    parts.tagged(Role.subject)
    let flags = 0
    do {
      flags = parts.tagged(Role.property)
      const role = this.roleOf(parts.latest)
      const isSimple = (flags & 4) !== 0
      let deletes = isSimple ? 0 : parts.number(columnOf(role, InRole.deletes))
      let inserts = isSimple ? 1 : parts.number(columnOf(role, InRole.inserts))
      for (; deletes > 0; deletes--)
        if (parts.number(columnOf(role, InRole.dot)) % 2 === 1) parts.number(columnOf(role, InRole.whose))
      for (; inserts > 0; inserts--) this.value(parts, role)
    } while ((flags & 2) === 0)
  }

  private value(parts: Parts, role: number): void {
    const tag = parts.tagged(role)
    if (tag === Tag.number) parts.raw(8)
    else if (tag % 8 === Tag.number) parts.number(columnOf(role, InRole.rest))
  }

  private counterOf(replica: number): number {
    return this.last[replica] ?? 0
  }

  private roleOf(property: number): number {
    this.roles[property] ??= Role.value + Math.min(this.properties++, mostProperties - 1)
    return this.roles[property]
  }

  /** An operation has been taken over. */
  add(replica: number, last: number, check: number): void {
    this.last[replica] = last
    this.checks[replica] = check
  }
}
