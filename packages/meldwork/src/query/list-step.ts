import { ListProperty, type ListView } from '../graph/index.js'
import { TermKind, type ValueId } from '../rdf/index.js'
import type { ListPattern, PatternTerm } from '../subject/index.js'
import type { Execution } from './cursor.js'
import type { Condition, Step } from './step.js'

/** A place in a list: which list, at which index, in which slot, what. */
export class ListStep implements Step {
  readonly conditions: readonly Condition[]
  private readonly execution: Execution
  private readonly pattern: ListPattern
  private lists: readonly ValueId[] = []
  private listAt = 0
  private view: ListView | undefined
  private at = 0
  private end = 0
  private indexId: ValueId = 0
  private slotId: ValueId = 0
  private itemId: ValueId = 0
  private readonly bound: number[] = []

  constructor(execution: Execution, pattern: ListPattern, conditions: readonly Condition[]) {
    this.execution = execution
    this.pattern = pattern
    this.conditions = conditions
  }

  enter(row: ValueId[]): void {
    const { list, index, slot, item } = this.pattern
    const value = ({ variable, id }: PatternTerm): ValueId => (variable < 0 ? id : row[variable])
    this.indexId = value(index)
    this.slotId = value(slot)
    this.itemId = value(item)
    this.bound.length = 0
    for (const { variable } of [list, index, slot, item])
      if (variable >= 0 && row[variable] === 0) this.bound.push(variable)
    const known = value(list)
    this.lists = known !== 0 ? [known] : this.candidates()
    this.listAt = 0
    this.view = undefined
  }

  /** The lists that may match, when none is named. */
  private candidates(): readonly ValueId[] {
    const { graph } = this.execution
    const buffer: number[] = []
    const found = new Set<ValueId>()
    if (this.slotId === 0 && this.itemId === 0) {
      const length = graph.pairs(ListProperty.slot, buffer)
      for (let at = 0; at < length; at += 2) found.add(buffer[at])
      return [...found]
    }
    const slots: number[] = [this.slotId]
    const count = this.slotId === 0 ? graph.subjects(ListProperty.item, this.itemId, slots) : 1
    for (let i = 0; i < count; i++) {
      const owners = graph.subjects(ListProperty.slot, slots[i], buffer)
      for (let o = 0; o < owners; o++) found.add(buffer[o])
    }
    return [...found]
  }

  advance(row: ValueId[]): boolean {
    for (;;) {
      if (this.view !== undefined) {
        while (this.at < this.end) if (this.bind(row, this.view, this.at++)) return true
      }
      if (this.listAt === this.lists.length) {
        this.leave(row)
        return false
      }
      this.openList(this.lists[this.listAt++])
    }
  }

  private openList(list: ValueId): void {
    const { graph, terms } = this.execution
    const view = graph.list(list)
    this.view = view
    this.at = 0
    this.end = view.length
    let only = -1
    if (this.slotId !== 0) only = view.indexOf(this.slotId)
    else if (this.indexId === 0) return
    else if (terms.kind(this.indexId) === TermKind.integer) only = terms.native(this.indexId) as number
    this.at = only < 0 ? this.end : only
    this.end = Math.min(this.end, this.at + 1)
  }

  private bind(row: ValueId[], view: ListView, at: number): boolean {
    this.leave(row)
    const { list, index, slot, item } = this.pattern
    return (
      put(row, list, this.lists[this.listAt - 1]) &&
      put(row, index, this.execution.terms.integer(at, true)) &&
      put(row, slot, view.slotAt(at)) &&
      put(row, item, view.itemAt(at))
    )
  }

  leave(row: ValueId[]): void {
    for (const variable of this.bound) row[variable] = 0
  }
}

/** Binds a term that is free, or compares one that has a value. */
function put(row: ValueId[], { variable, id }: PatternTerm, value: ValueId): boolean {
  if (variable < 0) return id === value
  if (row[variable] === 0) row[variable] = value
  return row[variable] === value
}
