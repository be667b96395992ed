import {
  abbreviatedNamespaces,
  BlankNode,
  canonicalDouble,
  canonicalJson,
  isAbsoluteIri,
  Literal,
  NamedNode,
  Quad,
} from '../rdf/index.js'

/** A JSON-LD document in expanded form, or a part of it. */
type Expanded = { readonly [key: string]: unknown }

type Node = NamedNode | BlankNode

const [rdf, xsd] = abbreviatedNamespaces
const type = new NamedNode(`${rdf}type`)
const first = new NamedNode(`${rdf}first`)
const rest = new NamedNode(`${rdf}rest`)
const nil = new NamedNode(`${rdf}nil`)

/**
 * The quads of a document in expanded form, after "Deserialize JSON-LD to RDF" (JSON-LD 1.1 API, 7). The `toRDF` of the package does the same, but rewrites the
 * text of typed doubles, takes 1e-7 for a whole number, and makes them all before it gives the first.
 */
export class ExpandedQuads {
  private readonly labels: string
  private readonly refuse: (what: string) => void
  private blankNodes = 0

  /**
   * @param labels what the labels of blank nodes begin with
   * @param refuse called for what cannot be a quad; when it does not throw, that is left out
   */
  constructor(labels: string, refuse: (what: string) => void) {
    this.labels = labels
    this.refuse = refuse
  }

  /** @throws NotJson for text that is not well-formed in a JSON literal */
  *all(nodes: readonly unknown[], graph?: Node): Generator<Quad, void, undefined> {
    for (const each of nodes)
      if (!isValue(each as Expanded)) yield* this.node(each as Expanded, this.idOf(each as Expanded), graph)
  }

  private *node(node: Expanded, id: Node | undefined, graph: Node | undefined): Generator<Quad, void, undefined> {
    for (const key of Object.keys(node)) {
      const values = node[key]
      if (key === '@included') yield* this.all(array(values), graph)
      else if (id === undefined) continue
      else if (key === '@type') yield* this.types(id, array(values) as string[], graph)
      else if (key === '@graph') yield* this.all(array(values), id)
      else if (key === '@reverse') yield* this.reverse(id, values as Expanded, graph)
      else if (!key.startsWith('@')) yield* this.property(id, key, array(values), graph)
    }
  }

  private *types(id: Node, types: readonly string[], graph: Node | undefined): Generator<Quad, void, undefined> {
    for (const each of types) {
      const object = this.name(each)
      if (object !== undefined) yield new Quad(id, type, object, graph)
    }
  }

  private *property(id: Node, key: string, values: readonly unknown[], graph: Node | undefined): Generator<Quad> {
    const predicate = this.predicate(key)
    if (predicate === undefined) return
    for (const value of values) {
      const object = yield* this.object(value as Expanded, graph)
      if (object !== undefined) yield new Quad(id, predicate, object, graph)
    }
  }

  private *reverse(id: Node, properties: Expanded, graph: Node | undefined): Generator<Quad, void, undefined> {
    for (const key of Object.keys(properties)) {
      const predicate = this.predicate(key)
      if (predicate === undefined) continue
      for (const value of array(properties[key]) as Expanded[]) {
        const subject = this.idOf(value)
        if (subject === undefined) continue
        yield new Quad(subject, predicate, id, graph)
        yield* this.node(value, subject, graph)
      }
    }
  }

  /** A value, after the quads that it brings along. @returns undefined when it cannot be one */
  private *object(value: Expanded, graph: Node | undefined): Generator<Quad, Node | Literal | undefined, undefined> {
    if (isValue(value)) return this.literal(value)
    if (Object.hasOwn(value, '@list')) return yield* this.list(array(value['@list']), graph)
    const id = this.idOf(value)
    yield* this.node(value, id, graph)
    return id
  }

  private *list(items: readonly unknown[], graph: Node | undefined): Generator<Quad, Node, undefined> {
    const objects: (Node | Literal)[] = []
    for (const item of items) {
      const object = yield* this.object(item as Expanded, graph)
      if (object !== undefined) objects.push(object)
    }
    let head: Node = nil
    for (const object of objects.reverse()) {
      const cell = this.newNode()
      yield new Quad(cell, first, object, graph)
      yield new Quad(cell, rest, head, graph)
      head = cell
    }
    return head
  }

  private literal(value: Expanded): Literal | undefined {
    const content = value['@value']
    const datatype = value['@type'] as string | undefined
    if (datatype === '@json') return new Literal(canonicalJson(content), new NamedNode(`${rdf}JSON`))
    if (Object.hasOwn(value, '@direction')) this.refuse('a base direction')
    const language = value['@language'] as string | undefined
    if (language !== undefined) return new Literal(String(content), new NamedNode(`${rdf}langString`), language)
    if (datatype !== undefined && !isAbsoluteIri(datatype)) {
      this.refuse(`the datatype ${datatype}, which is relative`)
      return undefined
    }
    const [text, native] = textOf(content, datatype === `${xsd}double`)
    return new Literal(text, new NamedNode(datatype ?? xsd + native))
  }

  private idOf(node: Expanded): Node | undefined {
    const id = node['@id']
    return id === undefined ? this.newNode() : this.name(id as string)
  }

  private newNode(): BlankNode {
    return new BlankNode(`${this.labels}n${this.blankNodes++}`)
  }

  private name(id: string): Node | undefined {
    // Set apart from those without a name by their first letter.
    if (id.startsWith('_:')) return new BlankNode(`${this.labels}b${id.slice(2)}`)
    if (isAbsoluteIri(id)) return new NamedNode(id)
    this.refuse(`the id ${id}, which is relative`)
    return undefined
  }

  private predicate(key: string): NamedNode | undefined {
    if (!key.startsWith('_:') && isAbsoluteIri(key)) return new NamedNode(key)
    this.refuse(`the property ${key}, which is no absolute IRI`)
    return undefined
  }
}

/** The text of a JSON value, and the datatype that it has by itself. */
function textOf(content: unknown, isDouble: boolean): readonly [string, string] {
  if (typeof content === 'boolean') return [String(content), 'boolean']
  if (typeof content !== 'number') return [String(content), 'string']
  const isInteger = Number.isInteger(content) && Math.abs(content) < 1e21
  return isInteger && !isDouble ? [BigInt(content).toString(), 'integer'] : [canonicalDouble(content), 'double']
}

const isValue = (part: Expanded): boolean => Object.hasOwn(part, '@value')

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}
