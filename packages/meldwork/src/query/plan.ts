import type { VisibleGraph } from '../graph/index.js'
import type { IriSpace, ValueId } from '../rdf/index.js'
import type { ListPattern, PatternTerm, TriplePattern } from '../subject/index.js'
import type { Algebra, BasicGraphPattern, Expression, Filter } from './algebra.js'
import { BasicCursor } from './basic.js'
import { type Cursor, type Execution, Progress } from './cursor.js'
import { compileCondition, compileExpression, type Evaluate, type ExpressionScope } from './evaluate.js'
import { ListStep } from './list-step.js'
import { DistinctCursor, GroupCursor, OrderByCursor, SliceCursor } from './modifiers.js'
import {
  EmptyCursor,
  ExtendCursor,
  FilterCursor,
  JoinCursor,
  LeftJoinCursor,
  RowsCursor,
  SolutionsBeside,
  UnionCursor,
  UnitCursor,
} from './operators.js'
import { certain, inScope, takesBindings, variablesIn } from './scope.js'
import type { Condition } from './step.js'
import { TripleStep } from './triple-step.js'

/** What a step costs that must look at every subject. */
const scanCost = 1e9

/**
 * From algebra to cursors. The order of a basic graph pattern is found greedily: at each point the pattern that the indexes say has fewest matches. Conditions are
 * tested as soon as their variables are bound; a join hands what its left binds to its right, where that gives the same.
 */
export class Planner {
  private readonly execution: Execution
  private readonly iris: IriSpace
  /** Inside an EXISTS, what is solved on the side begins with the values that it is given. */
  private readonly given: { row: readonly ValueId[] } | undefined
  private readonly scope: ExpressionScope
  private readonly sides: SolutionsBeside[] = []
  /** The variables that may have values when an EXISTS is asked. */
  private outermost: ReadonlySet<number> | undefined

  constructor(execution: Execution, iris: IriSpace, given?: { row: readonly ValueId[] }) {
    this.execution = execution
    this.iris = iris
    this.given = given
    this.scope = { terms: execution.terms, iris, exists: input => this.exists(input) }
  }

  /** @param bound variables that may have values when the cursor is opened */
  plan(algebra: Algebra, bound: ReadonlySet<number> = new Set()): Cursor {
    const { execution } = this
    this.outermost ??= new Set([...inScope(algebra), ...bound])
    switch (algebra.type) {
      case 'bgp':
        return this.basic(algebra, [], bound)
      case 'join': {
        const left = this.plan(algebra.left, bound)
        return new JoinCursor(left, this.after(algebra.right, algebra.left, bound))
      }
      case 'leftjoin': {
        const left = this.plan(algebra.left, bound)
        const right = this.after(algebra.right, algebra.left, bound)
        const { condition } = algebra
        return new LeftJoinCursor(execution, left, right, condition && this.condition(condition))
      }
      case 'union':
        return new UnionCursor(algebra.inputs.map(input => this.plan(input, bound)))
      case 'filter':
        return this.filter(algebra, bound)
      case 'extend':
        return new ExtendCursor(
          execution,
          this.plan(algebra.input, bound),
          algebra.variable,
          this.expression(algebra.expression),
        )
      case 'values':
        return new RowsCursor(execution, algebra.variables, () => algebra.rows)
      case 'group':
        return new GroupCursor(
          execution,
          this.iris,
          this.plan(algebra.input),
          algebra.by,
          algebra.named,
          algebra.aggregates.map(({ variable, aggregate }) => ({
            variable,
            aggregate,
            value: aggregate.expression && this.expression(aggregate.expression),
            variables: aggregate.expression === undefined ? new Set() : variablesIn(aggregate.expression),
          })),
        )
      case 'orderby':
        return new OrderByCursor(
          execution,
          this.plan(algebra.input),
          algebra.comparators.map(({ expression, descending }) => ({ value: this.expression(expression), descending })),
        )
      case 'project':
        return this.plan(algebra.input)
      case 'distinct':
        return new DistinctCursor(execution, this.plan(algebra.input), algebra.variables)
      case 'slice':
        return new SliceCursor(this.plan(algebra.input), algebra.start, algebra.length)
    }
  }

  /** What stands to the right of a join. */
  private after(right: Algebra, left: Algebra, bound: ReadonlySet<number>): Cursor {
    const outer = inScope(left, new Set(bound))
    return takesBindings(right, outer) ? this.plan(right, outer) : this.beside(right, outer)
  }

  private beside(right: Algebra, outer: ReadonlySet<number>): Cursor {
    const { execution, given } = this
    const variables = [...inScope(right)]
    const always = certain(right)
    const key = variables.findIndex(variable => always.has(variable) && outer.has(variable))
    const row = given === undefined ? new Array<ValueId>(execution.row.length).fill(0) : [...execution.row]
    const side = execution.beside(row)
    const solutions = new SolutionsBeside(side, new Planner(side, this.iris, given).plan(right), variables, key)
    if (given !== undefined) this.sides.push(solutions)
    return new RowsCursor(execution, variables, () => {
      if (given !== undefined) for (let i = 0; i < row.length; i++) row[i] = given.row[i]
      return solutions.candidates(execution.row)
    })
  }

  /** Whether a pattern has a solution that agrees with a row. */
  exists(input: Algebra): (row: readonly ValueId[]) => boolean {
    const row = [...this.execution.row]
    const side = this.execution.beside(row)
    const given: { row: readonly ValueId[] } = { row: [] }
    const planner = new Planner(side, this.iris, given)
    const cursor = planner.plan(input, this.outermost ?? new Set(row.keys()))
    return outer => {
      for (let i = 0; i < row.length; i++) row[i] = outer[i]
      given.row = [...outer]
      for (const solutions of planner.sides) solutions.forget()
      cursor.open()
      const found = cursor.next() === Progress.solution
      if (found) cursor.close()
      return found
    }
  }

  private filter({ input, expression }: Filter, bound: ReadonlySet<number>): Cursor {
    const expressions = [expression]
    let inner: Algebra = input
    for (; inner.type === 'filter'; inner = inner.input) expressions.push(inner.expression)
    if (inner.type === 'bgp') return this.basic(inner, expressions.flatMap(conjuncts), bound)
    const conditions = expressions.map(each => this.condition(each))
    return new FilterCursor(this.execution, this.plan(inner, bound), conditions)
  }

  private basic(
    { triples, lists }: BasicGraphPattern,
    conditions: readonly Expression[],
    bound: ReadonlySet<number>,
  ): Cursor {
    const { execution } = this
    if (triples.some(hasUnknown)) return new EmptyCursor()
    if (triples.length + lists.length === 0) {
      const unit = new UnitCursor()
      return conditions.length === 0
        ? unit
        : new FilterCursor(
            execution,
            unit,
            conditions.map(each => this.condition(each)),
          )
    }
    const left = conditions.map(expression => ({
      variables: variablesIn(expression),
      test: this.condition(expression),
    }))
    const ready = (known: ReadonlySet<number>, all: boolean): Condition[] => {
      const tests: Condition[] = []
      for (let i = left.length - 1; i >= 0; i--)
        if (all || [...left[i].variables].every(variable => known.has(variable)))
          tests.unshift(left.splice(i, 1)[0].test)
      return tests
    }
    const order = orderOf(execution.graph, triples, lists, bound)
    const known = new Set<number>()
    const steps = order.map((pattern, i) => {
      for (const { variable } of termsOf(pattern)) if (variable >= 0) known.add(variable)
      const tests = ready(known, i === order.length - 1)
      return 'list' in pattern
        ? new ListStep(execution, pattern, tests)
        : new TripleStep(execution.graph, pattern, tests)
    })
    return new BasicCursor(execution, steps)
  }

  private condition(expression: Expression): Condition {
    return compileCondition(expression, this.scope)
  }

  /** An expression, ready to be evaluated for the solutions of this plan. */
  expression(expression: Expression): Evaluate {
    return compileExpression(expression, this.scope)
  }
}

/** A condition as conditions that must all hold. */
function conjuncts(expression: Expression): readonly Expression[] {
  const isAnd = expression.type === 'operator' && expression.operator === 'and'
  return isAnd ? expression.args.flatMap(conjuncts) : [expression]
}

/** A constant that the dictionary does not have. */
const hasUnknown = ({ subject, property, object }: TriplePattern): boolean =>
  (subject.variable < 0 && subject.id === 0) ||
  (property.variable < 0 && property.id < 0) ||
  (object.variable < 0 && object.id === 0)

const termsOf = (pattern: TriplePattern | ListPattern): readonly PatternTerm[] =>
  'list' in pattern
    ? [pattern.list, pattern.index, pattern.slot, pattern.item]
    : [pattern.subject, pattern.property, pattern.object]

function orderOf(
  graph: VisibleGraph,
  triples: readonly TriplePattern[],
  lists: readonly ListPattern[],
  bound: ReadonlySet<number>,
): (TriplePattern | ListPattern)[] {
  const left: (TriplePattern | ListPattern)[] = [...triples, ...lists]
  if (left.length === 1) return left
  const known = new Set(bound)
  const isKnown = (term: PatternTerm) => term.variable < 0 || known.has(term.variable)
  const order: (TriplePattern | ListPattern)[] = []
  while (left.length > 0) {
    let best = 0
    let bestCost = Number.POSITIVE_INFINITY
    left.forEach((pattern, i) => {
      const cost = 'list' in pattern ? listCost(pattern, isKnown) : costOf(graph, pattern, isKnown)
      if (cost < bestCost) {
        best = i
        bestCost = cost
      }
    })
    const [pattern] = left.splice(best, 1)
    order.push(pattern)
    for (const { variable } of termsOf(pattern)) if (variable >= 0) known.add(variable)
  }
  return order
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

function listCost({ list, index, slot, item }: ListPattern, isKnown: (term: PatternTerm) => boolean): number {
  if (isKnown(list)) return isKnown(index) || isKnown(slot) ? 1 : 64
  if (isKnown(slot)) return 2
  return isKnown(item) ? 4 : scanCost / 4
}
