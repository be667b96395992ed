import type { ValueId } from '../rdf/index.js'
import type { VisibleGraph } from './visible.js'

/** What {@link referencesTo} reads of a graph. */
type Readable = Pick<VisibleGraph, 'terms' | 'countReferences' | 'subjects'>

const subjects: ValueId[] = []

/**
 * The visible triples that refer to a subject, by the indexes of those properties that refer to any.
 * Fills `[subject, property, ...]`. @returns how many values
 */
export function referencesTo(graph: Readable, object: ValueId, into: number[]): number {
  let filled = 0
  for (let property = 0; property < graph.terms.propertyCount; property++) {
    if (graph.countReferences(property) === 0) continue
    const count = graph.subjects(property, object, subjects)
    for (let i = 0; i < count; i++) {
      into[filled++] = subjects[i]
      into[filled++] = property
    }
  }
  return filled
}
