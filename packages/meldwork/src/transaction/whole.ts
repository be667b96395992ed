import { ListProperty, type ObservedGraph } from '../graph/index.js'
import type { Changes } from '../operation/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'
import { deleteSlot, deleteSlots, listsOf } from './list-deletes.js'
import { deleteObserved } from './supersede.js'

/** Deletes a subject: what it has, its slots when it is a list, the references to it, and the slots of lists in which it stands. */
export function deleteWhole(graph: ObservedGraph, changes: Changes, subject: ValueId): void {
  deleteSlots(graph, changes, subject)
  deleteObserved(graph, changes, subject, -1, 0)
  const subjects: ValueId[] = []
  for (let property: PropertyId = 0; property < graph.terms.propertyCount; property++) {
    if (graph.countReferences(property) === 0) continue
    const count = graph.subjects(property, subject, subjects)
    for (let i = 0; i < count; i++) {
      deleteObserved(graph, changes, subjects[i], property, subject)
      if (property === ListProperty.item)
        for (const list of listsOf(graph, subjects[i])) deleteSlot(graph, changes, list, subjects[i])
    }
  }
}
