import type { Graph } from '../graph/index.js'
import { type Changes, deleteStride, insertStride } from '../operation/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'
import { deleteObserved } from './supersede.js'
import type { View } from './view.js'

/**
 * A write to a property of which a rule has chosen among several values settles that: the values that were not chosen are deleted with it, so that none of
 * them appears afterwards. What other rules hide is somebody's data, and stays.
 */
export function deleteLosers(graph: Graph, view: View, changes: Changes): void {
  if (view.reasons.isEmpty) return
  const written = new Map<string, readonly [ValueId, PropertyId]>()
  const { inserts, insertLength, deletes, deleteLength } = changes
  for (let at = 0; at < insertLength; at += insertStride)
    written.set(`${inserts[at]} ${inserts[at + 1]}`, [inserts[at], inserts[at + 1]])
  for (let at = 0; at < deleteLength; at += deleteStride)
    written.set(`${deletes[at]} ${deletes[at + 1]}`, [deletes[at], deletes[at + 1]])
  for (const [subject, property] of written.values())
    for (const value of view.losers(subject, property)) deleteObserved(graph, changes, subject, property, value)
}
