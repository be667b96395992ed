import type { Work } from '../ports/index.js'
import { type Context, RdfTerms, type TermTable } from '../rdf/index.js'
import { Keys, type ListSource, SubjectWriter } from '../subject/index.js'
import type { Applied, ForeignTriples, Seen } from '../transaction/index.js'
import { ForeseenSubjects } from './foreseen.js'
import { Update } from './update.js'

/** Writes what a transaction did to what is visible as an {@link Update}. */
export class UpdateWriter {
  private readonly subjects: SubjectWriter
  private readonly rdfTerms: RdfTerms
  private readonly hasLists: boolean
  private foreseen: ForeseenSubjects | undefined

  /** @param lists as they are after the transaction that is being written */
  constructor(context: Context, terms: TermTable, lists: ListSource) {
    const keys = new Keys(context, terms)
    this.subjects = new SubjectWriter(keys, lists)
    this.hasLists = keys.hasLists
    this.rdfTerms = new RdfTerms(context.iris, terms)
  }

  /**
   * Writes what a state is going to bring that will be joined.
   * @param isVisible whether a triple is visible now. Not given where nothing is
   * @returns lets go of what has been written
   */
  *foresee(
    triples: ForeignTriples,
    isVisible?: (subject: number, property: number, object: number) => boolean,
  ): Work<() => void> {
    // What is written of a list depends on all that is visible then.
    if (this.hasLists || triples.hasLists) return () => {}
    const foreseen = new ForeseenSubjects(this.subjects)
    yield* foreseen.foresee(triples, isVisible)
    this.foreseen = foreseen
    return () => {
      if (this.foreseen === foreseen) this.foreseen = undefined
    }
  }

  update(applied: Applied, { difference, lists: { lists, rest } }: Seen): Update {
    const { subjects } = this
    const deleted = subjects.subjects(rest.deleted)
    const inserted =
      applied.cause === 'join' && this.foreseen !== undefined
        ? this.foreseen.subjects(rest.inserted)
        : subjects.subjects(rest.inserted)
    for (const { list, removed, added } of lists) {
      subjects.addListPart(deleted, list, removed)
      subjects.addListPart(inserted, list, added)
    }
    return new Update(applied, { deleted, inserted }, difference, this.rdfTerms)
  }
}
