import { TermKind, type TermTable, type ValueId } from '../rdf/index.js'
import type { Solution, SubjectWriter } from '../subject/index.js'
import type { Algebra } from './algebra.js'
import type { AnswerChange, KeyedAnswer } from './answer-change.js'
import type { ChangedSides } from './delta.js'
import { LiveQuery, type LiveTools } from './live-query.js'
import type { Column, ReadPlan } from './read-request.js'

type SelectPlan = Extract<ReadPlan, { form: 'select' }>

/** Equal rows of an answer. */
interface Rows {
  count: number
  readonly answer: Solution
}

/**
 * The rows of a select, as a multiset. Where it is solved anew, it holds the rows of the last time.
 */
export class LiveSelect extends LiveQuery {
  private readonly columns: readonly Column[]
  /** Of each column, whether its values may be computed ones, which the dictionary need not have. */
  private readonly computed: readonly boolean[]
  private readonly ordered: boolean
  private rows = new Map<string, Rows>()
  private order: readonly string[] = []

  constructor(tools: LiveTools, writer: SubjectWriter, plan: SelectPlan) {
    super(tools, writer, plan.algebra, plan.width, true)
    this.columns = plan.columns
    const computed = computedIn(plan.algebra)
    this.computed = plan.columns.map(({ variable }) => computed.has(variable))
    this.ordered = isOrdered(plan.algebra)
  }

  protected first(): AnswerChange {
    if (!this.isDelta) return this.again()!
    const added: KeyedAnswer[] = []
    this.solutions(row => {
      const values = this.valuesOf(row)
      added.push({ key: this.keyOf(values), answer: this.solution(values) })
    })
    return { added, removed: [], changed: [], answers: undefined }
  }

  update(sides: ChangedSides): AnswerChange | undefined {
    if (!this.isDelta) return this.stale ? this.again() : undefined
    let net: Map<string, { count: number; readonly values: readonly ValueId[] }> | undefined
    this.changes(sides, (row, came) => {
      const values = this.valuesOf(row)
      const key = this.keyOf(values)
      const by = came ? 1 : -1
      net ??= new Map()
      const known = net.get(key)
      if (known === undefined) net.set(key, { count: by, values })
      else known.count += by
    })
    return net && this.changeOf(net)
  }

  private changeOf(
    net: ReadonlyMap<string, { readonly count: number; readonly values: readonly ValueId[] }>,
  ): AnswerChange | undefined {
    const added: KeyedAnswer[] = []
    const removed: KeyedAnswer[] = []
    for (const [key, { count, values }] of net) {
      const into = count > 0 ? added : removed
      for (let i = Math.abs(count); i > 0; i--) into.push({ key, answer: this.solution(values) })
    }
    return added.length + removed.length === 0 ? undefined : { added, removed, changed: [], answers: undefined }
  }

  /** Solves it, and compares with the last time. @returns undefined when nothing is different; never at first */
  private again(): AnswerChange | undefined {
    const isFirst = !this.stale
    this.stale = false
    const rows = new Map<string, Rows>()
    const order: string[] = []
    this.solutions(row => {
      const values = this.valuesOf(row)
      const key = this.keyOf(values)
      const known = rows.get(key)
      if (this.ordered) order.push(key)
      if (known !== undefined) known.count++
      else rows.set(key, { count: 1, answer: this.rows.get(key)?.answer ?? this.solution(values) })
    })
    const added = surplus(rows, this.rows)
    const removed = surplus(this.rows, rows)
    const isSame =
      added.length + removed.length === 0 &&
      order.length === this.order.length &&
      order.every((key, i) => key === this.order[i])
    this.rows = rows
    this.order = order
    if (isSame && !isFirst) return undefined
    const answers = this.ordered ? order.map(key => rows.get(key)!.answer) : undefined
    return { added, removed, changed: [], answers }
  }

  private valuesOf(row: readonly ValueId[]): readonly ValueId[] {
    return this.columns.map(({ variable }) => row[variable])
  }

  private keyOf(values: readonly ValueId[]): string {
    const { computed, tools } = this
    let key = ''
    for (let i = 0; i < values.length; i++) key += `${computed[i] ? termKey(tools.terms, values[i]) : values[i]},`
    return key
  }

  private solution(values: readonly ValueId[]): Solution {
    const solution: Solution = {}
    this.columns.forEach(({ name }, i) => {
      if (values[i] !== 0) solution[name as `?${string}`] = this.writer.value(values[i])
    })
    return solution
  }
}

/** What one multiset has more of than another. */
function surplus(rows: ReadonlyMap<string, Rows>, others: ReadonlyMap<string, Rows>): KeyedAnswer[] {
  const more: KeyedAnswer[] = []
  for (const [key, { count, answer }] of rows)
    for (let i = others.get(key)?.count ?? 0; i < count; i++) more.push({ key, answer })
  return more
}

/** A term as text that is the same exactly for the same term, whether the dictionary has it or not. */
export function termKey(terms: TermTable, id: ValueId): string {
  if (id === 0) return '0'
  const kind = terms.kind(id)
  const isNative = kind === TermKind.integer || kind === TermKind.double || kind === TermKind.boolean
  return `${kind}${isNative ? String(terms.native(id)) : JSON.stringify(terms.text(id))}`
}

/** Whether a request says which answers come first, or how many. */
export function isOrdered(algebra: Algebra): boolean {
  if (algebra.type === 'distinct') return isOrdered(algebra.input)
  return algebra.type === 'orderby' || algebra.type === 'slice'
}

/** The variables whose values are computed. */
function computedIn(algebra: Algebra, into: Set<number> = new Set()): Set<number> {
  switch (algebra.type) {
    case 'bgp':
      // Indexes are.
      for (const { index } of algebra.lists) into.add(index.variable)
      break
    case 'join':
    case 'leftjoin':
      computedIn(algebra.left, into)
      computedIn(algebra.right, into)
      break
    case 'union':
      for (const input of algebra.inputs) computedIn(input, into)
      break
    case 'values':
      break
    default:
      computedIn(algebra.input, into)
      if (algebra.type === 'extend') into.add(algebra.variable)
      else if (algebra.type === 'group') for (const { variable } of algebra.aggregates) into.add(variable)
  }
  return into
}
