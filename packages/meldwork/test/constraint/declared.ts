/** Rules made of declarations, without a clone. */
import { type Candidate, type Rule, RuleSet } from '../../src/constraint/index.js'
import type { RuleKind } from '../../src/constraint/kind.js'
import { addListProperties, Dictionary } from '../../src/graph/index.js'
import { Context, IriSpace, isLegalTerm, type Json, type ValueId } from '../../src/rdf/index.js'
import { ConstantReader, Keys } from '../../src/subject/index.js'

const iris = new IriSpace('rules.example')
export const terms = new Dictionary((kind, text) => isLegalTerm(kind, text, iris))
addListProperties(terms, (kind, text) => isLegalTerm(kind, text, iris))
export const keys = new Keys(Context.of(iris), terms)
const constants = new ConstantReader(keys)

/** @param json as in a declaration */
export const valueId = (json: unknown): ValueId => constants.value(json, '$')
export const property = (name: string) => terms.property(`#${name}`, true)

/** In the order given. */
export function read(
  configuration: readonly unknown[],
  kinds: readonly RuleKind[] = [],
  data: readonly unknown[] = [],
): RuleSet {
  const from = (source: 'configuration' | 'data') => (declaration: unknown, i: number) => ({
    declaration,
    source,
    path: `$[${i}]`,
    id: undefined,
    keys,
  })
  const declared = [...data.map(from('data')), ...configuration.map(from('configuration'))]
  const failure = (_: Rule, error: unknown): never => {
    throw error
  }
  return RuleSet.read(declared, kinds, failure)
}

/** The one rule of a declaration, and its canonical form. @throws why it cannot be in force */
export function one(declaration: Record<string, unknown>): { readonly rule: Rule; readonly canonical: Json } {
  const { inForce, notInForce } = read([declaration])
  if (notInForce.length > 0) throw notInForce[0].error
  return { rule: inForce[0].rules[0], canonical: inForce[0].declaration }
}

/** Values as candidates, each written later than those before. */
export const candidates = (values: readonly unknown[]): Candidate[] =>
  values.map((value, i) => ({ value: valueId(value), replica: Uint8Array.of(i + 1), counter: 1, time: i + 1 }))
