import type { RDF } from '../rdf/index.js'
import { ShapesGraph } from './shacl-graph.js'
import { RuleReader, type ShapeRules } from './shacl-rules.js'

export { declareShapes, type ShapesDeclaration } from './shacl-declaring.js'
export { type ValidationReport, type ValidationResult, validate } from './shacl-report.js'
export type { NotKept, ShapePlace, ShapeRule, ShapeRules } from './shacl-rules.js'

/**
 * Reads SHACL Core shapes (https://www.w3.org/TR/shacl/) into rules. What is kept of them then holds in all that is visible, at every clone, however others
 * write; `docs/shacl.md` says of each component whether it is. What cannot be kept is listed, and reported where a rule can at least say it.
 *
 * What the shapes say of classes (`rdfs:subClassOf`) counts; what data says of them does not. A severity other than `sh:Violation` reports only.
 * @param quads as a format gives them, whatever their graph
 * @throws CodedError `constraint-invalid` for shapes that are recursive, name what is not there, or are malformed otherwise; and when none has a target
 */
export function shapes(quads: Iterable<RDF.BaseQuad>): ShapeRules {
  return new RuleReader(new ShapesGraph(quads)).read()
}
