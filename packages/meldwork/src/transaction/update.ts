import type { ObservedGraph } from '../graph/index.js'
import type { Changes } from '../operation/index.js'
import {
  type BasicGraphPattern,
  inScope,
  type RequestTerms,
  Solver,
  type TemplateListItem,
  type TemplateMember,
  type TemplateSubject,
  type TemplateValue,
  type UpdatePlan,
} from '../query/index.js'
import { type IriSpace, type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import type { ListPattern, PatternTerm, TriplePattern } from '../subject/index.js'
import type { ListWriter } from './list-writer.js'
import { deleteObserved } from './supersede.js'
import { deleteWhole } from './whole.js'

/** What an update is carried out with. */
export interface UpdateTools {
  readonly graph: ObservedGraph
  /** Those of the request. */
  readonly terms: RequestTerms
  readonly iris: IriSpace
  readonly changes: Changes
  readonly lists: ListWriter
  /** A new identifier, relative to the domain. */
  newId(): string
}

/**
 * Carries out an update: for each solution of its pattern, deletes what matches, and makes what its templates say. All of it is decided on the state before the
 * update. An expression that is an error gives nothing: nothing is inserted for it, and a property whose new value it would be stays as it is.
 */
export class UpdateExecution {
  /** The identifiers of subjects that were made. */
  readonly generated: string[] = []
  private readonly tools: UpdateTools
  private readonly plan: UpdatePlan
  private readonly solver: Solver
  /** The variables that the pattern may bind: without a value, they match nothing; the others match anything. */
  private readonly scope: ReadonlySet<number>
  private readonly replaced = new Set<string>()
  private readonly evaluators = new Map<TemplateValue, (row: readonly ValueId[]) => ValueId>()

  constructor(plan: UpdatePlan, tools: UpdateTools) {
    this.plan = plan
    this.tools = tools
    this.solver = new Solver(tools.graph, tools.terms, tools.iris, plan.width)
    this.scope = plan.where === undefined ? new Set() : inScope(plan.where)
  }

  run(): void {
    const { plan, solver } = this
    if (plan.where === undefined) {
      this.delete()
      this.make()
      return
    }
    // All solutions first: the row is used for what each of them matches, too.
    const rows: (readonly ValueId[])[] = []
    solver.each(solver.plan(plan.where), () => rows.push([...solver.row]))
    for (const row of rows) {
      for (let i = 0; i < row.length; i++) solver.row[i] = row[i]
      this.delete()
      for (let i = 0; i < row.length; i++) solver.row[i] = row[i]
      this.make()
    }
  }

  private make(): void {
    for (const template of this.plan.insert) this.insert(template)
    for (const template of this.plan.update) this.update(template)
  }

  // --- @delete

  /**
   * What the `@delete` matches, given the values that the row has. Patterns that share no other variable are independent of each other: that there is no name to delete
   * does not keep the age from being deleted.
   */
  private delete(): void {
    const { delete: deletes } = this.plan
    if (deletes === undefined) return
    const { row } = this.solver
    const isMissing = ({ variable }: PatternTerm) => this.scope.has(variable) && row[variable] === 0
    const triples = deletes.triples.filter(triple => ![triple.subject, triple.property, triple.object].some(isMissing))
    const inLists = deletes.lists.filter(({ list, index, slot, item }) => ![list, index, slot, item].some(isMissing))
    for (const part of independentParts(triples, inLists, variable => row[variable] !== 0)) {
      if (part.triples.length === 1 && part.lists.length === 0 && this.deleteDirectly(part.triples[0])) continue
      const bound = new Set([...row.keys()].filter(variable => row[variable] !== 0))
      this.solver.each(this.solver.plan(part, bound), () => {
        for (const { subject, property, object } of part.triples)
          deleteObserved(
            this.tools.graph,
            this.tools.changes,
            this.value(subject),
            this.propertyOf(property),
            this.value(object),
          )
        for (const { list, slot } of part.lists) this.tools.lists.deleteSlot(this.value(list), this.value(slot))
      })
    }
    for (const subject of deletes.subjects) if (!isMissing(subject)) this.deleteSubjects(subject)
  }

  /** A known subject and property need no solving. @returns whether that was the case */
  private deleteDirectly({ subject, property, object }: TriplePattern): boolean {
    const { graph, changes } = this.tools
    const from = this.value(subject)
    const value = this.value(object)
    if (property.variable >= 0) return false
    if (subject.variable >= 0 && from === 0) return false
    const isUnknown = from === 0 || property.id < 0 || (object.variable < 0 && value === 0)
    if (!isUnknown) deleteObserved(graph, changes, from, property.id, value)
    return true
  }

  private deleteSubjects(subject: PatternTerm): void {
    const { graph, changes } = this.tools
    const id = this.value(subject)
    if (id !== 0) deleteWhole(graph, changes, id)
    if (id !== 0 || subject.variable < 0) return
    const subjects: ValueId[] = []
    const count = graph.allSubjects(subjects)
    for (let i = 0; i < count; i++) deleteObserved(graph, changes, subjects[i], -1, 0)
  }

  // --- @insert

  /** @returns 0 when its id has no value for this solution */
  private insert(template: TemplateSubject): ValueId {
    const subject = this.identify(template)
    if (subject === 0) return 0
    for (const member of template.members) {
      const property = this.property(member)
      if (property < 0) continue
      for (const value of member.values) this.insertValue(subject, property, member.reverse, this.made(value))
    }
    if (template.list !== 'none') this.insertList(subject, template.lists, false)
    return subject
  }

  private insertValue(subject: ValueId, property: PropertyId, reverse: boolean, value: ValueId): void {
    if (value === 0) return
    if (!reverse) this.tools.changes.triple(subject, property, value)
    else if (this.isIri(value)) this.tools.changes.triple(value, property, subject)
  }

  private identify({ id }: TemplateSubject): ValueId {
    if (id !== undefined) {
      const subject = this.own(this.value(id))
      return subject !== 0 && this.isIri(subject) ? subject : 0
    }
    const made = this.tools.newId()
    this.generated.push(made)
    return this.tools.graph.terms.iri(made, true)
  }

  private insertList(list: ValueId, items: readonly TemplateListItem[], replacing: boolean): void {
    const { graph, lists } = this.tools
    if (items.length === 0) lists.insert(list, 0, [])
    for (const { index, slot, values } of items) {
      const at = this.indexOf(index)
      if (at < 0) continue
      const view = graph.list(list)
      for (const value of values) {
        const item = this.made(value)
        if (item === 0) continue
        const known = slot === undefined ? 0 : this.own(this.value(slot))
        const stands = replacing && known === 0 && at < view.length ? view.slotAt(at) : known
        lists.insert(list, at, [{ slot: stands, item }])
      }
    }
  }

  private indexOf(term: PatternTerm): number {
    const { terms } = this.tools
    const id = this.value(term)
    const index = id === 0 || terms.kind(id) !== TermKind.integer ? -1 : (terms.native(id) as number)
    return index
  }

  // --- @update

  /** Each property gets its new values in place of all that it has. */
  private update(template: TemplateSubject): void {
    const subject = this.identify(template)
    if (subject === 0) return
    for (const member of template.members) {
      const property = this.property(member)
      if (property < 0) continue
      if (member.reverse) {
        for (const value of member.values) this.insertValue(subject, property, true, this.made(value))
        continue
      }
      const isCurrent = member.values.some(value => value.type === 'expression' && value.current >= 0)
      if (isCurrent) this.updateCurrent(subject, property, member)
      else
        this.replace(
          subject,
          property,
          member.values.map(value => this.made(value)),
        )
    }
    if (template.list === 'whole') this.tools.lists.clearList(subject)
    if (template.list !== 'none') this.insertList(subject, template.lists, template.list === 'indexed')
  }

  private replace(subject: ValueId, property: PropertyId, values: readonly ValueId[]): void {
    if (values.some(value => value === 0)) return
    const { graph, changes } = this.tools
    const key = `${subject} ${property}`
    // Solutions that update the same property add to each other.
    if (!this.replaced.has(key)) deleteObserved(graph, changes, subject, property, 0)
    this.replaced.add(key)
    for (const value of values) changes.triple(subject, property, value)
  }

  /** Each value that is there becomes another one; one for which there is none stays. */
  private updateCurrent(subject: ValueId, property: PropertyId, { values }: TemplateMember): void {
    const { graph, changes } = this.tools
    const key = `${subject} ${property}`
    if (this.replaced.has(key)) return
    this.replaced.add(key)
    const { row } = this.solver
    const present: ValueId[] = []
    const count = graph.objects(subject, property, present)
    for (let i = 0; i < count; i++) {
      const made = values.map(value => {
        if (value.type === 'expression' && value.current >= 0) row[value.current] = present[i]
        return this.made(value)
      })
      if (made.some(value => value === 0)) continue
      deleteObserved(graph, changes, subject, property, present[i])
      for (const value of made) changes.triple(subject, property, value)
    }
  }

  // --- values

  private made(value: TemplateValue): ValueId {
    switch (value.type) {
      case 'term':
        return this.own(this.value(value.term))
      case 'subject':
        return this.insert(value.subject)
      default: {
        let evaluate = this.evaluators.get(value)
        if (evaluate === undefined) {
          evaluate = this.solver.expression(value.expression)
          this.evaluators.set(value, evaluate)
        }
        return this.own(evaluate(this.solver.row))
      }
    }
  }

  private value({ variable, id }: PatternTerm): ValueId {
    return variable < 0 ? id : this.solver.row[variable]
  }

  /** In the dictionary. */
  private own(id: ValueId): ValueId {
    return id === 0 ? 0 : this.tools.terms.toDictionary(id)
  }

  private property({ property }: TemplateMember): PropertyId {
    const iri = this.own(this.value(property))
    return iri === 0 || !this.isIri(iri) ? -1 : this.tools.graph.terms.propertyOf(iri)
  }

  /** Of a triple that was matched. */
  private propertyOf(property: PatternTerm): PropertyId {
    return property.variable < 0 ? property.id : this.tools.graph.terms.propertyFor(this.solver.row[property.variable])
  }

  private isIri(id: ValueId): boolean {
    return this.tools.graph.terms.kind(id) === TermKind.iri
  }
}

/** Parts of a pattern that share no variable but those that have a value. */
function independentParts(
  triples: readonly TriplePattern[],
  lists: readonly ListPattern[],
  isBound: (variable: number) => boolean,
): BasicGraphPattern[] {
  const parts: { triples: TriplePattern[]; lists: ListPattern[]; variables: Set<number> }[] = []
  const take = (own: { triples: TriplePattern[]; lists: ListPattern[] }, terms: readonly PatternTerm[]) => {
    const variables = new Set(terms.map(term => term.variable).filter(variable => variable >= 0 && !isBound(variable)))
    const joined = { ...own, variables }
    for (let i = parts.length - 1; i >= 0; i--) {
      if (![...parts[i].variables].some(variable => variables.has(variable))) continue
      joined.triples = [...parts[i].triples, ...joined.triples]
      joined.lists = [...parts[i].lists, ...joined.lists]
      for (const variable of parts[i].variables) variables.add(variable)
      parts.splice(i, 1)
    }
    parts.push(joined)
  }
  for (const triple of triples) take({ triples: [triple], lists: [] }, [triple.subject, triple.property, triple.object])
  for (const list of lists) take({ triples: [], lists: [list] }, [list.list, list.index, list.slot, list.item])
  return parts.map(part => ({ type: 'bgp', triples: part.triples, lists: part.lists }))
}
