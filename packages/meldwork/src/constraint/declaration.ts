import { CodedError } from '../errors.js'
import { type Json, memberPath } from '../rdf/index.js'

/** The namespace of the types of rules that ship, and of the parameters of rules that are data. */
export const ruleNamespace = 'http://meldwork.org/rule#'

/**
 * A rule, as an app declares it: its type (the name of one that ships, such as `single-valued`, or the IRI of one that the app registers), and the
 * parameters of that type. `docs/rules.md` has a table of each.
 */
export interface Constraint {
  readonly '@type': string
  /** Its name, for rules that are data. */
  readonly '@id'?: string
  /** Whether it hides nothing, and only says what is wrong. */
  readonly reportOnly?: boolean
  readonly [parameter: string]: unknown
}

/** A declaration in which every name is an absolute IRI, every value as exact as in RDF, and members stand in the order of their names. */
export type CanonicalConstraint = { readonly [parameter: string]: Json }

/** @throws CodedError `constraint-invalid` */
export function failDeclaration(path: string, reason: string, cause?: unknown): never {
  throw new CodedError(
    'constraint-invalid',
    `The constraint at ${path} cannot be used: ${reason}`,
    { path, reason },
    cause,
  )
}

/** @throws CodedError `constraint-invalid` for what is no object with a type */
export function checkedDeclaration(json: unknown, path: string): Constraint {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    failDeclaration(path, 'it must be an object, such as { "@type": "single-valued", property: "name" }')
  const type = (json as Constraint)['@type']
  if (typeof type !== 'string' || type === '')
    failDeclaration(memberPath(path, '@type'), 'it must be the name of one type of rule, such as "single-valued"')
  return json as Constraint
}
