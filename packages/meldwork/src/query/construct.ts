import type { ValueId } from '../rdf/index.js'
import type { GraphSubject, PatternTerm, ReadValue, SubjectWriter } from '../subject/index.js'
import type { TemplateMember, TemplateSubject, TemplateValue } from './template.js'

/** The values of the variables of one solution. */
type Row = readonly ValueId[]

/** What is made of a template, as JSON: a value, or a subject in it. */
type Made = ReadValue | Record<string, unknown>

/**
 * Makes subjects from templates and solutions. The parts of a template stay together: a subject in another one is made from those solutions in which that
 * other one is what it is, so that a child's name is with the child, and the child with its parent.
 */
export class Constructor {
  private readonly writer: SubjectWriter
  /** Whether several values stay in the order of the solutions. */
  private readonly ordered: boolean

  constructor(writer: SubjectWriter, ordered: boolean) {
    this.writer = writer
    this.ordered = ordered
  }

  subjects(templates: readonly TemplateSubject[], rows: readonly Row[]): GraphSubject[] {
    return templates.flatMap(template => this.make(template, rows)) as GraphSubject[]
  }

  private make(template: TemplateSubject, rows: readonly Row[]): Record<string, unknown>[] {
    const made: Record<string, unknown>[] = []
    for (const group of this.groups(template, rows)) {
      const subject: Record<string, unknown> = {}
      const { id } = template
      if (id !== undefined) subject[this.writer.idKey] = this.writer.id(termIn(id, group[0]))
      for (const member of template.members) this.member(subject, member, group)
      // A new subject of which nothing is known says nothing.
      if (id !== undefined || Object.keys(subject).length > 0) made.push(subject)
    }
    return made
  }

  /** The solutions, by what they make of the subject. */
  private groups({ id, members }: TemplateSubject, rows: readonly Row[]): Iterable<Row[]> {
    const groups = new Map<string, Row[]>()
    const own = id === undefined ? members.flatMap(variablesOf) : []
    for (const row of rows) {
      const value = id === undefined ? -1 : termIn(id, row)
      if (value === 0 || (id !== undefined && !this.writer.isReference(value))) continue
      const key = id === undefined ? own.map(variable => row[variable]).join() : String(value)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [row])
      else group.push(row)
    }
    return groups.values()
  }

  private member(subject: Record<string, unknown>, member: TemplateMember, rows: readonly Row[]): void {
    const { name, property, reverse, values } = member
    if (property.variable < 0 || !name.startsWith('?')) {
      this.add(subject, name, values, rows, reverse)
      return
    }
    const byProperty = new Map<ValueId, Row[]>()
    for (const row of rows) {
      const iri = termIn(property, row)
      if (iri === 0 || !this.writer.isReference(iri)) continue
      const same = byProperty.get(iri)
      if (same === undefined) byProperty.set(iri, [row])
      else same.push(row)
    }
    for (const [iri, same] of byProperty) this.add(subject, this.writer.name(iri), values, same, reverse)
  }

  private reversed(subject: Record<string, unknown>): Record<string, unknown> {
    const known = subject['@reverse']
    if (known !== undefined) return known as Record<string, unknown>
    const members: Record<string, unknown> = {}
    subject['@reverse'] = members
    return members
  }

  private add(
    subject: Record<string, unknown>,
    name: string,
    values: readonly TemplateValue[],
    rows: readonly Row[],
    reverse: boolean,
  ): void {
    const ids = new Set<ValueId>()
    const subjects: Made[] = []
    for (const value of values) {
      if (value.type === 'term') for (const row of rows) ids.add(termIn(value.term, row))
      else if (value.type === 'subject') subjects.push(...this.make(value.subject, rows))
    }
    ids.delete(0)
    // Only a subject refers to another.
    const list = [...ids].filter(id => !reverse || this.writer.isReference(id))
    if (!this.ordered) list.sort((a, b) => this.writer.compare(a, b))
    const made = [...list.map(id => this.writer.valueUnder(name, id)), ...subjects]
    if (made.length === 0) return
    const into = reverse ? this.reversed(subject) : subject
    const before = Object.hasOwn(into, name) ? [into[name]].flat() : []
    const all = [...before, ...made]
    const value = all.length === 1 ? all[0] : all
    Object.defineProperty(into, name, { value, writable: true, enumerable: true, configurable: true })
  }
}

function termIn({ variable, id }: PatternTerm, row: Row): ValueId | 0 {
  return variable < 0 ? id : row[variable]
}

function variablesOf({ property, values }: TemplateMember): number[] {
  const own = values.flatMap(value => (value.type === 'term' ? [value.term.variable] : []))
  return [property.variable, ...own].filter(variable => variable >= 0)
}

/**
 * A template that is its own pattern, with names for what has none in it: subjects without an `@id`, and anonymous variables. Names that no request has.
 */
export function nameAnonymous(json: unknown): unknown {
  let count = 0
  const fresh = () => `?__${count++}`
  const name = (value: unknown, isSubject: boolean, depth: number): unknown => {
    if (value === '?') return fresh()
    if (typeof value !== 'object' || value === null || depth > 200) return value
    if (Array.isArray(value)) return value.map(item => name(item, isSubject, depth + 1))
    if (Object.prototype.toString.call(value) !== '[object Object]') return value
    const named: Record<string, unknown> = {}
    for (const [key, member] of Object.entries(value)) {
      const isInside = key !== '@context' && key !== '@value'
      const to = key === '?' ? fresh() : key
      const made = isInside ? name(member, key !== '@reverse' && key !== '@type', depth + 1) : member
      Object.defineProperty(named, to, { value: made, writable: true, enumerable: true, configurable: true })
    }
    const isPlain = Object.keys(value).every(key => !valueKeys.has(key))
    return isSubject && isPlain && !Object.hasOwn(value, '@graph') ? { '@id': fresh(), ...named } : named
  }
  return name(json, true, 0)
}

const valueKeys = new Set(['@value', '@language', '@vocab', '@set', '@id'])
