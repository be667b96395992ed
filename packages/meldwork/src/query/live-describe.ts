import type { ValueId } from '../rdf/index.js'
import { type GraphSubject, type Keys, SubjectWriter } from '../subject/index.js'
import { type AnswerChange, type ChangedAnswer, type KeyedAnswer, subjectMark } from './answer-change.js'
import type { ChangedSides } from './delta.js'
import { HeldDescriptions } from './descriptions-held.js'
import { LiveQuery, type LiveTools } from './live-query.js'
import { isOrdered } from './live-select.js'
import type { ReadPlan } from './read-request.js'

type DescribePlan = Extract<ReadPlan, { form: 'describe' }>

/** What is described: the value of a variable, or one subject. */
type Named = { readonly variable: number } | { readonly id: ValueId }

/** What is shown before anything was. */
const nothing: ReadonlyMap<ValueId, GraphSubject> = new Map()

/**
 * The subjects of a describe. Which they are follows from the solutions, as {@link LiveQuery} finds them; each is described again when a triple that its
 * description was made of has changed. With an order, an offset or a limit, all of them are gone through each time.
 */
export class LiveDescribe extends LiveQuery {
  private readonly named: readonly Named[]
  private readonly start: number
  private readonly length: number
  /** Whether the answer has an order, or is a part of what is described. */
  private readonly ordered: boolean
  private readonly held: HeldDescriptions
  /** The subjects that solutions name, each with how many do. */
  private ids = new Map<ValueId, number>()
  /** Of an ordered answer: what it was, in order. */
  private shown: ReadonlyMap<ValueId, GraphSubject> = nothing

  /** @param reference the id of a subject that the request names @throws `iri-malformed` */
  constructor(tools: LiveTools, keys: Keys, plan: DescribePlan, reference: (id: string, path: string) => ValueId) {
    const { start, length, algebra } = plan
    const ordered = isOrdered(algebra) || start > 0 || length < Number.POSITIVE_INFINITY
    super(tools, new SubjectWriter(keys, tools.graph), algebra, plan.width, !ordered)
    this.named = plan.described.map(each => ('id' in each ? { id: reference(each.id, each.path) } : each))
    this.start = start
    this.length = length
    this.ordered = ordered
    this.held = new HeldDescriptions(this, tools, keys, plan.depth)
  }

  protected first(): AnswerChange {
    this.ids = this.solve()
    if (this.ordered) return this.compareShown(new Set())!
    const added: KeyedAnswer[] = []
    for (const id of this.ids.keys()) add(added, id, this.held.hold(id))
    return { added, removed: [], changed: [], answers: undefined }
  }

  override end(): void {
    super.end()
    this.held.dropAll()
  }

  update(sides: ChangedSides): AnswerChange | undefined {
    const { held } = this
    const before = new Set<ValueId>()
    const after = new Set<ValueId>()
    this.findIds(sides, before, after)
    const added: KeyedAnswer[] = []
    const removed: KeyedAnswer[] = []
    const changed: ChangedAnswer[] = []
    const refreshed = new Set<ValueId>()
    if (!this.ordered) for (const id of before) if (!after.has(id)) add(removed, id, held.drop(id))
    held.refresh((id, redescribed) => {
      refreshed.add(id)
      if (redescribed.before === undefined) add(added, id, redescribed.after)
      else if (redescribed.after === undefined) add(removed, id, redescribed.before)
      else changed.push({ key: keyOf(id), before: redescribed.before, after: redescribed.after })
    })
    if (this.ordered) return this.compareShown(refreshed)
    for (const id of after) if (!before.has(id)) add(added, id, held.hold(id))
    return added.length + removed.length + changed.length === 0
      ? undefined
      : { added, removed, changed, answers: undefined }
  }

  /** Brings what the solutions name up to date. @param before @param after receive the subjects concerned, as far as named then */
  private findIds(sides: ChangedSides, before: Set<ValueId>, after: Set<ValueId>): void {
    const { ids } = this
    if (!this.isDelta) {
      if (!this.stale) return
      this.stale = false
      this.ids = this.solve()
      for (const id of ids.keys()) before.add(id)
      for (const id of this.ids.keys()) after.add(id)
      return
    }
    const changed = new Map<ValueId, number>()
    this.changes(sides, (row, came) => {
      this.eachId(row, id => changed.set(id, (changed.get(id) ?? 0) + (came ? 1 : -1)))
    })
    for (const [id, by] of changed) {
      const count = ids.get(id) ?? 0
      if (count > 0) before.add(id)
      if (count + by > 0) after.add(id)
      if (count + by > 0) ids.set(id, count + by)
      else ids.delete(id)
    }
  }

  private solve(): Map<ValueId, number> {
    const ids = new Map<ValueId, number>()
    this.solutions(row => this.eachId(row, id => ids.set(id, (ids.get(id) ?? 0) + 1)))
    return ids
  }

  private eachId(row: readonly ValueId[], found: (id: ValueId) => void): void {
    for (const each of this.named) {
      const id = 'id' in each ? each.id : row[each.variable]
      if (id !== 0 && this.writer.isReference(id)) found(id)
    }
  }

  /** @param refreshed those that have just been described again, and differently. @returns undefined when nothing is different; never at first */
  private compareShown(refreshed: ReadonlySet<ValueId>): AnswerChange | undefined {
    const { held, shown, start, length } = this
    const isFirst = shown === nothing
    const now = new Map<ValueId, GraphSubject>()
    let skipped = 0
    const looked = new Set<ValueId>()
    for (const id of this.ids.keys()) {
      if (now.size === length) break
      looked.add(id)
      const subject = held.has(id) ? held.subject(id) : held.hold(id)
      if (subject !== undefined && skipped++ >= start) now.set(id, subject)
    }
    for (const id of [...held.keys]) if (!looked.has(id)) held.drop(id)
    this.shown = now
    const added: KeyedAnswer[] = []
    const removed: KeyedAnswer[] = []
    const changed: ChangedAnswer[] = []
    for (const [id, subject] of now) {
      const before = shown.get(id)
      if (before === undefined) add(added, id, subject)
      else if (before !== subject && refreshed.has(id)) changed.push({ key: keyOf(id), before, after: subject })
    }
    for (const [id, subject] of shown) if (!now.has(id)) add(removed, id, subject)
    const order = [...shown.keys()]
    const isSame =
      added.length + removed.length + changed.length === 0 && [...now.keys()].every((id, i) => id === order[i])
    return isSame && !isFirst ? undefined : { added, removed, changed, answers: [...now.values()] }
  }
}

const keyOf = (id: ValueId): string => `${subjectMark}${id}`

/** What is visible counts. */
function add(to: KeyedAnswer[], id: ValueId, answer: GraphSubject | undefined): void {
  if (answer !== undefined) to.push({ key: keyOf(id), answer })
}
