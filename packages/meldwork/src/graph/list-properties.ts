import { list, mld, TermKind, type TermTable, type ValueId } from '../rdf/index.js'

/** The ids of the properties of lists: the first three of every graph's dictionary. */
export const ListProperty = { slot: 0, position: 1, item: 2 } as const
/** Ids below this are those of {@link ListProperty}. */
export const listPropertyCount = 3

/**
 * Gives the properties of lists their ids: to be called with a new dictionary.
 * @param isLegal tells which of their IRIs are short: in the domains from which they have their names, others are
 * @returns the type that a list has by default
 */
export function addListProperties(terms: TermTable, isLegal: (kind: TermKind, text: string) => boolean): ValueId {
  for (const iri of [list.slot, list.position, list.item])
    terms.property(isLegal(TermKind.iri, iri) ? iri : iri.slice(iri.indexOf('#')), true)
  const type = mld.RdfLseq
  return terms.iri(isLegal(TermKind.iri, type) ? type : type.slice(type.lastIndexOf('/') + 1), true)
}
