import { ListProperty, type ObservedGraph, observedStride } from '../graph/index.js'
import type { Changes } from '../operation/index.js'
import { TermKind, type ValueId } from '../rdf/index.js'
import { deleteObserved } from './supersede.js'

/** Deletes a slot from a list: its membership, and its positions and items, hidden ones too, unless it stands in another list. */
export function deleteSlot(graph: ObservedGraph, changes: Changes, list: ValueId, slot: ValueId): void {
  deleteObserved(graph, changes, list, ListProperty.slot, slot)
  if (!isSubject(graph, slot) || listsOf(graph, slot).some(other => other !== list)) return
  deleteObserved(graph, changes, slot, ListProperty.position, 0)
  deleteObserved(graph, changes, slot, ListProperty.item, 0)
}

/** Deletes every slot from a list, if it is one. */
export function deleteSlots(graph: ObservedGraph, changes: Changes, list: ValueId): void {
  if (graph.countProperty(ListProperty.slot) === 0) return
  const observed: number[] = []
  const length = graph.observed(list, ListProperty.slot, observed)
  for (let at = 0; at < length; at += observedStride) deleteSlot(graph, changes, list, observed[at + 1])
}

/** The lists that visibly have a slot: one, if nobody wrote it into several. */
export function listsOf(graph: ObservedGraph, slot: ValueId): ValueId[] {
  const lists: ValueId[] = []
  return lists.slice(0, graph.subjects(ListProperty.slot, slot, lists))
}

/** A literal may stand where only a slot should: its id is not one that can be looked up as a subject's. */
const isSubject = ({ terms }: ObservedGraph, value: ValueId): boolean => terms.kind(value) === TermKind.iri
