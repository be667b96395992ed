/** One request to both engines, and whether their answers are the same. */
import { canonize } from 'rdf-canonize'
import { type Clone, openClone, type RDF, type Read } from '../../src/index.js'
import { Progress, type Reads } from '../../src/query/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import type { Oracle, OracleData, OracleSolution } from './oracle.js'
import { type Comparison, type Ordering, Translation } from './sparql.js'
import {
  compareValues,
  domain,
  fromJson,
  fromRdf,
  numberOf,
  type Term,
  type Triple,
  toQuad,
  written,
} from './terms-pool.js'

type Json = Record<string, unknown>

/** What is not the same. */
export class Mismatch extends Error {
  readonly ours: unknown
  readonly theirs: unknown

  constructor(what: string, ours: unknown, theirs: unknown) {
    super(what)
    this.ours = ours
    this.theirs = theirs
  }
}

/** The same data in a clone and in the independent engine. */
export class Both {
  private readonly clone: Clone
  private readonly oracle: OracleData
  private readonly triples: readonly Triple[]
  /** What was last asked of the independent engine. */
  sparql = ''

  private constructor(clone: Clone, oracle: OracleData, triples: readonly Triple[]) {
    this.clone = clone
    this.oracle = oracle
    this.triples = triples
  }

  static async with(triples: readonly Triple[], oracle: Oracle): Promise<Both> {
    const clone = await openClone({ domain, store: new MemoryStore(), genesis: true })
    const quads = triples.map(toQuad)
    await clone.insertQuads(quads)
    return new Both(clone, oracle.over(quads), triples)
  }

  close(): Promise<void> {
    return this.clone.close()
  }

  /** @returns how many answers there are. @throws Mismatch */
  async check(json: Json): Promise<number> {
    if ('ask' in json) return this.checkAsk(json.ask)
    const answers = this.clone.read(json as unknown as Read) as readonly Json[]
    this.checkStream(json, answers)
    if ('@select' in json) await this.checkSelect(json, answers)
    else if ('@describe' in json) await this.checkDescribe(json, answers)
    else await this.checkConstruct(json, answers)
    return answers.length
  }

  /** Answers that come with pauses between them are the same. */
  private checkStream(json: Json, answers: readonly Json[]): void {
    const { writing } = this.clone as unknown as { writing: { reads: Reads } }
    const stream = writing.reads.stream(json, 7)
    const found: unknown[] = []
    for (let progress = stream.next(); progress !== Progress.done; progress = stream.next())
      if (progress === Progress.solution) found.push(stream.value)
    requireEqual('in pieces', printed(found), printed(answers))
  }

  private async checkAsk(pattern: unknown): Promise<number> {
    this.sparql = new Translation().ask(pattern)
    const answer = this.clone.ask(pattern as never)
    requireEqual('ask', answer, await this.oracle.ask(this.sparql))
    return Number(answer)
  }

  // --- select

  private async checkSelect(json: Json, answers: readonly Json[]): Promise<void> {
    const translation = new Translation()
    const { text, ordering } = translation.select(json)
    this.sparql = text
    const all = await this.oracle.solutions(text)
    const name = (solution: OracleSolution, variable: string) =>
      named(solution.get(variable), translation.compared.get(variable))
    const variables = new Set(
      all.flatMap(solution => [...solution.keys()]).filter(variable => !variable.startsWith('?_')),
    )
    for (const answer of answers) for (const variable of Object.keys(answer)) variables.add(variable)
    const key = (solution: OracleSolution) =>
      [...variables]
        .sort()
        .map(variable => `${variable}=${name(solution, variable)}`)
        .join(' ')
    const ours = answers.map(
      answer => new Map(Object.entries(answer).map(([variable, value]) => [variable, fromJson(value)])),
    )
    const start = (json['@offset'] as number) ?? 0
    const length = (json['@limit'] as number) ?? Number.POSITIVE_INFINITY
    requireEqual('how many', answers.length, Math.max(0, Math.min(all.length - start, length)))
    requireWithin(ours.map(key), all.map(key))
    if (ordering.length > 0) this.checkOrder(ours.map(key), all, key, ordering, start, json['@distinct'] === true)
  }

  /**
   * Sorts their solutions as the request asks. Solutions between which that says nothing may stand in any order: so each of ours must be among those that
   * may stand in its place.
   */
  private checkOrder(
    ours: readonly string[],
    all: readonly OracleSolution[],
    key: (solution: OracleSolution) => string,
    ordering: readonly Ordering[],
    start: number,
    isDistinct: boolean,
  ): void {
    // With @distinct, only what is selected can be seen.
    if (isDistinct && ordering.some(({ variable }) => !/^\?\w+$/.test(variable))) return
    const groups = inOrder(all, ordering)
    let at = 0
    for (const group of groups) {
      const places = ours.slice(Math.max(0, at - start), Math.max(0, at + group.length - start))
      requireWithin(places, group.map(key), `place ${at} in order`)
      at += group.length
    }
  }

  // --- describe

  private async checkDescribe(json: Json, answers: readonly Json[]): Promise<void> {
    const translation = new Translation()
    const { text, ordering, described } = translation.describe(json)
    this.sparql = text
    const all = await this.oracle.solutions(text)
    const subjects = new Set(this.triples.map(([subject]) => written(subject)))
    const ids = answers.map(answer => written(fromJson({ '@id': answer['@id'] })))
    requireEqual('each once', new Set(ids).size, ids.length)
    const namedBy = (solutions: readonly OracleSolution[]) => [
      ...new Set(
        solutions.flatMap(solution =>
          described.flatMap(variable => {
            const term = solution.get(variable)
            return term !== undefined && subjects.has(written(term)) ? [written(term)] : []
          }),
        ),
      ),
    ]
    const expected = namedBy(all)
    const start = (json['@offset'] as number) ?? 0
    const length = (json['@limit'] as number) ?? Number.POSITIVE_INFINITY
    requireEqual('how many', ids.length, Math.max(0, Math.min(expected.length - start, length)))
    requireWithin(ids, expected)
    const seen = new Set<string>()
    let at = 0
    for (const group of ordering.length === 0 ? [] : inOrder(all, ordering)) {
      const fresh = namedBy(group).filter(id => !seen.has(id))
      for (const id of fresh) seen.add(id)
      requireWithin(
        ids.slice(Math.max(0, at - start), Math.max(0, at + fresh.length - start)),
        fresh,
        `place ${at} in order`,
      )
      at += fresh.length
    }
    for (const [i, answer] of answers.entries())
      requireEqual(
        `content of ${ids[i]}`,
        await canonical(await quadsOf([answer])),
        await canonical(this.described(ids[i], (json['@depth'] as number) ?? 1).map(toQuad)),
      )
  }

  /** The triples of a subject and of those inside it. */
  private described(id: string, depth: number): Triple[] {
    const found = new Set<Triple>()
    const visit = (subject: string, left: number, above: readonly string[]): void => {
      for (const triple of this.triples) {
        if (written(triple[0]) !== subject) continue
        found.add(triple)
        const object = written(triple[2])
        const isType = 'iri' in triple[1] && triple[1].iri.endsWith('#type')
        if (left > 1 && !isType && 'iri' in triple[2] && ![...above, subject].includes(object))
          visit(object, left - 1, [...above, subject])
      }
    }
    visit(id, depth, [])
    return [...found]
  }

  // --- construct

  private async checkConstruct(json: Json, answers: readonly Json[]): Promise<void> {
    const templates = [json['@construct']].flat() as Json[]
    this.sparql = new Translation().construct({ ...json, '@construct': templates })
    // This engine makes triples of what can be no subject and no property.
    const isTriple = ({ subject, predicate }: RDF.BaseQuad) =>
      subject.termType === 'NamedNode' && predicate.termType === 'NamedNode'
    const theirs = (await this.oracle.triples(this.sparql)).filter(isTriple)
    const ours = await quadsOf(answers)
    const isWhole = json['@limit'] === undefined && json['@offset'] === undefined
    // Without all solutions, what is made of them depends on which there are.
    if (isWhole) requireEqual('what is made', await canonical(ours), await canonical(theirs))
    else if (json['@limit'] === 0) requireEqual('nothing', answers.length, 0)
    else requireWithin(lines(withoutMade(ours)), lines(withoutMade(theirs)))
  }
}

/** The triples of JSON: inserted into a clone. */
async function quadsOf(json: readonly Json[]): Promise<RDF.BaseQuad[]> {
  const clone = await openClone({ domain, store: new MemoryStore(), genesis: true })
  if (json.length > 0) await clone.write(json as never)
  const quads = [...clone.quads()]
  await clone.close()
  return quads
}

const isMade = (iri: string) => iri.includes('/.well-known/genid/') || iri.startsWith('urn:made:')

const withoutMade = (quads: readonly RDF.BaseQuad[]) =>
  quads.filter(({ subject, object }) => !isMade(subject.value) && !isMade(object.value))

const lines = (quads: readonly RDF.BaseQuad[]) => [
  ...new Set(
    quads.map(({ subject, predicate, object }) =>
      [subject, predicate, object].map(term => written(normal(fromRdf(term)))).join(' '),
    ),
  ),
]

/** One form for each graph, whatever its new subjects are called. */
async function canonical(quads: readonly RDF.BaseQuad[]): Promise<string> {
  const plain = (term: RDF.Term) => {
    if (isMade(term.value))
      return { termType: 'BlankNode', value: `b${encodeURIComponent(term.value).replace(/[^\w]/g, '_')}` }
    const made = normal(fromRdf(term))
    return 'iri' in made
      ? { termType: 'NamedNode', value: made.iri }
      : {
          termType: 'Literal',
          value: made.text,
          language: made.language,
          datatype: { termType: 'NamedNode', value: made.datatype },
        }
  }
  const graph = { termType: 'DefaultGraph', value: '' }
  const dataset = quads.map(({ subject, predicate, object }) => ({
    subject: plain(subject),
    predicate: plain(predicate),
    object: plain(object),
    graph,
  }))
  const distinct = [...new Map(dataset.map(quad => [JSON.stringify(quad), quad])).values()]
  return canonize(distinct, { algorithm: 'RDFC-1.0', format: 'application/n-quads' })
}

/** What is calculated can differ in its last digits. */
function normal(term: Term): Term {
  const value = numberOf(term)
  if (value === undefined || !('text' in term) || Number.isInteger(value) || !Number.isFinite(value)) return term
  return term.text.length > 12 ? { ...term, text: value.toPrecision(10) } : term
}

/** A name that is the same for values that are to be taken as the same. */
function named(term: Term | undefined, comparison: Comparison = 'term'): string {
  if (term === undefined) return ''
  if (comparison === 'number') {
    const value = numberOf(term)
    // Of least and greatest values that are equal, either will do.
    return value === undefined ? written(term) : `number ${value.toPrecision(10)}`
  }
  if (comparison === 'term' || !('text' in term)) return written(normal(term))
  return JSON.stringify(term.text.split(comparison.separator).sort())
}

/** Solutions in order, in groups of those between which the order says nothing. */
function inOrder(all: readonly OracleSolution[], ordering: readonly Ordering[]): OracleSolution[][] {
  const compare = (a: OracleSolution, b: OracleSolution): number => {
    for (const { variable, descending } of ordering) {
      const [x, y] = [a.get(variable), b.get(variable)]
      const order = compareValues(x, y)
      if (Number.isNaN(order)) return 0
      if (order !== 0) return descending ? -order : order
      // Equal values of different terms have an order of their own.
      if (x !== undefined && y !== undefined && written(x) !== written(y)) return 0
    }
    return 0
  }
  const groups: OracleSolution[][] = []
  for (const solution of [...all].sort(compare)) {
    const last = groups.at(-1)
    if (last?.some(other => compare(other, solution) === 0)) last.push(solution)
    else groups.push([solution])
  }
  return groups
}

/** JSON, with integers that it does not have. */
export function printed(json: unknown): string {
  return JSON.stringify(json, (_, value) => (typeof value === 'bigint' ? { bigint: String(value) } : value))
}

function requireEqual(what: string, ours: unknown, theirs: unknown): void {
  if (ours !== theirs) throw new Mismatch(what, ours, theirs)
}

/** Each of ours is among theirs, as often as it is there. */
function requireWithin(ours: readonly string[], theirs: readonly string[], what = 'solutions'): void {
  const left = new Map<string, number>()
  for (const each of theirs) left.set(each, (left.get(each) ?? 0) + 1)
  for (const each of ours) {
    const count = left.get(each) ?? 0
    if (count === 0) throw new Mismatch(what, [...ours].sort(), [...theirs].sort())
    left.set(each, count - 1)
  }
}
