import type { ReplicaIndex, Replicas } from '../causality/index.js'
import { type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import type { Dictionary } from './dictionary.js'
import { Digest, type DigestValue, tripleHash } from './digest.js'
import { Triples } from './triples.js'

/**
 * The live pairs of a state from elsewhere, gathered beside a graph, in the graph's ids. They are kept as the graph keeps its own, so that one that has
 * nothing takes them over as they are: nothing is listed, compared or copied, however many there are.
 */
export class ForeignPairs {
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
  private subject: ValueId = 0
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

  /** @param expected with how many pairs of this subject in a row this one begins: a guess */
  add(
    subject: ValueId,
    property: PropertyId,
    object: ValueId,
    counter: number,
    replica: ReplicaIndex,
    expected: number,
  ): void {
    const { terms, replicas, triples } = this
    this.count++
    if (subject !== this.subject) {
      this.subject = subject
      this.subjectOne = terms.hashOne(subject)
      this.subjectTwo = terms.hashTwo(subject)
      triples.expected = expected
    }
    const predicate = terms.propertyTerm(property)
    const one = tripleHash(this.subjectOne, terms.hashOne(predicate), terms.hashOne(object))
    const two = tripleHash(this.subjectTwo, terms.hashTwo(predicate), terms.hashTwo(object))
    const isRepeated = triples.isPair(subject, property, object, counter, replica)
    const digest = isRepeated ? this.repeated : this.digest
    digest.add(1, one, two, counter, replicas.hashOne[replica], replicas.hashTwo[replica])
    if (isRepeated || !triples.insert(subject, property, object, counter, replica)) return
    if ((object & 3) === 0 && terms.kind(object) === TermKind.iri)
      this.referenceCounts[property] = (this.referenceCounts[property] ?? 0) + 1
  }
}
