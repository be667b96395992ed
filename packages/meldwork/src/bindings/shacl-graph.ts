import { CodedError } from '../errors.js'
import { abbreviatedNamespaces, NamedNode, type RDF } from '../rdf/index.js'

const [rdf, xsd, rdfs] = abbreviatedNamespaces
export const sh = 'http://www.w3.org/ns/shacl#'

/** What has an identity in a graph of shapes: an IRI or a blank node. */
export type Node = RDF.NamedNode | RDF.BlankNode

/** Lists longer than this, and quads in a cycle, come to an end here. */
const mostItems = 100_000

/** @throws CodedError `constraint-invalid` @param shape of which shape, for messages */
export function failShape(shape: string, reason: string): never {
  throw new CodedError('constraint-invalid', `The shape ${shape} cannot be read: ${reason}`, { path: shape, reason })
}

/** Names a term in messages. */
export const nameOf = (term: RDF.Term): string => (term.termType === 'BlankNode' ? `_:${term.value}` : term.value)

/** The quads that shapes are written in, whatever their graph, by subject and predicate. */
export class ShapesGraph {
  private readonly bySubject = new Map<string, { readonly node: Node; readonly values: Map<string, RDF.Term[]> }>()
  private readonly byObject = new Map<string, Map<string, Node[]>>()

  constructor(quads: Iterable<RDF.BaseQuad>) {
    for (const { subject, predicate, object } of quads) {
      if (!isNode(subject)) continue
      const key = keyOf(subject)
      let entry = this.bySubject.get(key)
      if (entry === undefined) {
        entry = { node: subject, values: new Map() }
        this.bySubject.set(key, entry)
      }
      const values = entry.values.get(predicate.value) ?? []
      entry.values.set(predicate.value, values)
      // What is said twice, in two graphs for instance, is said once.
      if (values.some(value => value.equals(object))) continue
      values.push(object)
      if (!isNode(object)) continue
      const referring = this.byObject.get(keyOf(object)) ?? new Map<string, Node[]>()
      this.byObject.set(keyOf(object), referring)
      referring.set(predicate.value, [...(referring.get(predicate.value) ?? []), subject])
    }
  }

  /** All that have properties. */
  *nodes(): IterableIterator<Node> {
    for (const { node } of this.bySubject.values()) yield node
  }

  has(node: RDF.Term): boolean {
    return isNode(node) && this.bySubject.has(keyOf(node))
  }

  /** The predicates that a node has. */
  predicates(node: Node): IterableIterator<string> | readonly string[] {
    return this.bySubject.get(keyOf(node))?.values.keys() ?? []
  }

  /** The values of a property in the namespace of SHACL, or of another when it is absolute. */
  all(node: Node, property: string): readonly RDF.Term[] {
    return this.bySubject.get(keyOf(node))?.values.get(property.includes(':') ? property : sh + property) ?? []
  }

  /** At most one value. @throws CodedError `constraint-invalid` */
  one(node: Node, property: string): RDF.Term | undefined {
    const values = this.all(node, property)
    if (values.length > 1) failShape(nameOf(node), `${property} has ${values.length} values, and may have one`)
    return values[0]
  }

  /** Values that are IRIs. @throws CodedError `constraint-invalid` */
  iris(node: Node, property: string): string[] {
    return this.all(node, property).map(value => this.iri(node, property, value))
  }

  iri(node: Node, property: string, value: RDF.Term): string {
    if (value.termType !== 'NamedNode') failShape(nameOf(node), `${property} must be an IRI, and is ${nameOf(value)}`)
    return value.value
  }

  /** A whole number from 0. @throws CodedError `constraint-invalid` */
  count(node: Node, property: string): number | undefined {
    const value = this.one(node, property)
    if (value === undefined) return undefined
    const count = value.termType === 'Literal' && /^\+?\d+$/.test(value.value) ? Number(value.value) : Number.NaN
    if (!Number.isSafeInteger(count)) failShape(nameOf(node), `${property} must be a whole number from 0`)
    return count
  }

  /** Whether it is said to be `true`: the literal, as the standard has it. @throws CodedError `constraint-invalid` for what is no boolean */
  flag(node: Node, property: string): boolean {
    const value = this.one(node, property)
    if (value === undefined) return false
    const isBoolean = value.termType === 'Literal' && value.datatype.value === `${xsd}boolean`
    if (!isBoolean) failShape(nameOf(node), `${property} must be true or false`)
    return value.value === 'true'
  }

  text(node: Node, property: string): string | undefined {
    const value = this.one(node, property)
    if (value === undefined) return undefined
    return value.termType === 'Literal' ? value.value : failShape(nameOf(node), `${property} must be a text`)
  }

  /** The items of a list. @throws CodedError `constraint-invalid` for one that branches, ends in nothing or in itself */
  list(node: Node, property: string, head: RDF.Term): RDF.Term[] {
    const fail = (reason: string) => failShape(nameOf(node), `the list of ${property} ${reason}`)
    const items: RDF.Term[] = []
    const seen = new Set<string>()
    for (let cell = head; cell.value !== `${rdf}nil`; ) {
      if (!isNode(cell)) return fail(`goes on with ${nameOf(cell)}, which is no list`)
      if (seen.has(keyOf(cell))) return fail('leads back to itself')
      seen.add(keyOf(cell))
      const first = this.all(cell, `${rdf}first`)
      const rest = this.all(cell, `${rdf}rest`)
      if (first.length !== 1 || rest.length !== 1)
        return fail(`is malformed: ${nameOf(cell)} has ${first.length} rdf:first and ${rest.length} rdf:rest`)
      if (items.push(first[0]) > mostItems) return fail('is too long')
      cell = rest[0]
    }
    return items
  }

  /** A class and all that are said to be below it. */
  withSubClasses(iri: string): string[] {
    const found = new Set([iri])
    for (const above of found)
      for (const below of this.byObject.get(above)?.get(`${rdfs}subClassOf`) ?? [])
        if (below.termType === 'NamedNode') found.add(below.value)
    return [...found].sort()
  }

  /** Whether a node is of a class, or of one below it. */
  isA(node: Node, iri: string): boolean {
    const types = this.all(node, `${rdf}type`)
    return types.length > 0 && this.withSubClasses(iri).some(type => types.some(({ value }) => value === type))
  }

  /** Whether others refer to a node by a property of SHACL, or another when it is absolute. */
  isUsed(node: Node, property: string): boolean {
    return this.byObject.get(keyOf(node))?.has(property.includes(':') ? property : sh + property) === true
  }

  /** As an RDF/JS dataset, as far as it is read. */
  *match(
    subject?: RDF.Term | null,
    predicate?: RDF.Term | null,
    object?: RDF.Term | null,
  ): IterableIterator<{ subject: Node; predicate: NamedNode; object: RDF.Term }> {
    const entries =
      subject === undefined || subject === null
        ? this.bySubject.values()
        : isNode(subject) && this.bySubject.has(keyOf(subject))
          ? [this.bySubject.get(keyOf(subject))!]
          : []
    for (const { node, values } of entries)
      for (const [property, objects] of predicate ? [[predicate.value, values.get(predicate.value)] as const] : values)
        for (const value of objects ?? [])
          if (object === undefined || object === null || value.equals(object))
            yield { subject: node, predicate: new NamedNode(property), object: value }
  }
}

export const isNode = (term: RDF.Term): term is Node => term.termType === 'NamedNode' || term.termType === 'BlankNode'

/** What tells nodes apart. */
export const keyOf = (node: Node): string => nameOf(node)

/** A term as a declaration has it, exactly; undefined for a blank node, which no domain has. */
export function jsonOf(term: RDF.Term): object | undefined {
  if (term.termType === 'NamedNode') return { '@id': term.value }
  if (term.termType !== 'Literal') return undefined
  if (term.language !== '') return { '@language': term.language, '@value': term.value }
  if (term.datatype.value === `${xsd}string`) return { '@value': term.value }
  return { '@type': term.datatype.value, '@value': term.value }
}
