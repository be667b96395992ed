import type { Constraint } from '../constraint/index.js'
import { abbreviatedNamespaces } from '../rdf/index.js'
import { failShape, type Node, nameOf, type ShapesGraph, sh } from './shacl-graph.js'
import { inSets, longPath, noValue, otherSubject, rdfType, Shapes } from './shacl-shapes.js'
import { depthOf, holdsForNothing, isDeclared, judgesSubjects, propertiesOf, type Test, Unkept } from './shacl-tests.js'

const [rdf, , rdfs] = abbreviatedNamespaces

/** Where in the shapes something stands. */
export interface ShapePlace {
  /** The IRI of the shape, or of the nearest around it; the label of a blank node where none around it has an IRI. */
  readonly shape: string
  /** The property, of a property shape. */
  readonly property: string | undefined
  /** The component, by its parameter in the namespace of SHACL: `minCount`. */
  readonly component: string
  /** What the shape says to people (`sh:message`). */
  readonly messages: readonly string[]
}

/** A rule that was read from a shape. */
export interface ShapeRule extends ShapePlace {
  readonly constraint: Constraint
}

/** A part of a shape that is not kept. */
export interface NotKept extends ShapePlace {
  readonly reason: string
  /** Whether a rule reports it (`reportOnly`, {@link Clone.report}); otherwise only a validation report does. */
  readonly reported: boolean
}

/** Shapes as rules. */
export interface ShapeRules {
  /** For `openClone({ constraints })`: those that keep, and those that only report. */
  readonly constraints: readonly Constraint[]
  /** The same, with where each comes from. */
  readonly rules: readonly ShapeRule[]
  /** What holds for some visible data, or for all, without anything that would keep it so. */
  readonly notKept: readonly NotKept[]
}

/** The parameters of a scope. */
interface Scope {
  readonly class?: readonly string[]
  readonly node?: readonly string[]
  readonly subjectsOf?: string
  readonly objectsOf?: string
}

/** Which subjects a shape is about. */
interface Targets {
  /** By class, and by what they refer to: where nothing of a subject is visible, it is no target. */
  readonly own: readonly Scope[]
  /** Named ones, and those that others refer to: they stay targets with nothing visible of them. */
  readonly lasting: readonly Scope[]
}

/** What a shape says beside what it asks for. */
interface Said {
  readonly severity: string
  readonly messages: readonly string[]
}

/** What goes for all that is read inside of a shape. */
interface Around {
  readonly shape: string
  readonly property: string | undefined
  readonly said: Said
  /** Whether another shape wants this one as a whole, and speaks for it. */
  readonly isPart: boolean
  readonly targets: Targets
}

interface Found extends ShapePlace {
  readonly severity: string
  readonly constraint: Constraint
  /** Why it only reports. */
  reason?: string
}

/** By which shapes name shapes, beside lists. */
const shapeReferences = ['property', 'node', 'not', 'qualifiedValueShape', `${rdf}first`]

const violation = `${sh}Violation`

/** Declarations may stand in one another this deep. */
const mostNested = 8

/** Reads shapes into rules. */
export class RuleReader {
  private readonly graph: ShapesGraph
  private readonly shapes: Shapes
  private readonly found: Found[] = []
  private readonly notKept: NotKept[] = []

  constructor(graph: ShapesGraph) {
    this.graph = graph
    this.shapes = new Shapes(graph)
  }

  /** @throws CodedError `constraint-invalid` */
  read(): ShapeRules {
    const { graph, shapes } = this
    let some = false
    for (const shape of graph.nodes()) {
      if (!this.isShape(shape)) continue
      some = true
      const around = this.around(shape)
      const { own, lasting } = around.targets
      const literals = graph.all(shape, 'targetNode').filter(node => node.termType !== 'NamedNode')
      if (own.length + lasting.length > 0) this.shape(shape, around)
      else if (literals.length === 0) this.requireUse(shape, around)
      if (literals.length > 0 && !shapes.isDeactivated(shape))
        this.refuse('targetNode', `no data changes what ${nameOf(literals[0])} is`, around)
    }
    if (!some) failShape('(none)', 'there are no shapes among the quads')
    this.compare()
    const rules = this.found.map(({ constraint, severity, reason, ...place }): ShapeRule => {
      const reportOnly = reason !== undefined || severity !== violation
      return { ...place, constraint: reportOnly ? { ...constraint, reportOnly } : constraint }
    })
    return { constraints: rules.map(({ constraint }) => constraint), rules, notKept: this.notKept }
  }

  private around(shape: Node): Around {
    const targets = this.targets(shape)
    return { shape: nameOf(shape), property: undefined, said: this.said(shape), isPart: false, targets }
  }

  private said(shape: Node): Said {
    const severity = this.graph.one(shape, 'severity')?.value ?? violation
    return { severity, messages: this.graph.all(shape, 'message').map(({ value }) => value) }
  }

  private requireUse(shape: Node, around: Around): void {
    const { graph, shapes } = this
    if (!graph.isA(shape, `${sh}NodeShape`) && !graph.isA(shape, `${sh}PropertyShape`)) return
    const isUsed = shapeReferences.some(property => graph.isUsed(shape, property))
    if (isUsed || shapes.isDeactivated(shape)) return
    this.refuse('target', 'it has no target, such as sh:targetClass, and no other shape names it', around)
  }

  private targets(shape: Node): Targets {
    const { graph } = this
    const classes = graph.iris(shape, 'targetClass')
    if (shape.termType === 'NamedNode' && graph.isA(shape, `${rdfs}Class`)) classes.push(shape.value)
    const below = [...new Set(classes.flatMap(iri => graph.withSubClasses(iri)))].sort()
    const nodes = graph.all(shape, 'targetNode').flatMap(node => (node.termType === 'NamedNode' ? [node.value] : []))
    return {
      own: [
        ...(below.length > 0 ? [{ class: below }] : []),
        ...graph.iris(shape, 'targetSubjectsOf').map(subjectsOf => ({ subjectsOf })),
      ],
      lasting: [
        ...(nodes.length > 0 ? [{ node: nodes }] : []),
        ...graph.iris(shape, 'targetObjectsOf').map(objectsOf => ({ objectsOf })),
      ],
    }
  }

  private isShape(node: Node): boolean {
    return (
      [...this.graph.predicates(node)].some(predicate => predicate.startsWith(sh)) ||
      this.graph.isA(node, `${sh}NodeShape`)
    )
  }

  // --- shapes

  private shape(shape: Node, around: Around): void {
    this.shapes.inside(shape, () => {
      if (this.shapes.isDeactivated(shape)) return
      if (this.shapes.hasPath(shape)) this.propertyShape(shape, around)
      else this.nodeShape(shape, around)
    })
  }

  /** A shape that another names. @param isPart whether the other wants it as a whole, and speaks for it */
  private inner(shape: Node, around: Around, isPart: boolean): Around {
    if (around.isPart) return around
    const name = shape.termType === 'NamedNode' ? { shape: shape.value } : {}
    return isPart ? { ...around, isPart } : { ...around, ...name, said: this.said(shape) }
  }

  private nodeShape(shape: Node, around: Around): void {
    const { graph, shapes } = this
    const { own, lasting } = around.targets
    const objectsOf = lasting.flatMap(scope => scope.objectsOf ?? [])
    const named = lasting.filter(scope => scope.objectsOf === undefined)
    // What others refer to may be judged where they do so.
    for (const property of objectsOf) this.objectsOf(shape, property, around)
    if (own.length + named.length > 0) {
      const subjects = { ...around, targets: { own, lasting: named } }
      for (const [component, test] of shapes.subjectTests(shape, true)) this.keepSubjects(component, test, subjects)
      for (const [component, test] of shapes.subjectLogic(shape, true))
        if (component !== 'and') this.keepSubjects(component, test, subjects)
    }
    for (const [component, test] of shapes.unknown(shape)) this.keepSubjects(component, test, around)
    if (graph.flag(shape, 'closed')) this.closed(shape, around)
    for (const inner of shapes.named(shape, 'property')) {
      if (!shapes.hasPath(inner)) failShape(nameOf(inner), 'it must have a path (sh:path)')
      this.shape(inner, this.inner(inner, around, false))
    }
    for (const inner of shapes.conjuncts(shape)) this.shape(inner, this.inner(inner, around, true))
  }

  /** What a node shape asks of the values of a property, which are its targets. */
  private objectsOf(shape: Node, property: string, around: Around): void {
    const { shapes } = this
    const everywhere = { ...around, targets: { own: [{}], lasting: [] } }
    for (const [component, test] of shapes.plainTests(shape, property))
      this.keepValues(component, test, property, everywhere)
    for (const to of shapes.classTests(shape)) this.keep('class', { '@type': 'reference', property, to }, everywhere)
    for (const [component, test] of shapes.otherTests(shape, property))
      if (inSets.has(component)) this.keepValues(component, test, property, everywhere)
    const subjectLogic = shapes.subjectLogic(shape, false)
    for (const [i, [component, test]] of shapes.valueLogic(shape, property).entries()) {
      if (component === 'and') continue
      if (!(test instanceof Unkept)) this.keepValues(component, test, property, everywhere)
      else
        this.keepSubjects(component, subjectLogic[i][1], {
          ...around,
          targets: { own: [], lasting: [{ objectsOf: property }] },
        })
    }
  }

  private closed(shape: Node, around: Around): void {
    const allowed = this.shapes.allowed(shape)
    this.keep('closed', { '@type': 'closed', properties: [...new Set([rdfType, ...allowed])].sort() }, around)
    const reason = 'types stay visible, and it does not allow them: name rdf:type in sh:ignoredProperties'
    if (!allowed.includes(rdfType)) this.refuse('closed', reason, around)
    const needed = around.targets.own.flatMap(scope => scope.subjectsOf ?? [])
    const missing = needed.find(property => !allowed.includes(property))
    if (missing !== undefined) this.refuse('closed', `it hides ${missing}, by which subjects are its targets`, around)
  }

  private propertyShape(shape: Node, around: Around): void {
    const { shapes } = this
    const property = shapes.path(shape)
    if (property === undefined) {
      this.refuse('path', longPath, around)
      return
    }
    const here = { ...around, property }
    this.eachValue(shape, property, here, false)
    for (const [component, test] of shapes.setTests(shape, property)) this.keepSubjects(component, test, here)
  }

  /** What a shape asks of each value of a property. @param isNode whether the value is what the shape is about */
  private eachValue(shape: Node, property: string, around: Around, isNode: boolean): void {
    const { shapes } = this
    for (const [component, test] of shapes.valueTests(shape, property))
      if (component !== 'and') this.keepValues(component, test, property, around)
    for (const to of shapes.classTests(shape)) this.keep('class', { '@type': 'reference', property, to }, around)
    for (const [component, test] of shapes.otherTests(shape, property)) {
      if (component === 'class' || component === 'node' || (!isNode && inSets.has(component))) continue
      this.keepValues(component, test, property, around)
    }
    for (const inner of shapes.conjuncts(shape)) {
      const part = this.inner(inner, around, true)
      shapes.inside(inner, () => {
        if (shapes.isDeactivated(inner)) return
        if (shapes.hasPath(inner)) this.refuse('property', otherSubject, part)
        else this.eachValue(inner, property, part, true)
      })
    }
  }

  // --- rules

  private keepValues(component: string, test: Test, property: string, around: Around): void {
    // What no value can be: there is none.
    const possible = test === false ? noValue(property) : test
    this.keepSubjects(component, possible, around)
  }

  private keepSubjects(component: string, test: Test, around: Around): void {
    if (test instanceof Unkept) this.refuse(component, test.reason, around)
    else if (isDeclared(test) && depthOf(test) > mostNested) this.refuse(component, 'it is nested too deeply', around)
    else if (isDeclared(test)) this.keep(component, test, around)
    else if (!test) this.refuse(component, 'no subject of a domain can be so, as each is an IRI', around)
  }

  private keep(component: string, test: Constraint, around: Around, reason?: string): void {
    const { own, lasting } = around.targets
    if (!judgesSubjects(test) || holdsForNothing(test)) {
      this.add(component, test, around, [...own, ...lasting], reason)
      return
    }
    this.add(component, test, around, own, reason)
    const why = 'a subject that is named, or referred to, is its target also when nothing of it is visible'
    this.add(component, test, around, lasting, why)
  }

  /** As few declarations as say it for all of these subjects. */
  private add(component: string, test: Constraint, around: Around, scopes: readonly Scope[], reason?: string): void {
    const together: Scope[] = []
    for (const scope of scopes) {
      const [parameter] = Object.keys(scope) as (keyof Scope)[]
      const at = together.findIndex(other => other[parameter] === undefined)
      if (at < 0) together.push(scope)
      else together[at] = { ...together[at], ...scope }
    }
    for (const scope of together) {
      const found: Found = {
        ...placeOf(component, around),
        severity: around.said.severity,
        constraint: { ...test, ...scope },
      }
      this.found.push(found)
      if (reason !== undefined) this.onlyReport(found, reason)
    }
  }

  private onlyReport(found: Found, reason: string): void {
    const { constraint, severity, ...place } = found
    found.reason = reason
    this.notKept.push({ ...place, reason, reported: true })
  }

  private refuse(component: string, reason: string, around: Around): void {
    this.notKept.push({ ...placeOf(component, around), reason, reported: false })
  }

  // --- rules beside each other

  /** Of rules that cannot be kept beside each other, one only reports: a clone would refuse it. */
  private compare(): void {
    const kept = () => this.found.filter(({ reason, severity }) => reason === undefined && severity === violation)
    const referring = new Set<string>()
    for (const found of kept()) {
      const { '@type': type, property } = found.constraint
      if (type !== 'reference') continue
      if (property === rdfType) this.onlyReport(found, 'types decide what rules are about, and cannot depend on others')
      else referring.add(property as string)
    }
    for (const found of kept()) {
      if (!judgesSubjects(found.constraint)) continue
      const property = propertiesOf(found.constraint).find(name => referring.has(name))
      if (property === undefined) continue
      this.onlyReport(
        found,
        `it counts values of ${property}, which are hidden where they lead to nothing of their class`,
      )
    }
    for (const found of kept()) {
      if (found.constraint['@type'] !== 'equals') continue
      const own = propertiesOf(found.constraint)
      const other = kept().find(
        ({ constraint }) =>
          constraint !== found.constraint &&
          comparing.has(constraint['@type']) &&
          propertiesOf(constraint).some(name => own.includes(name)),
      )
      if (other === undefined) continue
      this.onlyReport(found, `each side needs the other, and ${other.component} may hide values of one`)
    }
  }
}

/** Types of rules that hide values after a property has been compared with itself. */
const comparing = new Set(['reference', 'equals', 'disjoint', 'less-than', 'less-than-or-equals'])

const placeOf = (component: string, { shape, property, said: { messages } }: Around): ShapePlace => ({
  shape,
  property,
  component,
  messages,
})
