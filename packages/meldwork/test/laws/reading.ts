/** Everything that can be read of a graph, method by method, so that two can be compared that share a dictionary. */
import { type ObservedGraph, observedStride } from '../../src/graph/index.js'
import type { ValueId } from '../../src/rdf/index.js'

/** What is asked about. */
export interface Universe {
  readonly subjects: readonly ValueId[]
  readonly objects: readonly ValueId[]
  readonly propertyCount: number
}

export const rows = (list: readonly number[], length: number, stride: number): string[] =>
  Array.from({ length: length / stride }, (_, i) => list.slice(i * stride, (i + 1) * stride).join(' ')).sort()

/** What is visible. */
export function visibleReading(graph: ObservedGraph, { subjects, objects, propertyCount }: Universe) {
  const into: number[] = []
  const triples: string[] = []
  const answers: unknown[] = []
  for (let property = 0; property < propertyCount; property++) {
    answers.push(rows(into, graph.pairs(property, into), 2))
    for (const object of objects) {
      answers.push(rows(into, graph.subjects(property, object, into), 1), graph.countSubjects(property, object))
      for (const subject of subjects)
        if (graph.has(subject, property, object)) triples.push(`${subject} ${property} ${object}`)
    }
  }
  for (const subject of subjects) {
    answers.push(rows(into, graph.references(subject, into), 2))
    answers.push(rows(into, graph.triplesOf(subject, into), 2))
    for (let property = 0; property < propertyCount; property++)
      answers.push(rows(into, graph.objects(subject, property, into), 1))
  }
  return { triples, answers, count: graph.tripleCount, all: rows(into, graph.allSubjects(into), 1) }
}

/** What is live. */
export function liveReading(graph: ObservedGraph, { subjects, objects, propertyCount }: Universe) {
  const triples: string[] = []
  for (const subject of subjects)
    for (let property = 0; property < propertyCount; property++)
      for (const object of objects)
        if (graph.isLive(subject, property, object)) triples.push(`${subject} ${property} ${object}`)
  const counts = Array.from({ length: propertyCount }, (_, property) => [
    graph.countProperty(property),
    graph.countReferences(property),
  ])
  return { triples, counts }
}

/** The dots. */
export function dotReading(graph: ObservedGraph, { subjects, objects, propertyCount }: Universe) {
  const into: number[] = []
  const observed: unknown[] = []
  const dots: unknown[] = []
  for (const subject of subjects) {
    observed.push(rows(into, graph.observed(subject, -1, into), observedStride))
    for (let property = 0; property < propertyCount; property++) {
      observed.push(rows(into, graph.observed(subject, property, into), observedStride))
      for (const object of objects) dots.push(rows(into, graph.dots(subject, property, object, into), 2))
    }
  }
  return { observed, dots }
}

export const reading = (graph: ObservedGraph, universe: Universe) => ({
  ...visibleReading(graph, universe),
  live: liveReading(graph, universe),
  ...dotReading(graph, universe),
})
