/** The independent validator, `rdf-validate-shacl`, and the W3C suite of SHACL: `test/oracle/` brings both along. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Parser } from 'n3'
import type { RDF } from '../../src/index.js'

const packages = new URL('../../../../test/oracle/node_modules/', import.meta.url)

export const shacl = 'http://www.w3.org/ns/shacl#'

/** One thing that the validator finds wrong. */
export interface Wrong {
  readonly focusNode: string
  readonly path: string | undefined
  /** The component by its parameter: `minCount`. */
  readonly component: string
  readonly value: string | undefined
  readonly severity: string
  readonly shape: string
}

interface Result {
  readonly focusNode: RDF.Term
  readonly path: RDF.Term | null
  readonly value: RDF.Term | null
  readonly severity: RDF.Term
  readonly sourceConstraintComponent: RDF.Term
  readonly sourceShape: RDF.Term
}

interface Validator {
  readonly factory: { dataset(quads: Iterable<unknown>): unknown }
  validate(data: unknown): Promise<{ readonly results: readonly Result[] }>
}

async function load(): Promise<new (shapes: Iterable<unknown>, options?: object) => Validator> {
  try {
    return (await import(new URL('rdf-validate-shacl/index.js', packages).href)).default
  } catch (error) {
    throw new Error('The validator to compare with is not installed: npm ci --prefix test/oracle', { cause: error })
  }
}

/** What is wrong with data, by shapes: what stops it from conforming. */
export async function wrongs(data: Iterable<RDF.BaseQuad>, shapes: Iterable<RDF.BaseQuad>): Promise<Wrong[]> {
  const validator = new (await load())(shapes, { maxErrors: 100_000 })
  const { results } = await validator.validate(validator.factory.dataset([...data]))
  return results.map(({ focusNode, path, value, severity, sourceConstraintComponent, sourceShape }) => ({
    focusNode: focusNode.value,
    path: path?.termType === 'NamedNode' ? path.value : undefined,
    component: parameterOf(sourceConstraintComponent.value),
    value: value?.value,
    severity: severity.value.slice(shacl.length),
    shape: sourceShape.value,
  }))
}

function parameterOf(component: string): string {
  const name = component.slice(shacl.length).replace(/ConstraintComponent$/, '')
  return name.charAt(0).toLowerCase() + name.slice(1)
}

/** The suite's files of SHACL Core, as the package `shacl-engine` has them. */
const suite = new URL('shacl-engine/test/assets/data-shapes/core/', packages)

export function turtle(text: string, baseIRI = 'http://board.example/'): RDF.Quad[] {
  return new Parser({ baseIRI }).parse(text) as unknown as RDF.Quad[]
}

const read = (iri: string) => turtle(readFileSync(fileURLToPath(iri), 'utf8'), iri)

/** One case of the suite. */
export interface SuiteCase {
  readonly name: string
  readonly data: readonly RDF.Quad[]
  readonly shapes: readonly RDF.Quad[]
  readonly conforms: boolean
}

const manifest = 'http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#'
const tests = 'http://www.w3.org/ns/shacl-test#'

export function suiteCases(): SuiteCase[] {
  const cases: SuiteCase[] = []
  const visit = (iri: string) => {
    const quads = read(iri)
    const value = (subject: RDF.Term, predicate: string) =>
      quads.find(quad => quad.subject.equals(subject) && quad.predicate.value === predicate)?.object
    for (const { predicate, object } of quads) {
      if (predicate.value === `${manifest}include`) visit(object.value)
      if (object.value !== `${tests}Validate`) continue
    }
    for (const { subject, object } of quads) {
      if (object.value !== `${tests}Validate`) continue
      const action = value(subject, `${manifest}action`)!
      const result = value(subject, `${manifest}result`)!
      cases.push({
        name: iri.slice(suite.href.length).replace(/\.ttl$/, ''),
        data: read(value(action, `${tests}dataGraph`)!.value),
        shapes: read(value(action, `${tests}shapesGraph`)!.value),
        conforms: value(result, `${shacl}conforms`)?.value === 'true',
      })
    }
  }
  visit(new URL('manifest.ttl', suite).href)
  return cases
}
