import { type Context, RdfTerms, type TermTable } from '../rdf/index.js'
import { Keys, type ListSource, SubjectWriter } from '../subject/index.js'
import type { Applied, Seen } from '../transaction/index.js'
import { Update } from './update.js'

/** Writes what a transaction did to what is visible as an {@link Update}. */
export class UpdateWriter {
  private readonly subjects: SubjectWriter
  private readonly rdfTerms: RdfTerms

  /** @param lists as they are after the transaction that is being written */
  constructor(context: Context, terms: TermTable, lists: ListSource) {
    this.subjects = new SubjectWriter(new Keys(context, terms), lists)
    this.rdfTerms = new RdfTerms(context.iris, terms)
  }

  update(applied: Applied, { difference, lists: { lists, rest } }: Seen): Update {
    const { subjects } = this
    const deleted = subjects.subjects(rest.deleted)
    const inserted = subjects.subjects(rest.inserted)
    for (const { list, removed, added } of lists) {
      subjects.addListPart(deleted, list, removed)
      subjects.addListPart(inserted, list, added)
    }
    return new Update(applied, { deleted, inserted }, difference, this.rdfTerms)
  }
}
