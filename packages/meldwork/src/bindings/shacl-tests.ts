import type { Constraint } from '../constraint/index.js'

/**
 * What one component of a shape asks for: a declaration without a scope; true or false where shapes alone decide it; or why no rule can
 * keep it.
 */
export type Test = Constraint | boolean | Unkept

/** That there is no rule for it. */
export class Unkept {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/** A component of a shape, by the name of its parameter, and what it asks for. */
export type ComponentTest = readonly [component: string, test: Test]

/** That all hold. The declarations of logic take the property that they judge the values of; without one, they judge subjects. */
export function allOf(tests: readonly Test[], property: string | undefined): Test {
  const unkept = tests.find(test => test instanceof Unkept)
  if (tests.includes(false)) return false
  if (unkept !== undefined) return unkept
  return joined('and', tests.filter(isDeclared), property, true)
}

/** That one or more hold. */
export function anyOf(tests: readonly Test[], property: string | undefined): Test {
  if (tests.includes(true)) return true
  const unkept = tests.find(test => test instanceof Unkept)
  return unkept ?? joined('or', tests.filter(isDeclared), property, false)
}

/** That it does not hold. */
export function noneOf(test: Test, property: string | undefined): Test {
  if (typeof test === 'boolean') return !test
  return isDeclared(test) ? { '@type': 'not', ...about(property), of: [test] } : test
}

/** That exactly one holds. */
export function exactlyOneOf(tests: readonly Test[], property: string | undefined): Test {
  const unkept = tests.find(test => test instanceof Unkept)
  if (unkept !== undefined) return unkept
  const certain = tests.filter(test => test === true).length
  const open = tests.filter(isDeclared)
  if (certain > 1) return false
  if (certain === 1) return noneOf(anyOf(open, property), property)
  return joined('xone', open, property, false)
}

function joined(type: string, of: readonly Constraint[], property: string | undefined, empty: boolean): Test {
  if (of.length === 0) return empty
  return of.length === 1 ? of[0] : { '@type': type, ...about(property), of }
}

const about = (property: string | undefined) => (property === undefined ? {} : { property })

export const isDeclared = (test: Test): test is Constraint => typeof test === 'object' && !(test instanceof Unkept)

const logic = new Set(['and', 'or', 'not', 'xone'])

const partsOf = ({ of }: Constraint): readonly Constraint[] => of as readonly Constraint[]

/** Whether a declaration judges a subject as a whole, which is then shown or not. */
export function judgesSubjects({ '@type': type, property }: Constraint): boolean {
  return type === 'min-count' || type === 'has-value' || (logic.has(type) && property === undefined)
}

/** Whether it holds for what has no properties at all. */
export function holdsForNothing(test: Constraint): boolean {
  const { '@type': type } = test
  if (type === 'min-count') return test.count === 0
  if (type === 'has-value') return false
  if (!logic.has(type) || !judgesSubjects(test)) return true
  const held = partsOf(test).filter(holdsForNothing).length
  if (type === 'and') return held === partsOf(test).length
  if (type === 'or') return held > 0
  return type === 'not' ? held === 0 : held === 1
}

/** The properties whose values it looks at. */
export function propertiesOf(test: Constraint): readonly string[] {
  const own = ['property', 'with', 'than'].flatMap(name => (typeof test[name] === 'string' ? [test[name]] : []))
  return logic.has(test['@type']) ? [...own, ...partsOf(test).flatMap(propertiesOf)] : own
}
