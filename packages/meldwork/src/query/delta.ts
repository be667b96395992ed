import { type Difference, ListProperty, type VisibleGraph } from '../graph/index.js'
import type { IriSpace, PropertyId, ValueId } from '../rdf/index.js'
import type { PatternTerm, TriplePattern } from '../subject/index.js'
import type { Algebra, Expression } from './algebra.js'
import { type Cursor, Execution, Progress } from './cursor.js'
import { type Interest, interestOf } from './interests.js'
import { Planner } from './plan.js'
import type { RequestTerms } from './request-terms.js'
import { inScope, takesBindings } from './scope.js'

/** More alternatives than this, all unions multiplied out, are not followed one by one. */
const maxBranches = 16

/** A triple pattern of a request, with the alternative in which it stands. */
export interface Leaf {
  readonly pattern: TriplePattern
  /** Without unions: each solution comes from exactly one triple for each of its patterns. */
  readonly branch: Algebra
  /** The patterns before this one, which were followed already. */
  readonly earlier: readonly TriplePattern[]
}

/**
 * The triple patterns of an algebra whose solutions can be told from changed triples alone: basic graph patterns, joins, unions, filters, bindings and values.
 * @returns undefined when it is another: with an optional part, an exists, a list, groups, an order, a slice, or only distinct solutions
 */
export function leavesOf(algebra: Algebra): readonly Leaf[] | undefined {
  const branches = branchesOf(algebra)
  if (branches === undefined || branches.length > maxBranches) return undefined
  const leaves = branches.flatMap(branch => {
    const patterns = patternsOf(branch)
    return patterns.map((pattern, i): Leaf => ({ pattern, branch, earlier: patterns.slice(0, i) }))
  })
  return leaves.every(({ branch, pattern }) => {
    const bound = new Set(variablesOf(pattern))
    return takesBindings(branch, bound) && joinsDirectly(branch, bound)
  })
    ? leaves
    : undefined
}

/** Whether no join solves its right on the side: such solutions are kept for one evaluation, while the plan of a live query serves many. */
function joinsDirectly(algebra: Algebra, bound: ReadonlySet<number>): boolean {
  switch (algebra.type) {
    case 'join': {
      const outer = inScope(algebra.left, new Set(bound))
      return (
        joinsDirectly(algebra.left, bound) && takesBindings(algebra.right, outer) && joinsDirectly(algebra.right, outer)
      )
    }
    case 'filter':
    case 'extend':
      return joinsDirectly(algebra.input, bound)
    default:
      return true
  }
}

/** What the solutions of an algebra depend on: every triple pattern in it, also in its expressions, and what makes up lists. */
export function interestsOf(algebra: Algebra, into: Interest[] = []): Interest[] {
  switch (algebra.type) {
    case 'bgp':
      for (const pattern of algebra.triples) into.push(interestOf(pattern))
      if (algebra.lists.length > 0)
        for (const property of Object.values(ListProperty)) into.push({ subject: 0, property, object: 0 })
      break
    case 'join':
    case 'leftjoin':
      interestsOf(algebra.left, into)
      interestsOf(algebra.right, into)
      if (algebra.type === 'leftjoin' && algebra.condition !== undefined) interestsIn(algebra.condition, into)
      break
    case 'union':
      for (const input of algebra.inputs) interestsOf(input, into)
      break
    case 'values':
      break
    default:
      interestsOf(algebra.input, into)
      for (const expression of expressionsOf(algebra)) interestsIn(expression, into)
  }
  return into
}

function interestsIn(expression: Expression, into: Interest[]): void {
  if (expression.type === 'exists') interestsOf(expression.input, into)
  else if (expression.type === 'operator') for (const argument of expression.args) interestsIn(argument, into)
}

function expressionsOf(algebra: Algebra): readonly Expression[] {
  switch (algebra.type) {
    case 'filter':
    case 'extend':
      return [algebra.expression]
    case 'orderby':
      return algebra.comparators.map(({ expression }) => expression)
    case 'group':
      return algebra.aggregates.flatMap(({ aggregate }) => aggregate.expression ?? [])
    default:
      return []
  }
}

/** The alternatives that unions make, each without unions. */
function branchesOf(algebra: Algebra): readonly Algebra[] | undefined {
  switch (algebra.type) {
    case 'bgp':
      return algebra.lists.length === 0 ? [algebra] : undefined
    case 'values':
      return [algebra]
    case 'union': {
      const inputs = algebra.inputs.map(branchesOf)
      return inputs.every(input => input !== undefined) ? inputs.flat() : undefined
    }
    case 'join': {
      const left = branchesOf(algebra.left)
      const right = branchesOf(algebra.right)
      if (left === undefined || right === undefined || left.length * right.length > maxBranches) return undefined
      return left.flatMap(one => right.map((other): Algebra => ({ type: 'join', left: one, right: other })))
    }
    case 'filter':
    case 'extend':
      if (hasExists(algebra.expression)) return undefined
      return branchesOf(algebra.input)?.map(input => ({ ...algebra, input }))
    case 'project':
      return branchesOf(algebra.input)
    default:
      return undefined
  }
}

const hasExists = (expression: Expression): boolean =>
  expression.type === 'exists' || (expression.type === 'operator' && expression.args.some(hasExists))

/** Those of an algebra without unions. */
function patternsOf(algebra: Algebra): readonly TriplePattern[] {
  switch (algebra.type) {
    case 'bgp':
      return algebra.triples
    case 'join':
      return [...patternsOf(algebra.left), ...patternsOf(algebra.right)]
    case 'filter':
    case 'extend':
      return patternsOf(algebra.input)
    default:
      return []
  }
}

const variablesOf = ({ subject, property, object }: TriplePattern): number[] =>
  [subject, property, object].flatMap(({ variable }) => (variable < 0 ? [] : [variable]))

/** Triples of one side of a difference. */
export class ChangedTriples {
  private readonly triples: readonly number[]
  private keys: Set<string> | undefined

  /** @param triples `[subject, property, object, ...]` */
  constructor(triples: readonly number[]) {
    this.triples = triples
  }

  has(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    const { triples } = this
    if (triples.length > 24) {
      this.keys ??= keysOf(triples)
      return this.keys.has(`${subject} ${property} ${object}`)
    }
    for (let at = 0; at < triples.length; at += 3)
      if (triples[at] === subject && triples[at + 1] === property && triples[at + 2] === object) return true
    return false
  }
}

function keysOf(triples: readonly number[]): Set<string> {
  const keys = new Set<string>()
  for (let at = 0; at < triples.length; at += 3) keys.add(`${triples[at]} ${triples[at + 1]} ${triples[at + 2]}`)
  return keys
}

/** The two sides of a {@link Difference}, as sets. */
export class ChangedSides {
  readonly inserted: ChangedTriples
  readonly deleted: ChangedTriples

  constructor({ inserted, deleted }: Difference) {
    this.inserted = new ChangedTriples(inserted)
    this.deleted = new ChangedTriples(deleted)
  }
}

/** The solutions of one state that have given values for some variables, found again and again. */
export class BoundSolutions {
  /** To be given those values, and zeros, before {@link each}; within it, a solution. */
  readonly row: ValueId[]
  private readonly algebra: Algebra
  private readonly bound: ReadonlySet<number>
  private readonly execution: Execution
  private readonly iris: IriSpace
  private cursor: Cursor | undefined
  /** How many triples there were when it was planned. */
  private planned = 0

  /** @param bound variables of which {@link takesBindings} says that they may be bound before @param width how many variables there are */
  constructor(
    algebra: Algebra,
    bound: ReadonlySet<number>,
    graph: VisibleGraph,
    terms: RequestTerms,
    iris: IriSpace,
    width: number,
  ) {
    this.row = new Array<ValueId>(width).fill(0)
    this.algebra = algebra
    this.bound = bound
    this.execution = new Execution(graph, terms, this.row)
    this.iris = iris
  }

  each(found: () => void): void {
    const cursor = this.open()
    while (cursor.next() === Progress.solution) found()
  }

  /** To be read to its end. */
  open(): Cursor {
    const cursor = this.ready()
    cursor.open()
    return cursor
  }

  /** Planned anew when there is twice, or half, as much as there was. */
  private ready(): Cursor {
    const count = this.execution.graph.tripleCount + 64
    if (this.cursor === undefined || count > this.planned * 2 || count * 2 < this.planned) {
      this.planned = count
      this.cursor = new Planner(this.execution, this.iris).plan(this.algebra, this.bound)
    }
    return this.cursor
  }
}

/** A solution that came, or went. */
export type FoundSolution = (row: readonly ValueId[], came: boolean) => void

/**
 * The solutions of one state that use a certain triple in the place of one pattern, and changed triples in no place before it: of all patterns of a request
 * and all changed triples together, each solution that came, or went, once. (Semi-naive evaluation, as in deductive databases.)
 */
export class LeafSolutions {
  private readonly row: ValueId[]
  private readonly leaf: Leaf
  private readonly graph: VisibleGraph
  private readonly solutions: BoundSolutions

  /** @param width how many variables there are */
  constructor(leaf: Leaf, graph: VisibleGraph, terms: RequestTerms, iris: IriSpace, width: number) {
    const bound = new Set(variablesOf(leaf.pattern))
    this.leaf = leaf
    this.graph = graph
    this.solutions = new BoundSolutions(leaf.branch, bound, graph, terms, iris, width)
    this.row = this.solutions.row
  }

  /**
   * @param changed the triples that are of this state and not of the other one
   * @param came whether this is the state after
   */
  each(
    subject: ValueId,
    property: PropertyId,
    object: ValueId,
    changed: ChangedTriples,
    came: boolean,
    found: FoundSolution,
  ): void {
    const { row } = this.solutions
    row.fill(0)
    if (!this.bind(subject, property, object)) return
    const cursor = this.solutions.open()
    while (cursor.next() === Progress.solution) if (!this.wasFollowed(changed)) found(row, came)
  }

  private bind(subject: ValueId, property: PropertyId, object: ValueId): boolean {
    const { pattern } = this.leaf
    const named = pattern.property.variable < 0
    return (
      this.put(pattern.subject, subject) &&
      this.put(pattern.property, named ? property : this.graph.terms.propertyTerm(property)) &&
      this.put(pattern.object, object)
    )
  }

  private put({ variable, id }: PatternTerm, value: number): boolean {
    if (variable < 0) return id === value
    const { row } = this
    if (row[variable] === 0) row[variable] = value
    return row[variable] === value
  }

  private wasFollowed(changed: ChangedTriples): boolean {
    const { row, graph } = this
    return this.leaf.earlier.some(({ subject, property, object }) =>
      changed.has(
        subject.variable < 0 ? subject.id : row[subject.variable],
        property.variable < 0 ? property.id : graph.terms.propertyFor(row[property.variable]),
        object.variable < 0 ? object.id : row[object.variable],
      ),
    )
  }
}
