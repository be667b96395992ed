import { list as listTerms, mld, NamedNode, Quad, rdf } from '../../src/rdf/index.js'
import type { ListItem, ListSource, SubjectSink } from '../../src/subject/index.js'
import { type Subjects, TripleSet } from './subjects.js'

const rdfNamespace = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#'
const nil = new NamedNode(`${rdfNamespace}nil`)

/**
 * Collects triples and lists as an empty domain would, in the slow and obvious way: a list is an array of items. Moves no slots.
 */
export class ListSet extends TripleSet implements SubjectSink, ListSource {
  readonly lists = new Map<number, number[]>()
  /** What came, to look at. */
  readonly calls: { list: number; index: number; items: readonly ListItem[] }[] = []
  private readonly owner: Subjects

  constructor(owner: Subjects) {
    super()
    this.owner = owner
  }

  /** An index means the list before the write, which is empty here: all are its end. */
  readonly list = ((list: number, index?: number, items?: readonly ListItem[]) => {
    const known = this.lists.get(list) ?? []
    if (items !== undefined) {
      this.calls.push({ list, index: index!, items })
      this.lists.set(list, [...known, ...items.map(({ item }) => item)])
    }
    return { length: known.length, itemAt: (at: number) => known[at] }
  }) as ListSource['list'] & NonNullable<SubjectSink['list']>

  triplesOf(subject: number, into: number[]): number {
    let length = 0
    for (let at = 0; at < this.triples.length; at += 3) {
      if (this.triples[at] !== subject) continue
      into[length++] = this.triples[at + 1]
      into[length++] = this.triples[at + 2]
    }
    return length
  }

  /** Gives each list its default type, and its slots. To be called once, at the end. */
  addSlots(): void {
    const { terms, iris } = this.owner
    const property = (iri: string) => terms.property(iris.short(iri), true)
    const type = terms.property(rdf.type, true)
    for (const [list, items] of this.lists) {
      const typed = this.triples.some((id, at) => at % 3 === 0 && id === list && this.triples[at + 1] === type)
      if (!typed) this.triple(list, type, terms.iri(iris.short(mld.RdfLseq), true))
      for (const [at, item] of items.entries()) {
        const slot = terms.iri(`.well-known/genid/slot-${list}-${at}`, true)
        this.triple(list, property(listTerms.slot), slot)
        this.triple(slot, property(listTerms.position), terms.string(String(at), true))
        this.triple(slot, property(listTerms.item), item)
      }
    }
  }

  /** Triples and lists as RDF has them: a list is its first cell, or rdf:nil. */
  quads(): Quad[] {
    const { rdf: quads, iris } = this.owner
    const term = (id: number) => (this.lists.get(id)?.length === 0 ? nil : quads.term(id))
    const all: Quad[] = []
    for (let at = 0; at < this.triples.length; at += 3) {
      const [subject, property, object] = this.triples.slice(at, at + 3)
      all.push(new Quad(quads.term(subject) as NamedNode, quads.predicate(property), term(object)))
    }
    for (const [list, items] of this.lists) {
      for (const [at, item] of items.entries()) {
        const cell = (index: number) =>
          index === 0
            ? (quads.term(list) as NamedNode)
            : new NamedNode(`${iris.base}.well-known/genid/${list}-${index}`)
        all.push(new Quad(cell(at), new NamedNode(`${rdfNamespace}first`), term(item)))
        all.push(new Quad(cell(at), new NamedNode(`${rdfNamespace}rest`), at + 1 < items.length ? cell(at + 1) : nil))
      }
    }
    return all
  }
}
