import type { Algebra, BasicGraphPattern, Expression } from './algebra.js'

/** The variables that a solution of this may bind: SPARQL's in-scope variables. */
export function inScope(algebra: Algebra, into: Set<number> = new Set()): Set<number> {
  switch (algebra.type) {
    case 'bgp':
      for (const variable of variablesOf(algebra)) into.add(variable)
      break
    case 'join':
    case 'leftjoin':
      inScope(algebra.left, into)
      inScope(algebra.right, into)
      break
    case 'union':
      for (const input of algebra.inputs) inScope(input, into)
      break
    case 'values':
      for (const variable of algebra.variables) into.add(variable)
      break
    case 'extend':
      inScope(algebra.input, into).add(algebra.variable)
      break
    case 'group':
      for (const variable of algebra.by) into.add(variable)
      for (const { variable } of algebra.aggregates) into.add(variable)
      break
    case 'project':
      for (const variable of algebra.variables) into.add(variable)
      break
    default:
      inScope(algebra.input, into)
  }
  return into
}

/** The variables that every solution of this binds. */
export function certain(algebra: Algebra): Set<number> {
  switch (algebra.type) {
    case 'bgp':
      return new Set(variablesOf(algebra))
    case 'join':
      return new Set([...certain(algebra.left), ...certain(algebra.right)])
    case 'leftjoin':
      return certain(algebra.left)
    case 'union': {
      const [first, ...others] = algebra.inputs.map(certain)
      return new Set([...first].filter(variable => others.every(other => other.has(variable))))
    }
    case 'values':
      return new Set(algebra.variables.filter((_, i) => algebra.rows.every(row => row[i] !== 0)))
    case 'group':
    case 'project':
      return new Set()
    default:
      return certain(algebra.input)
  }
}

/** The variables that an expression names, with those of the patterns in it. */
export function variablesIn(expression: Expression, into: Set<number> = new Set()): Set<number> {
  switch (expression.type) {
    case 'variable':
      into.add(expression.variable)
      break
    case 'operator':
      for (const argument of expression.args) variablesIn(argument, into)
      break
    case 'exists':
      mentioned(expression.input, into)
      break
    default:
  }
  return into
}

/**
 * Whether solving this with some variables bound already gives the solutions that it has bottom-up and that agree with those: so that a join need not
 * solve it whole. Not so where a variable from outside could be seen in a place that it does not reach bottom-up.
 */
export function takesBindings(algebra: Algebra, outer: ReadonlySet<number>): boolean {
  const within = (input: Algebra, variables: ReadonlySet<number>): boolean => {
    const bound = certain(input)
    for (const variable of variables) if (outer.has(variable) && !bound.has(variable)) return false
    return takesBindings(input, outer)
  }
  switch (algebra.type) {
    case 'bgp':
    case 'values':
      return true
    case 'join':
      return takesBindings(algebra.left, outer) && takesBindings(algebra.right, outer)
    case 'union':
      return algebra.inputs.every(input => takesBindings(input, outer))
    case 'filter':
      return within(algebra.input, variablesIn(algebra.expression))
    case 'leftjoin': {
      const right = mentioned(algebra.right)
      if (algebra.condition !== undefined) variablesIn(algebra.condition, right)
      return within(algebra.left, right)
    }
    case 'extend':
      return !outer.has(algebra.variable) && within(algebra.input, variablesIn(algebra.expression))
    default:
      return false
  }
}

/** Every variable that stands anywhere in this, in scope or not. */
export function mentioned(algebra: Algebra, into: Set<number> = new Set()): Set<number> {
  inScope(algebra, into)
  switch (algebra.type) {
    case 'join':
    case 'leftjoin':
      mentioned(algebra.left, into)
      mentioned(algebra.right, into)
      if (algebra.type === 'leftjoin' && algebra.condition !== undefined) variablesIn(algebra.condition, into)
      break
    case 'union':
      for (const input of algebra.inputs) mentioned(input, into)
      break
    case 'filter':
    case 'extend':
      variablesIn(algebra.expression, into)
      mentioned(algebra.input, into)
      break
    case 'bgp':
    case 'values':
      break
    default:
      mentioned(algebra.input, into)
  }
  return into
}

function* variablesOf({ triples, lists }: BasicGraphPattern): Iterable<number> {
  for (const { subject, property, object } of triples)
    for (const { variable } of [subject, property, object]) if (variable >= 0) yield variable
  for (const { list, index, slot, item } of lists)
    for (const { variable } of [list, index, slot, item]) if (variable >= 0) yield variable
}
