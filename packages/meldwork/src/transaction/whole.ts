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
    const count = graph.liveSubjectsWith(property, subject, subjects)
    for (let i = 0; i < count; i++) {
      deleteObserved(graph, changes, subjects[i], property, subject)
      // Where it was hidden, something else stands.
      if (property === ListProperty.item && graph.has(subjects[i], property, subject))
        for (const list of listsOf(graph, subjects[i])) deleteSlot(graph, changes, list, subjects[i])
    }
  }
}
