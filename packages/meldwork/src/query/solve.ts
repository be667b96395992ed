import type { VisibleGraph } from '../graph/index.js'
import type { ValueId } from '../rdf/index.js'
import type { PatternTerm, TriplePattern } from '../subject/index.js'

/** Values by number of variable; 0 is unbound. */
export type Bindings = ValueId[]

/** One pattern in its place in a plan: what of it is known by then is decided by what comes before. */
interface Step {
  readonly pattern: TriplePattern
  readonly subjectKnown: boolean
  readonly propertyKnown: boolean
  readonly objectKnown: boolean
  /** Reused at each visit: steps are nested, and each has its own. */
  readonly buffer: number[]
}

/** What a step costs that must look at every subject. */
const scanCost = 1e9

/**
 * Solves a basic graph pattern: finds every way to bind its variables so that all its triples are visible. An index nested-loop join, in an order
 * found greedily: at each point the pattern that the indexes say has fewest matches.
 *
 * @param bindings by variable; those that are bound already (not 0) stay so. Filled anew for each solution
 * @param onSolution called for each solution, with `bindings`; to be read at once. Returns false to stop.
 *   It must not change the graph
 */
export function solve(
  graph: VisibleGraph,
  patterns: readonly TriplePattern[],
  bindings: Bindings,
  onSolution: () => boolean,
): void {
  if (patterns.some(hasUnknown)) return
  new Solver(graph, planOf(graph, patterns, bindings), bindings, onSolution).run(0)
}

/** A constant that the dictionary does not have. */
const hasUnknown = ({ subject, property, object }: TriplePattern): boolean =>
  (subject.variable < 0 && subject.id === 0) ||
  (property.variable < 0 && property.id < 0) ||
  (object.variable < 0 && object.id === 0)

function planOf(graph: VisibleGraph, patterns: readonly TriplePattern[], bindings: Bindings): Step[] {
  const known = new Set<number>()
  for (let variable = 0; variable < bindings.length; variable++) if (bindings[variable] !== 0) known.add(variable)
  const isKnown = (term: PatternTerm) => term.variable < 0 || known.has(term.variable)
  const left = [...patterns]
  const steps: Step[] = []
  while (left.length > 0) {
    let best = 0
    let bestCost = Number.POSITIVE_INFINITY
    left.forEach((pattern, i) => {
      const cost = costOf(graph, pattern, isKnown)
      if (cost < bestCost) {
        best = i
        bestCost = cost
      }
    })
    const [pattern] = left.splice(best, 1)
    const { subject, property, object } = pattern
    steps.push({
      pattern,
      subjectKnown: isKnown(subject),
      propertyKnown: isKnown(property),
      objectKnown: isKnown(object),
      buffer: [],
    })
    for (const { variable } of [subject, property, object]) if (variable >= 0) known.add(variable)
  }
  return steps
}

/** About how many matches a pattern has when it is its turn. */
function costOf(
  graph: VisibleGraph,
  { subject, property, object }: TriplePattern,
  isKnown: (term: PatternTerm) => boolean,
): number {
  if (isKnown(subject)) return isKnown(object) ? 0 : isKnown(property) ? 1 : 8
  if (!isKnown(property)) return scanCost
  if (property.variable >= 0) return scanCost / 2
  if (!isKnown(object)) return graph.countProperty(property.id) + 16
  return object.variable < 0 ? graph.countSubjects(property.id, object.id) : 4
}

class Solver {
  private readonly graph: VisibleGraph
  private readonly steps: readonly Step[]
  private readonly bindings: Bindings
  private readonly onSolution: () => boolean

  constructor(graph: VisibleGraph, steps: readonly Step[], bindings: Bindings, onSolution: () => boolean) {
    this.graph = graph
    this.steps = steps
    this.bindings = bindings
    this.onSolution = onSolution
  }

  /** @returns false to stop */
  run(depth: number): boolean {
    if (depth === this.steps.length) return this.onSolution()
    const step = this.steps[depth]
    const { subject, property } = step.pattern
    if (step.subjectKnown) return this.fromSubject(depth, step, this.value(subject))
    if (step.propertyKnown && property.variable < 0) return this.fromProperty(depth, step, property.id)
    return this.fromAll(depth, step)
  }

  private value(term: PatternTerm): ValueId {
    return term.variable < 0 ? term.id : this.bindings[term.variable]
  }

  private fromSubject(depth: number, step: Step, subject: ValueId): boolean {
    const { graph } = this
    const { property, object } = step.pattern
    if (property.variable >= 0) return this.fromTriples(depth, step, subject)
    if (step.objectKnown) return !graph.has(subject, property.id, this.value(object)) || this.run(depth + 1)
    const count = graph.objects(subject, property.id, step.buffer)
    for (let i = 0; i < count; i++) {
      // The subject and the object may be one variable, which the subject has bound.
      this.bindings[object.variable] = step.buffer[i]
      if (!this.run(depth + 1)) return this.unbind(object, false)
    }
    return this.unbind(object, true)
  }

  /** The property is a variable, bound or not. */
  private fromTriples(depth: number, step: Step, subject: ValueId): boolean {
    const { graph, bindings } = this
    const { property, object } = step.pattern
    const length = graph.triplesOf(subject, step.buffer)
    let goOn = true
    for (let i = 0; i < length && goOn; i += 2) {
      const predicate = graph.terms.propertyTerm(step.buffer[i])
      if (step.propertyKnown && bindings[property.variable] !== predicate) continue
      if (!step.propertyKnown) bindings[property.variable] = predicate
      if (this.isBound(step.objectKnown, property, object)) {
        if (this.value(object) === step.buffer[i + 1]) goOn = this.run(depth + 1)
      } else {
        bindings[object.variable] = step.buffer[i + 1]
        goOn = this.run(depth + 1)
        this.unbind(object, goOn)
      }
    }
    return step.propertyKnown ? goOn : this.unbind(property, goOn)
  }

  /** Whether the object is known, or is the same variable as one that this very pattern has just bound. */
  private isBound(known: boolean, other: PatternTerm, object: PatternTerm): boolean {
    return known || (object.variable >= 0 && object.variable === other.variable)
  }

  private fromProperty(depth: number, step: Step, property: number): boolean {
    const { graph, bindings } = this
    const { subject, object } = step.pattern
    const { buffer } = step
    let goOn = true
    if (step.objectKnown) {
      const value = this.value(object)
      const count = graph.subjects(property, value, buffer)
      for (let i = 0; i < count && goOn; i++) {
        bindings[subject.variable] = buffer[i]
        goOn = this.run(depth + 1)
      }
    } else {
      const length = graph.pairs(property, buffer)
      const same = object.variable === subject.variable
      for (let i = 0; i < length && goOn; i += 2) {
        if (same && buffer[i] !== buffer[i + 1]) continue
        bindings[subject.variable] = buffer[i]
        bindings[object.variable] = buffer[i + 1]
        goOn = this.run(depth + 1)
      }
      this.unbind(object, goOn)
    }
    return this.unbind(subject, goOn)
  }

  /** Neither subject nor property lead: every visible subject is looked at. */
  private fromAll(depth: number, step: Step): boolean {
    const { subject, property, object } = step.pattern
    const subjects: number[] = []
    const count = this.graph.allSubjects(subjects)
    // What is the same variable as the subject is known with it.
    const inner: Step = {
      ...step,
      propertyKnown: step.propertyKnown || property.variable === subject.variable,
      objectKnown: step.objectKnown || object.variable === subject.variable,
      buffer: [],
    }
    let goOn = true
    for (let i = 0; i < count && goOn; i++) {
      this.bindings[subject.variable] = subjects[i]
      goOn = this.fromSubject(depth, inner, subjects[i])
    }
    return this.unbind(subject, goOn)
  }

  private unbind(term: PatternTerm, goOn: boolean): boolean {
    this.bindings[term.variable] = 0
    return goOn
  }
}
