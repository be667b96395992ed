import type { Clone } from '../clone/index.js'
import { CodedError } from '../errors.js'
import { abbreviatedNamespaces, BlankNode, defaultGraph, Literal, NamedNode, Quad, type RDF } from '../rdf/index.js'
import { ShapesGraph } from './shacl-graph.js'

const [rdf, xsd] = abbreviatedNamespaces

/** What a validation has found, after https://www.w3.org/TR/shacl/#validation-report. */
export interface ValidationReport {
  readonly conforms: boolean
  readonly results: readonly ValidationResult[]
}

/** One thing that is wrong, in RDF/JS terms. */
export interface ValidationResult {
  readonly focusNode: RDF.Term
  /** The property, where the path of the shape is one. */
  readonly path: RDF.Term | undefined
  /** The value that is wrong; undefined where all of them together are. */
  readonly value: RDF.Term | undefined
  /** The IRI of the component: `http://www.w3.org/ns/shacl#MinCountConstraintComponent`. */
  readonly component: string
  /** An IRI, or a blank node of the shapes. */
  readonly shape: RDF.Term
  /** `http://www.w3.org/ns/shacl#Violation`, for instance. */
  readonly severity: string
  readonly messages: readonly string[]
}

type Pattern = [subject?: RDF.Term | null, predicate?: RDF.Term | null, object?: RDF.Term | null]

/** As much of an RDF/JS dataset as the package reads. */
interface Dataset {
  match(...pattern: Pattern): Iterable<unknown>
}

/** As much as is used of the package, which has no declarations. */
interface Engine {
  readonly Validator: new (
    shapes: Dataset,
    options: { readonly factory: object },
  ) => { validate(data: { readonly dataset: Dataset }): Promise<{ readonly results: readonly EngineResult[] }> }
}

interface Pointer {
  readonly term?: RDF.Term | null
}

interface EngineResult {
  readonly focusNode: Pointer
  readonly path?: readonly {
    readonly predicates: readonly RDF.Term[]
    readonly quantifier: string
    readonly start: string
  }[]
  readonly value?: Pointer
  readonly constraintComponent: RDF.Term
  readonly shape: { readonly ptr: Pointer }
  readonly severity: RDF.Term
  readonly message: readonly RDF.Term[]
}

/** RDF/JS terms, as the package makes some. */
const factory = {
  namedNode: (value: string) => new NamedNode(value),
  blankNode: (label: string) => new BlankNode(label),
  literal: (value: string, kind?: string | NamedNode) =>
    typeof kind === 'string' && kind !== ''
      ? new Literal(value, new NamedNode(`${rdf}langString`), kind)
      : new Literal(value, typeof kind === 'object' ? kind : new NamedNode(`${xsd}string`)),
  defaultGraph: () => defaultGraph,
  quad: (subject: NamedNode, predicate: NamedNode, object: NamedNode) => new Quad(subject, predicate, object),
}

/**
 * Validates all that a clone shows now, with the package `shacl-engine`: every component of SHACL Core and every path, kept by a rule or not. It goes through
 * everything, and is for people who look after data, not for each write. Do not write until it has settled.
 * @param shapes quads, as a format gives them, whatever their graph
 * @throws CodedError (as a rejection) `package-missing`; `clone-closed`
 */
export async function validate(clone: Clone, shapes: Iterable<RDF.BaseQuad>): Promise<ValidationReport> {
  const { Validator } = await load()
  const read = new ShapesGraph(shapes)
  const validator = new Validator(read, { factory })
  const dataset: Dataset = { match: (...pattern) => clone.match(...pattern) }
  const { results } = await validator.validate({ dataset })
  const listed = results.map(resultOf)
  return { conforms: listed.length === 0, results: listed }
}

function resultOf({
  focusNode,
  path,
  value,
  constraintComponent,
  shape,
  severity,
  message,
}: EngineResult): ValidationResult {
  const [step, ...more] = path ?? []
  const isProperty = step !== undefined && more.length === 0 && step.quantifier === 'one' && step.start === 'subject'
  return {
    focusNode: focusNode.term!,
    path: isProperty && step.predicates.length === 1 ? step.predicates[0] : undefined,
    value: value?.term ?? undefined,
    component: constraintComponent.value,
    shape: shape.ptr.term!,
    severity: severity.value,
    messages: message.map(text => text.value),
  }
}

async function load(): Promise<Engine> {
  try {
    // @ts-expect-error: it has no declarations, and need not be installed here.
    return (await import('shacl-engine')) as unknown as Engine
  } catch (cause) {
    const facts = { package: 'shacl-engine', install: 'npm install shacl-engine' }
    const message = 'To validate a clone against shapes, install shacl-engine: npm install shacl-engine'
    throw new CodedError('package-missing', message, facts, cause)
  }
}
