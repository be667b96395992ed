import { type Constraint, patternProblem } from '../constraint/index.js'
import { abbreviatedNamespaces, type RDF } from '../rdf/index.js'
import { failShape, isNode, jsonOf, keyOf, type Node, nameOf, type ShapesGraph, sh } from './shacl-graph.js'
import {
  allOf,
  anyOf,
  asPart,
  type ComponentTest,
  exactlyOneOf,
  type Judged,
  not,
  type Test,
  Unkept,
} from './shacl-tests.js'

const [rdf, xsd] = abbreviatedNamespaces
export const rdfType: string = `${rdf}type`

/** Says of a shape what it is, and asks nothing of data. */
const silent = new Set([
  ...['targetClass', 'targetNode', 'targetSubjectsOf', 'targetObjectsOf', 'path', 'name', 'description', 'group'],
  ...['order', 'defaultValue', 'message', 'severity', 'deactivated', 'flags', 'ignoredProperties'],
  ...['qualifiedMinCount', 'qualifiedMaxCount', 'qualifiedValueShapesDisjoint', 'prefixes', 'declare'],
])

const nodeKinds = new Map<string, string | boolean>([
  ['IRI', 'iri'],
  ['BlankNodeOrIRI', 'iri'],
  ['Literal', 'literal'],
  ['BlankNodeOrLiteral', 'literal'],
  ['BlankNode', false],
  ['IRIOrLiteral', true],
])

/** Components of one parameter, which is a term: the type of rule, and its parameter. */
const bounds = new Map([
  ['minInclusive', 'min-inclusive'],
  ['maxInclusive', 'max-inclusive'],
  ['minExclusive', 'min-exclusive'],
  ['maxExclusive', 'max-exclusive'],
])

/** The datatypes whose values have an order. */
const ordered = new Set(
  (
    'string boolean decimal float double dateTime date integer long int short byte nonNegativeInteger positiveInteger ' +
    'nonPositiveInteger negativeInteger unsignedLong unsignedInt unsignedShort unsignedByte'
  )
    .split(' ')
    .map(name => xsd + name),
)

const pairs = new Map([
  ['equals', ['equals', 'with']],
  ['disjoint', ['disjoint', 'with']],
  ['lessThan', ['less-than', 'than']],
  ['lessThanOrEquals', ['less-than-or-equals', 'than']],
])

export const longPath =
  'its path has several steps, or goes backwards: it leads over subjects that others may change at any time'
export const otherSubject =
  'it looks at the properties of the value, which is a subject of its own: others may change it at any time'
const noOrder = 'values of this datatype have no order here'
const ownName = 'it judges the IRI of the subject, which no rule can hide'

/** Shapes that name each other are read anew wherever they are named: this often. */
const mostReadings = 20_000

/** That a property has no value. */
export const noValue = (property: string): Constraint => ({ '@type': 'max-count', property, count: 0 })

/** Reads what shapes ask for, component by component. */
export class Shapes {
  readonly graph: ShapesGraph
  /** Parameters of components that the shapes define themselves. */
  private readonly custom = new Set<string>()
  private readonly within: Node[] = []
  private readings = 0

  constructor(graph: ShapesGraph) {
    this.graph = graph
    for (const node of graph.nodes())
      if (graph.isA(node, `${sh}ConstraintComponent`))
        for (const parameter of graph.all(node, 'parameter'))
          if (isNode(parameter)) for (const path of graph.all(parameter, 'path')) this.custom.add(path.value)
  }

  /**
   * Does something inside of a shape.
   * @throws CodedError `constraint-invalid` inside of the same shape
   */
  inside<T>(shape: Node, read: () => T): T {
    const at = this.within.findIndex(other => keyOf(other) === keyOf(shape))
    if (at >= 0) {
      const names = [...this.within.slice(at), shape].map(nameOf).join(', ')
      failShape(nameOf(shape), `it is recursive: it asks for itself by way of ${names}`)
    }
    if (++this.readings > mostReadings) failShape(nameOf(shape), 'shapes name each other too often')
    this.within.push(shape)
    try {
      return read()
    } finally {
      this.within.pop()
    }
  }

  isDeactivated(shape: Node): boolean {
    return this.graph.flag(shape, 'deactivated')
  }

  /** Whether it is a property shape. */
  hasPath(shape: Node): boolean {
    return this.graph.all(shape, 'path').length > 0
  }

  /** The property that a property shape is about; undefined for a path of several steps. @throws CodedError `constraint-invalid` without a path */
  path(shape: Node): string | undefined {
    const path = this.graph.one(shape, 'path') ?? failShape(nameOf(shape), 'it must have a path (sh:path)')
    if (path.termType === 'NamedNode') return path.value
    if (!this.graph.has(path)) failShape(nameOf(shape), `its path ${nameOf(path)} is nowhere described`)
    return undefined
  }

  /** The shapes that a parameter names. @throws CodedError `constraint-invalid` for what is not described */
  named(shape: Node, component: string): Node[] {
    return this.graph.all(shape, component).map(named => this.existing(shape, component, named))
  }

  private existing(shape: Node, component: string, named: RDF.Term): Node {
    if (isNode(named) && this.graph.has(named)) return named
    return failShape(nameOf(shape), `${component} names ${nameOf(named)}, and there is no such shape`)
  }

  private listed(shape: Node, component: string, head: RDF.Term): Node[] {
    return this.graph.list(shape, component, head).map(named => this.existing(shape, component, named))
  }

  // --- one value by itself

  /** What a node shape asks of a value of a property, or a property shape of each; other than by {@link classTests} and {@link otherTests}. */
  valueTests(shape: Node, property: string): ComponentTest[] {
    return [...this.plainTests(shape, property), ...this.valueLogic(shape, property)]
  }

  /** What it asks of a value by `and`, `or`, `xone` and `not`. */
  valueLogic(shape: Node, property: string): ComponentTest[] {
    return this.logic(shape, 'value', child => this.valueTest(child, property))
  }

  /** Those of them that look at one value and name no other shape. */
  plainTests(shape: Node, property: string): ComponentTest[] {
    const { graph } = this
    const tests: ComponentTest[] = []
    const add = (component: string, test: Test) => tests.push([component, test])
    const datatype = graph.one(shape, 'datatype')
    if (datatype) add('datatype', { '@type': 'datatype', property, datatype: graph.iri(shape, 'datatype', datatype) })
    const nodeKind = graph.one(shape, 'nodeKind')
    if (nodeKind !== undefined) {
      const kind = nodeKinds.get(nodeKind.value.slice(sh.length))
      if (kind === undefined) failShape(nameOf(shape), `nodeKind cannot be ${nameOf(nodeKind)}`)
      add('nodeKind', typeof kind === 'string' ? { '@type': 'node-kind', property, kind } : kind)
    }
    for (const [component, type] of bounds)
      for (const value of graph.all(shape, component)) {
        if (value.termType !== 'Literal') failShape(nameOf(shape), `${component} must be a literal`)
        const hasOrder = ordered.has(value.datatype.value)
        add(component, hasOrder ? { '@type': type, property, value: jsonOf(value) } : new Unkept(noOrder))
      }
    const minLength = graph.count(shape, 'minLength')
    if (minLength !== undefined) add('minLength', { '@type': 'min-length', property, length: minLength })
    const maxLength = graph.count(shape, 'maxLength')
    if (maxLength !== undefined) add('maxLength', { '@type': 'max-length', property, length: maxLength })
    const flags = graph.text(shape, 'flags')
    for (const pattern of graph.all(shape, 'pattern')) {
      const given = { '@type': 'pattern', property, pattern: pattern.value, ...(flags && { flags }) }
      add('pattern', unusable(pattern.value, flags) ?? given)
    }
    for (const head of graph.all(shape, 'languageIn')) {
      const languages = graph.list(shape, 'languageIn', head).map(({ value }) => value)
      add('languageIn', languages.length > 0 && { '@type': 'language-in', property, languages })
    }
    const allowed = graph.one(shape, 'in')
    if (allowed !== undefined) add('in', oneOf(property, graph.list(shape, 'in', allowed)))
    return tests
  }

  /** The classes of which a value must be one, for each time that it is asked. */
  classTests(shape: Node): string[][] {
    return this.graph.iris(shape, 'class').map(iri => this.graph.withSubClasses(iri))
  }

  /** Whether a value of a property conforms to a shape. */
  private valueTest(shape: Node, property: string): Test {
    return this.inside(shape, () => {
      if (this.isDeactivated(shape)) return true
      if (this.hasPath(shape)) return new Unkept(otherSubject)
      const tests = [...this.valueTests(shape, property), ...this.otherTests(shape, property)]
      return allOf(
        tests.map(([, test]) => test),
        'value',
      )
    })
  }

  /** What a node shape asks of a value that is more than that one value. */
  otherTests(shape: Node, property: string): ComponentTest[] {
    const { graph } = this
    const tests: ComponentTest[] = []
    for (const _ of graph.all(shape, 'class'))
      tests.push(['class', new Unkept('inside of others, the class of a value cannot be kept')])
    for (const value of graph.all(shape, 'hasValue')) tests.push(['hasValue', oneOf(property, [value])])
    for (const component of ['equals', 'disjoint'])
      if (graph.all(shape, component).length > 0) tests.push([component, new Unkept(otherSubject)])
    for (const node of this.named(shape, 'node')) tests.push(['node', this.valueTest(node, property)])
    for (const inner of this.named(shape, 'property'))
      if (!this.inside(inner, () => this.isDeactivated(inner))) tests.push(['property', new Unkept(otherSubject)])
    if (graph.flag(shape, 'closed')) tests.push(['closed', new Unkept(otherSubject)])
    return [...tests, ...this.unknown(shape)]
  }

  private logic(shape: Node, judged: Judged, test: (child: Node) => Test): ComponentTest[] {
    const tests: ComponentTest[] = []
    for (const [component, join] of [
      ['and', allOf],
      ['or', anyOf],
      ['xone', exactlyOneOf],
    ] as const)
      for (const head of this.graph.all(shape, component))
        tests.push([component, join(this.listed(shape, component, head).map(test), judged)])
    for (const child of this.named(shape, 'not')) tests.push(['not', not(test(child), judged)])
    return tests
  }

  // --- all values of a property

  /** What a property shape asks of the values of its property together. */
  setTests(shape: Node, property: string): ComponentTest[] {
    const { graph } = this
    const tests: ComponentTest[] = []
    const minCount = graph.count(shape, 'minCount')
    if (minCount !== undefined)
      tests.push(['minCount', minCount === 0 || { '@type': 'min-count', property, count: minCount }])
    const maxCount = graph.count(shape, 'maxCount')
    if (maxCount !== undefined) tests.push(['maxCount', { '@type': 'max-count', property, count: maxCount }])
    for (const term of graph.all(shape, 'hasValue')) {
      const value = jsonOf(term)
      const test =
        value === undefined ? new Unkept('no domain has blank nodes') : { '@type': 'has-value', property, value }
      tests.push(['hasValue', test])
    }
    if (graph.flag(shape, 'uniqueLang')) tests.push(['uniqueLang', { '@type': 'unique-lang', property }])
    for (const [component, [type, parameter]] of pairs)
      for (const other of graph.iris(shape, component)) {
        const test = { '@type': type, property, [parameter]: other }
        tests.push([component, other === property ? new Unkept('it compares a property with itself') : test])
      }
    return tests
  }

  /** What a property shape asks for beside that. */
  private propertyTest(shape: Node): Test {
    const property = this.path(shape)
    if (property === undefined) return new Unkept(longPath)
    const others = this.otherTests(shape, property).filter(([component]) => !inSets.has(component))
    const ofValues = [...this.valueTests(shape, property), ...others]
    return allOf(
      [
        // What no value can be: there is none.
        ...ofValues.map(([, test]) => (test === false ? asPart(noValue(property)) : test)),
        ...this.setTests(shape, property).map(([, test]) => asPart(test)),
      ],
      'subject',
    )
  }

  // --- a subject

  /**
   * What a node shape asks of a subject, other than by `property`, `node` and logic.
   * @param isIri whether it is certain that the subject is an IRI
   */
  subjectTests(shape: Node, isIri: boolean): ComponentTest[] {
    const { graph } = this
    const tests: ComponentTest[] = []
    for (const [component, test] of this.plainTests(shape, ''))
      tests.push([component, isIri ? ofIri(component, test) : new Unkept(ownName)])
    for (const classes of this.classTests(shape))
      tests.push([
        'class',
        anyOf(
          classes.map(iri => ({ '@type': 'has-value', property: rdfType, value: { '@id': iri } })),
          'subject',
        ),
      ])
    for (const component of ['hasValue', 'equals', 'disjoint'])
      for (const _ of graph.all(shape, component)) tests.push([component, new Unkept(ownName)])
    for (const component of ['minCount', 'maxCount', 'uniqueLang', 'lessThan', 'lessThanOrEquals'])
      if (graph.all(shape, component).length > 0)
        failShape(nameOf(shape), `${component} is for shapes with a path (sh:path)`)
    return tests
  }

  /** What it asks of a subject by `and`, `or`, `xone` and `not`. */
  subjectLogic(shape: Node, isIri: boolean): ComponentTest[] {
    return this.logic(shape, 'subject', child => asPart(this.subjectTest(child, isIri)))
  }

  /** Whether a subject conforms to a shape. */
  private subjectTest(shape: Node, isIri: boolean): Test {
    return this.inside(shape, () => {
      if (this.isDeactivated(shape)) return true
      if (this.hasPath(shape)) return this.propertyTest(shape)
      const own = [...this.subjectTests(shape, isIri), ...this.subjectLogic(shape, isIri), ...this.unknown(shape)]
      const tests = own.map(([, test]) => test)
      for (const inner of this.named(shape, 'property')) tests.push(this.subjectTest(inner, isIri))
      for (const node of this.named(shape, 'node')) tests.push(this.subjectTest(node, isIri))
      if (this.graph.flag(shape, 'closed')) tests.push(new Unkept('inside of others, closed cannot be kept'))
      return allOf(tests, 'subject')
    })
  }

  /** The properties that a closed shape allows. */
  allowed(shape: Node): string[] {
    const { graph } = this
    const own = this.named(shape, 'property').flatMap(inner => this.path(inner) ?? [])
    const head = graph.one(shape, 'ignoredProperties')
    const ignored = head === undefined ? [] : graph.list(shape, 'ignoredProperties', head).map(({ value }) => value)
    return [...new Set([...own, ...ignored])].sort()
  }

  /** The shapes of which a shape wants all. */
  conjuncts(shape: Node): Node[] {
    const lists = this.graph.all(shape, 'and')
    return [...this.named(shape, 'node'), ...lists.flatMap(head => this.listed(shape, 'and', head))]
  }

  /** What is not of SHACL Core, or is not kept in any shape. */
  unknown(shape: Node): ComponentTest[] {
    const tests: ComponentTest[] = []
    for (const predicate of this.graph.predicates(shape)) {
      if (this.custom.has(predicate))
        tests.push([predicate, new Unkept('its component is defined in SPARQL or in code')])
      if (!predicate.startsWith(sh)) continue
      const component = predicate.slice(sh.length)
      if (silent.has(component) || known.has(component)) continue
      tests.push([component, new Unkept(reasons.get(component) ?? 'it is no part of SHACL Core')])
    }
    return tests
  }
}

/** What {@link Shapes.otherTests} says of a value by itself, and a property shape of all values together. */
export const inSets: ReadonlySet<string> = new Set(['hasValue', 'equals', 'disjoint'])

const known = new Set([
  ...['datatype', 'nodeKind', 'minLength', 'maxLength', 'pattern', 'languageIn', 'in', 'and', 'or', 'xone', 'not'],
  ...['class', 'hasValue', 'node', 'property', 'closed', 'minCount', 'maxCount', 'uniqueLang'],
  ...bounds.keys(),
  ...pairs.keys(),
])

const reasons = new Map([
  ['qualifiedValueShape', 'it counts values by what they are as subjects, which others may change at any time'],
  ['sparql', 'it is a query'],
])

/** What is true of every IRI, or of none. */
function ofIri(component: string, test: Test): Test {
  if (typeof test === 'boolean') return test
  if (component === 'nodeKind') return (test as { kind?: unknown }).kind === 'iri'
  if (component === 'datatype' || component === 'languageIn' || bounds.has(component)) return false
  return new Unkept(ownName)
}

/** Why no rule can have a pattern. */
function unusable(pattern: string, flags?: string): Unkept | undefined {
  const problem = patternProblem(pattern, flags)
  return problem === undefined ? undefined : new Unkept(`its pattern ${problem}`)
}

/** That a value is one of some; those that no domain has do not count. */
function oneOf(property: string, terms: readonly RDF.Term[]): Test {
  const values = terms.flatMap(term => jsonOf(term) ?? [])
  return values.length > 0 && { '@type': 'in', property, values }
}
