/** The terms that random histories are made of, and the spelling in which engine and reference compare them. */
import { hexadecimal } from '../../src/codec/index.js'
import { type Graph, observedStride } from '../../src/graph/index.js'
import { IriSpace, isLegalTerm, TermKind, type TermTable, type ValueId } from '../../src/rdf/index.js'
import type { PlainTerm } from '../reference/digest.js'

export const iris = new IriSpace('laws.example')
export const isLegal = (kind: TermKind, text: string): boolean => isLegalTerm(kind, text, iris)

const iri = (value: string): PlainTerm => ({ kind: TermKind.iri, value })
const string = (value: string): PlainTerm => ({ kind: TermKind.string, value })
const integer = (value: number): PlainTerm => ({ kind: TermKind.integer, value })
const double = (value: number): PlainTerm => ({ kind: TermKind.double, value })

export const subjects: readonly PlainTerm[] = ['a', 'b', 'a/b', '#c', 'urn:é', '\u0001type'].map(iri)
/** Two of them have a rule in the histories; one is a subject, too. */
export const properties: readonly PlainTerm[] = ['#rank', '#latest', '#p', '#q', '\u0001type', 'a'].map(iri)
export const objects: readonly PlainTerm[] = [
  ...['a', 'b', '#c', '#p', 'urn:x'].map(iri),
  ...['', 'a', 'é', '\u{1f600}', '\ufeffx', 'x'.repeat(70), `${'x'.repeat(70)}y`].map(string),
  ...[0, -1, 5, 2 ** 28 - 1, 2 ** 28, -(2 ** 28), 2 ** 30 - 1, 2 ** 30, -(2 ** 30), -(2 ** 30) - 1].map(integer),
  ...[Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER].map(integer),
  ...[0.5, -0.5, 1e300, -5e-324, 2 ** 53, 0.1].map(double),
  { kind: TermKind.boolean, value: true },
  { kind: TermKind.boolean, value: false },
  { kind: TermKind.typed, value: '\u0002integer\u0000007' },
  { kind: TermKind.typed, value: '#mine\u0000a\u0000b' },
  { kind: TermKind.language, value: 'fr\u0000chat' },
  { kind: TermKind.language, value: 'fr-be\u0000' },
]

export function intern(terms: TermTable, { kind, value }: PlainTerm): ValueId {
  const [head, ...tail] = String(value).split('\0')
  switch (kind) {
    case TermKind.iri:
      return terms.iri(String(value), true)
    case TermKind.string:
      return terms.string(String(value), true)
    case TermKind.typed:
      return terms.typed(head, tail.join('\0'), true)
    case TermKind.language:
      return terms.language(head, tail.join('\0'), true)
    case TermKind.integer:
      return terms.integer(Number(value), true)
    case TermKind.double:
      return terms.double(Number(value), true)
    default:
      return terms.boolean(value === true)
  }
}

export function plain(terms: TermTable, id: ValueId): PlainTerm {
  const kind = terms.kind(id)
  return { kind, value: kind >= TermKind.integer ? terms.native(id) : terms.text(id) }
}

export const spell = ({ kind, value }: PlainTerm): string => `${kind}:${JSON.stringify(value)}`
export const spelled = (terms: TermTable, id: ValueId): string => spell(plain(terms, id))

/** Every live pair of a graph, spelled: dot, triple; and whether it is hidden. */
export function livePairs(graph: Graph): Map<string, boolean> {
  const { terms } = graph
  const pairs = new Map<string, boolean>()
  const into: number[] = []
  for (const subject of graph.liveSubjects()) {
    const length = graph.observed(subject, -1, into)
    for (let at = 0; at < length; at += observedStride) {
      const triple = `${spelled(terms, subject)} ${spelled(terms, terms.propertyTerm(into[at]))} ${spelled(terms, into[at + 1])}`
      const key = `${hexadecimal(graph.replicas.ids[into[at + 3]])}.${into[at + 2]} ${triple}`
      if (pairs.has(key)) throw new Error(`${key} is there twice`)
      pairs.set(key, into[at + 4] === 1)
    }
  }
  return pairs
}

/** The triples of a list [subject, property, object, ...], spelled. */
export function triplesOf(graph: Graph, list: readonly number[]): string[] {
  const { terms } = graph
  const triples: string[] = []
  for (let at = 0; at < list.length; at += 3)
    triples.push(
      `${spelled(terms, list[at])} ${spelled(terms, terms.propertyTerm(list[at + 1]))} ${spelled(terms, list[at + 2])}`,
    )
  return triples
}

/** Everything that a graph holds but does not owe to the order in which it came: for comparing copies with each other. */
export function snapshot(graph: Graph) {
  const { replicas, heads, times } = graph
  const name = (replica: number) => hexadecimal(replicas.ids[replica])
  const vector: Record<string, string> = {}
  for (let replica = 0; replica < replicas.count; replica++)
    if (replicas.counters[replica] > 0)
      vector[name(replica)] = `${replicas.counters[replica]} ${replicas.checks[replica]}`
  const timed: string[] = []
  const into: number[] = []
  for (const subject of graph.liveSubjects()) {
    const length = graph.observed(subject, -1, into)
    for (let at = 0; at < length; at += observedStride)
      timed.push(`${name(into[at + 3])}.${into[at + 2]} ${times.of(into[at + 3], into[at + 2])}`)
  }
  return {
    live: [...livePairs(graph)].map(([key, hidden]) => `${key}${hidden ? ' hidden' : ''}`).sort(),
    vector: Object.entries(vector).sort(([a], [b]) => (a < b ? -1 : 1)),
    vectorDigest: replicas.digest(),
    heads: [...heads.entries()].map(([replica, counter]) => `${name(replica)}@${counter}`).sort(),
    times: timed.sort(),
    digest: graph.digest,
    counts: [graph.liveCount, graph.tripleCount, graph.subjectCount],
    references: Array.from({ length: graph.terms.propertyCount }, (_, property) => property)
      .filter(property => graph.countReferences(property) > 0)
      .map(property => `${graph.terms.propertyText(property)} ${graph.countReferences(property)}`)
      .sort(),
  }
}
