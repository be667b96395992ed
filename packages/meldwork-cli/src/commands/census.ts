import { CodedError, type RDF } from 'meldwork'
import { optionInvalid } from '../errors.js'

/** Every graph, as one: what `--graph` is given for it. */
export const everyGraph = '*'

/** What a file of quads holds, counted before anything is taken over. */
export class Census {
  /** Quads by graph; the default graph is the empty name. */
  readonly graphs = new Map<string, number>()
  quads = 0

  /** Counts one. */
  add({ graph }: RDF.Quad): void {
    const name = graph.termType === 'DefaultGraph' ? '' : graph.value
    this.graphs.set(name, (this.graphs.get(name) ?? 0) + 1)
    this.quads++
  }

  /**
   * How many quads an import takes.
   * @param graph the option `--graph`
   * @throws CodedError `graph-named` when quads stand in named graphs and the option does not say what to do with them; `option-invalid`
   *   when it names a graph that is not there
   */
  selected(graph: string | undefined): number {
    if (graph === everyGraph) return this.quads
    if (graph === undefined) {
      const [first] = this.named
      if (first === undefined) return this.quads
      const message =
        `The data is in named graphs, which a domain does not have: ${this.list()}. Say --graph IRI to take one of them, or ` +
        `--graph '*' to take all of them together`
      throw new CodedError('graph-named', message, { graph: first })
    }
    const count = this.graphs.get(graph)
    if (count === undefined && this.quads > 0) throw optionInvalid('--graph', `a graph that is there: ${this.list()}`)
    return count ?? 0
  }

  private get named(): string[] {
    return [...this.graphs.keys()].filter(name => name !== '')
  }

  private list(): string {
    const most = 5
    const shown = [...this.graphs]
      .slice(0, most)
      .map(([name, quads]) => `${name || 'the default graph'} (${quads} quads)`)
    const more = this.graphs.size - most
    return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
  }
}

/** Whether an import takes this quad. */
export function isSelected({ graph }: RDF.Quad, wanted: string | undefined): boolean {
  if (wanted === everyGraph) return true
  return wanted === undefined ? graph.termType === 'DefaultGraph' : graph.value === wanted
}
