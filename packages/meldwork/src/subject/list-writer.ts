import { list as listTerms, mld, rdf, TermKind, type TermTable, type ValueId } from '../rdf/index.js'
import type { Key, Keys } from './keys.js'
import type { GraphSubject, ReadList, ReadValue } from './types.js'
import type { ValueWriter } from './value-writer.js'

/** Where the items of lists are: the visible graph is one. */
export interface ListSource {
  /** The items of a list in order; none for what is no list. */
  list(list: ValueId): { readonly length: number; itemAt(index: number): ValueId }
  /** Fills `[property, object, property, object, ...]` with what a subject has, and gives how many numbers. */
  triplesOf(subject: ValueId, into: number[]): number
}

/** Writes lists as their items. Lists in lists are references: one level, as everything that is read. */
export class ListWriter {
  private readonly none: Key
  private readonly values: ValueWriter
  private readonly source: ListSource
  private readonly terms: TermTable
  private readonly listName: string
  /** In short form: the type that lists have by default, and the property that only lists have. */
  private readonly typeIri: string
  private readonly slotIri: string
  private readonly pairs: number[] = []

  constructor(keys: Keys, values: ValueWriter, source: ListSource) {
    const { context } = keys
    this.none = keys.none
    this.values = values
    this.source = source
    this.terms = keys.terms
    this.listName = context.keywordAlias('@list')
    this.typeIri = context.iris.short(mld.RdfLseq)
    this.slotIri = context.iris.short(listTerms.slot)
  }

  /**
   * The items of a list that stands for itself, and not under a property.
   * @param nested subjects to write in the place of references to them
   */
  items(list: ValueId, nested?: ReadonlyMap<ValueId, GraphSubject>): ReadValue[] {
    const items = this.itemsUnder(this.none, list)
    if (nested !== undefined) {
      const view = this.source.list(list)
      for (let i = 0; i < items.length; i++)
        items[i] = (nested.get(view.itemAt(i)) as ReadValue | undefined) ?? items[i]
    }
    return items
  }

  /** A list as the only value of a key whose container is `@list`: its items, unless it is more than those. */
  value(key: Key, list: ValueId): ReadValue[] | ReadList {
    const items = this.itemsUnder(key, list)
    return this.look(list).more ? { ...(this.values.identified(list) as ReadList), [this.listName]: items } : items
  }

  isList(value: ValueId): boolean {
    return this.terms.kind(value) === TermKind.iri && this.look(value).list
  }

  private itemsUnder(key: Key, list: ValueId): ReadValue[] {
    const view = this.source.list(list)
    return Array.from({ length: view.length }, (_, index) => this.values.json(key, view.itemAt(index)) as ReadValue)
  }

  /** Whether a subject is a list, and whether it has anything that a list does not have by itself. */
  private look(subject: ValueId): { list: boolean; more: boolean } {
    const { terms, pairs } = this
    const slot = terms.property(this.slotIri, false)
    const type = terms.property(rdf.type, false)
    const listType = terms.iri(this.typeIri, false)
    const length = this.source.triplesOf(subject, pairs)
    let list = false
    let more = false
    for (let at = 0; at < length; at += 2) {
      const own = pairs[at] === slot || (pairs[at] === type && pairs[at + 1] === listType)
      if (own) list = true
      else more = true
    }
    return { list, more }
  }
}
