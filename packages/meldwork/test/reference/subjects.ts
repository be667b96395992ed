import { Context, IriSpace, type RDF, RdfTerms, type TripleSink } from '../../src/rdf/index.js'
import { Keys, PatternReader, SubjectReader, SubjectWriter } from '../../src/subject/index.js'
import { ReferenceTermTable } from './term-table.js'

/** What reads and writes the subjects of one domain, over the reference dictionary; triples as text, to compare and to print. */
export class Subjects {
  readonly terms = new ReferenceTermTable()
  readonly iris: IriSpace
  readonly keys: Keys
  readonly reader: SubjectReader
  readonly writer: SubjectWriter
  readonly patterns: PatternReader
  readonly rdf: RdfTerms
  private count = 0

  constructor(localContext?: unknown, domain = 'board.example') {
    this.iris = new IriSpace(domain)
    const context = Context.of(this.iris)
    this.keys = new Keys(localContext === undefined ? context : context.extend(localContext), this.terms)
    this.reader = new SubjectReader(this.keys, () => `.well-known/genid/${++this.count}`)
    this.writer = new SubjectWriter(this.keys)
    this.patterns = new PatternReader(this.keys)
    this.rdf = new RdfTerms(this.iris, this.terms)
  }

  /** `[subject, property, object, ...]`, each triple once. */
  insert(json: unknown): number[] {
    const sink = new TripleSet()
    this.reader.insert(json, sink)
    return sink.triples
  }

  /** {@link insert}, read under another context. */
  insertWith(context: Context, json: unknown): number[] {
    const sink = new TripleSet()
    this.reader.insert(json, sink, { keys: new Keys(context, this.terms) })
    return sink.triples
  }

  /** In N-Triples, sorted. */
  text(triples: readonly number[]): string[] {
    const lines: string[] = []
    for (let i = 0; i < triples.length; i += 3) {
      const { subject, predicate, object } = this.rdf.quad(triples[i], triples[i + 1], triples[i + 2])
      lines.push(`${termText(subject)} ${termText(predicate)} ${termText(object)}`)
    }
    return lines.sort()
  }

  inserted(json: unknown): string[] {
    return this.text(this.insert(json))
  }
}

/** Collects triples, each once, as a graph would. */
export class TripleSet implements TripleSink {
  readonly triples: number[] = []
  private readonly known = new Set<string>()

  triple(subject: number, property: number, object: number): void {
    const key = `${subject} ${property} ${object}`
    if (this.known.has(key)) return
    this.known.add(key)
    this.triples.push(subject, property, object)
  }
}

/** Like N-Triples, with everything outside of ASCII escaped. */
export function termText(term: RDF.Term): string {
  if (term.termType === 'NamedNode') return `<${term.value}>`
  if (term.termType !== 'Literal') return `${term.termType} ${term.value}`
  const suffix = term.language === '' ? `^^<${term.datatype.value}>` : `@${term.language}`
  return `${JSON.stringify(term.value)}${suffix}`
}
