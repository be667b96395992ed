import type { ValueId } from '../rdf/index.js'
import type { GraphSubject, ReadValue, SubjectWriter } from '../subject/index.js'
import { type AnswerChange, type ChangedAnswer, type KeyedAnswer, subjectMark } from './answer-change.js'
import { Constructor, type TermWriter } from './construct.js'
import type { ChangedSides } from './delta.js'
import { LiveQuery, type LiveTools } from './live-query.js'
import { isOrdered, termKey } from './live-select.js'
import type { ReadPlan } from './read-request.js'
import type { TemplateSubject } from './template.js'

type ConstructPlan = Extract<ReadPlan, { form: 'construct' }>

/** A subject that was made. */
interface Made {
  /** What it was made of, as text that is the same exactly for the same terms. */
  readonly terms: string
  readonly answer: GraphSubject
  /** How often, for one without an identity. */
  count: number
}

/**
 * The subjects of a construct, all made anew when a triple that matches one of the patterns has changed. One that has no `@id` is what it consists of.
 */
export class LiveConstruct extends LiveQuery {
  private readonly templates: readonly TemplateSubject[]
  private readonly hasOrder: boolean
  private readonly maker: Constructor
  private readonly termMaker: Constructor
  private made: Map<string, Made> | undefined
  private order: readonly string[] = []

  constructor(tools: LiveTools, writer: SubjectWriter, plan: ConstructPlan) {
    super(tools, writer, plan.algebra, plan.width, false)
    this.templates = plan.templates
    this.hasOrder = isOrdered(plan.algebra)
    this.maker = new Constructor(writer, plan.ordered)
    this.termMaker = new Constructor(termWriter(tools, writer), plan.ordered)
  }

  protected first(): AnswerChange {
    return this.again(true)!
  }

  update(_: ChangedSides): AnswerChange | undefined {
    if (!this.stale) return undefined
    this.stale = false
    return this.again(false)
  }

  private again(isFirst: boolean): AnswerChange | undefined {
    const before = this.made ?? new Map<string, Made>()
    const { made, order } = this.make()
    this.made = made
    const added: KeyedAnswer[] = []
    const removed: KeyedAnswer[] = []
    const changed: ChangedAnswer[] = []
    for (const [key, { terms, answer, count }] of made) {
      const known = before.get(key)
      for (let i = known?.count ?? 0; i < count; i++) added.push({ key, answer })
      if (known !== undefined && known.terms !== terms) changed.push({ key, before: known.answer, after: answer })
    }
    for (const [key, { answer, count }] of before)
      for (let i = made.get(key)?.count ?? 0; i < count; i++) removed.push({ key, answer })
    const isSame =
      added.length + removed.length + changed.length === 0 &&
      order.length === this.order.length &&
      order.every((key, i) => key === this.order[i])
    this.order = order
    if (isSame && !isFirst) return undefined
    return { added, removed, changed, answers: this.hasOrder ? order.map(key => made.get(key)!.answer) : undefined }
  }

  private make(): { readonly made: Map<string, Made>; readonly order: readonly string[] } {
    const rows: (readonly ValueId[])[] = []
    this.solutions(row => rows.push([...row]))
    const made = new Map<string, Made>()
    const order: string[] = []
    this.templates.forEach((template, place) => {
      const answers = this.maker.subjects([template], rows)
      const terms = this.termMaker.subjects([template], rows)
      answers.forEach((answer, i) => {
        const text = JSON.stringify(terms[i])
        const id = template.id && `${subjectMark}${place} ${terms[i][this.writer.idKey] as string}`
        const key = id ?? `${place} ${text}`
        const known = made.get(key)
        if (known === undefined) made.set(key, { terms: text, answer, count: 1 })
        else known.count++
        if (this.hasOrder) order.push(key)
      })
    })
    return { made, order }
  }
}

/** Writes terms as themselves: what it makes is the same text exactly when the terms are the same. */
function termWriter({ terms }: LiveTools, writer: SubjectWriter): TermWriter {
  return {
    idKey: writer.idKey,
    id: value => termKey(terms, value),
    isReference: value => writer.isReference(value),
    name: value => writer.name(value),
    compare: (a, b) => writer.compare(a, b),
    valueUnder: (_, value) => termKey(terms, value) as ReadValue,
  }
}
