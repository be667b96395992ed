import { type ReplicaIndex, Replicas } from '../causality/index.js'
import { type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import { Dictionary } from './dictionary.js'
import { Digest, type DigestValue, tripleHash } from './digest.js'
import type { Chunk } from './state-chunk.js'
import { Triples } from './triples.js'

/**
 * The live pairs of a state from elsewhere, gathered beside a graph, in the graph's ids. They are kept as the graph keeps its own, so that one that has
 * nothing takes them over as they are: nothing is listed, compared or copied, however many there are.
 */
export class ForeignPairs {
  /** One that stays: with none alive, a collection makes V8 forget their shape, and drop all code optimised for it. */
  static readonly idle: ForeignPairs = new ForeignPairs(new Dictionary(() => false), new Replicas())

  readonly triples = new Triples()
  /** By property: how many of the triples have an IRI as their object. */
  readonly referenceCounts: number[] = []
  /** Of the pairs, each once. */
  readonly digest = new Digest()
  /** Of those that came more than once, each as often as it came again. */
  private readonly repeated = new Digest()
  private readonly terms: Dictionary
  private readonly replicas: Replicas
  /** How many have come, repeated ones included. */
  count = 0
  private subjectOne = 0
  private subjectTwo = 0

  constructor(terms: Dictionary, replicas: Replicas) {
    this.terms = terms
    this.replicas = replicas
  }

  /** Of all that came: what the header of a state says. */
  get digestOfAll(): DigestValue {
    const [once, again] = [this.digest.value, this.repeated.value]
    return [0, 1, 2, 3].map(lane => (once[lane] + again[lane]) >>> 0) as unknown as DigestValue
  }

  /** @param replicas the graph's, by place in the state's vector */
  addAll(chunk: Chunk, replicas: readonly ReplicaIndex[]): void {
    const { subjects, ends, isSimple } = chunk
    for (let row = 0, from = 0; row < subjects.length; row++) {
      const to = ends[row]
      const isNew = isSimple[row] === 1 && !this.triples.hasSubject(subjects[row])
      if (isNew) this.addNew(subjects[row], chunk, from, to, replicas)
      else this.addMore(subjects[row], chunk, from, to, replicas)
      from = to
    }
    this.count += chunk.objects.length
  }

  /** All pairs of a subject that is not here, of which no triple stands there twice: nothing has to be looked for. */
  private addNew(subject: ValueId, chunk: Chunk, from: number, to: number, indexes: readonly ReplicaIndex[]): void {
    this.triples.addSubject(subject, chunk, from, to, indexes)
    this.lanes(subject)
    const { properties, objects, counters, replicas } = chunk
    for (let at = from; at < to; at++) {
      this.digestPair(this.digest, properties[at], objects[at], counters[at], indexes[replicas[at]])
      this.countReference(properties[at], objects[at])
    }
  }

  private addMore(
    subject: ValueId,
    { properties, objects, counters, replicas }: Chunk,
    from: number,
    to: number,
    indexes: readonly ReplicaIndex[],
  ): void {
    const { triples } = this
    triples.expected = to - from
    this.lanes(subject)
    for (let at = from; at < to; at++) {
      const [property, object, counter, replica] = [properties[at], objects[at], counters[at], indexes[replicas[at]]]
      const isRepeated = triples.isPair(subject, property, object, counter, replica)
      this.digestPair(isRepeated ? this.repeated : this.digest, property, object, counter, replica)
      if (!isRepeated && triples.insert(subject, property, object, counter, replica))
        this.countReference(property, object)
    }
  }

  private lanes(subject: ValueId): void {
    this.subjectOne = this.terms.hashOne(subject)
    this.subjectTwo = this.terms.hashTwo(subject)
  }

  private digestPair(
    digest: Digest,
    property: PropertyId,
    object: ValueId,
    counter: number,
    replica: ReplicaIndex,
  ): void {
    const { terms, replicas } = this
    const predicate = terms.propertyTerm(property)
    const one = tripleHash(this.subjectOne, terms.hashOne(predicate), terms.hashOne(object))
    const two = tripleHash(this.subjectTwo, terms.hashTwo(predicate), terms.hashTwo(object))
    digest.add(1, one, two, counter, replicas.hashOne[replica], replicas.hashTwo[replica])
  }

  private countReference(property: PropertyId, object: ValueId): void {
    if ((object & 3) === 0 && this.terms.kind(object) === TermKind.iri)
      this.referenceCounts[property] = (this.referenceCounts[property] ?? 0) + 1
  }
}
