/** The order of lists in a graph, below everything else. */
import { describe, expect, it } from 'vitest'
import { Effects, Graph, ListProperty } from '../../src/graph/index.js'
import { Changes } from '../../src/operation/index.js'
import { IriSpace, isLegalTerm, list, mld, type ValueId } from '../../src/rdf/index.js'
import { isLegal } from '../laws/terms-pool.js'

class Writer {
  readonly graph: Graph
  private readonly author: number
  private counter = 0

  constructor(graph: Graph) {
    this.graph = graph
    this.author = graph.replicas.add(new Uint8Array(8))
  }

  iri = (name: string): ValueId => this.graph.terms.iri(name, true)

  write(triples: readonly (readonly [ValueId, number, ValueId])[]): void {
    const changes = new Changes()
    for (const triple of triples) changes.triple(...triple)
    const first = this.counter + 1
    this.counter += changes.counters
    this.graph.apply(
      { author: this.author, first, last: this.counter, check: 1, time: 1, heads: [] },
      changes,
      new Effects(),
    )
  }

  slot(listName: string, name: string, position: string): void {
    const slot = this.iri(name)
    this.write([
      [this.iri(listName), ListProperty.slot, slot],
      [slot, ListProperty.position, this.graph.terms.string(position, true)],
      [slot, ListProperty.item, this.graph.terms.string(`item of ${name}`, true)],
    ])
  }

  order(listName: string): string[] {
    const view = this.graph.list(this.iri(listName))
    return Array.from({ length: view.length }, (_, i) => this.graph.terms.text(view.slotAt(i)))
  }
}

describe('a list', () => {
  it('is ordered by UTF-16 code units of positions, then of slots, however it came', () => {
    const positions = ['b', 'a', 'a', '\u{1f600}', '\uffff', '', 'B', 'ab']
    const early = new Writer(new Graph(isLegal))
    const late = new Writer(new Graph(isLegal))
    early.slot('l', 'first', 'm')
    expect(early.order('l')).toEqual(['first'])
    late.slot('l', 'first', 'm')
    for (const writer of [early, late])
      for (const [i, position] of positions.entries()) writer.slot('l', `s${i}`, position)
    // Code units, not code points: U+1F600 begins with D83D.
    expect(early.order('l')).toEqual(['s5', 's6', 's1', 's2', 's7', 's0', 'first', 's3', 's4'])
    expect(late.order('l')).toEqual(early.order('l'))
  })

  it('has nothing that is no list, and no index beyond its ends', () => {
    const writer = new Writer(new Graph(isLegal))
    const nothing = writer.graph.list(writer.iri('l'))
    expect([nothing.length, nothing.slotAt(0), nothing.itemAt(0), nothing.indexOf(writer.iri('s'))]).toEqual([
      0, 0, 0, -1,
    ])
    writer.slot('l', 's', 'x')
    const view = writer.graph.list(writer.iri('l'))
    for (const index of [-1, 1, Number.NaN, 0.5 + 1]) expect([view.slotAt(index), view.itemAt(index)]).toEqual([0, 0])
    expect(view.indexOf(writer.iri('l'))).toBe(-1)
  })

  it('lacks what a rule hides, and has it again', () => {
    const writer = new Writer(new Graph(isLegal))
    const { graph } = writer
    writer.slot('l', 's', 'x')
    for (const property of [ListProperty.slot, ListProperty.position, ListProperty.item]) {
      const subject = writer.iri(property === ListProperty.slot ? 'l' : 's')
      const into: number[] = []
      graph.objects(subject, property, into)
      expect(writer.order('l')).toEqual(['s'])
      graph.setHidden(subject, property, into[0], true, new Effects())
      expect(writer.order('l')).toEqual([])
      graph.setHidden(subject, property, into[0], false, new Effects())
    }
  })

  it('shares no slot: the one whose name is least shows it', () => {
    const writer = new Writer(new Graph(isLegal))
    writer.slot('m', 's', 'x')
    expect(writer.order('m')).toEqual(['s'])
    writer.write([[writer.iri('l'), ListProperty.slot, writer.iri('s')]])
    expect([writer.order('l'), writer.order('m')]).toEqual([['s'], []])
  })

  it('is not confused by literals where a slot or a position should be', () => {
    const writer = new Writer(new Graph(isLegal))
    writer.slot('l', 's', 'x')
    const { terms } = writer.graph
    const [l, s, t] = ['l', 's', 't'].map(writer.iri)
    // Numbers whose ids look like those of terms, shifted.
    for (let i = 0; i < 100; i++) writer.write([[l, ListProperty.slot, terms.integer(i, true)]])
    writer.write([[l, ListProperty.slot, terms.string('s', true)]])
    writer.write([
      [l, ListProperty.slot, t],
      [t, ListProperty.position, terms.integer(7, true)],
      [t, ListProperty.item, s],
    ])
    expect(writer.order('l')).toEqual(['s'])
  })
})

it.each(['json-rql.org', 'm-ld.org'])('the words of lists are legal IRIs in the domain %s, too', domain => {
  const iris = new IriSpace(domain)
  const { terms, listType } = new Graph((kind, text) => isLegalTerm(kind, text, iris))
  expect(terms.propertyText(ListProperty.slot)).toBe(iris.short(list.slot))
  expect(terms.propertyText(ListProperty.position)).toBe(iris.short(list.position))
  expect(terms.propertyText(ListProperty.item)).toBe(iris.short(list.item))
  expect(terms.text(listType)).toBe(iris.short(mld.RdfLseq))
})
