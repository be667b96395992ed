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

/** Whether tests are combined for each value of a property, or for a subject, when one on values means all that it has. */
export type Judged = 'value' | 'subject'

/** That all hold. */
export function allOf(tests: readonly Test[], judged: Judged): Test {
  if (tests.includes(false)) return false
  return tests.find(isUnkept) ?? joined('and', tests.filter(isDeclared), judged) ?? true
}

/** That one or more hold. */
export function anyOf(tests: readonly Test[], judged: Judged): Test {
  if (tests.includes(true)) return true
  return tests.find(isUnkept) ?? joined('or', tests.filter(isDeclared), judged) ?? false
}

/** That one does not hold. */
export function not(test: Test, judged: Judged): Test {
  if (typeof test === 'boolean') return !test
  return isDeclared(test) ? combination('not', [test], judged) : test
}

/** That exactly one holds. */
export function exactlyOneOf(tests: readonly Test[], judged: Judged): Test {
  const unkept = tests.find(isUnkept)
  if (unkept !== undefined) return unkept
  const certain = tests.filter(test => test === true).length
  const open = tests.filter(isDeclared)
  if (certain > 1) return false
  return certain === 1 ? not(anyOf(open, judged), judged) : (joined('xone', open, judged) ?? false)
}

function joined(type: string, of: readonly Constraint[], judged: Judged): Constraint | undefined {
  return of.length < 2 ? of[0] : combination(type, of, judged)
}

/** A rule that combines rules on values of one property judges each value. A part that is about the subject makes it judge the subject. */
function combination(type: string, of: readonly Constraint[], judged: Judged): Constraint {
  const property = judged === 'subject' ? commonProperty(of) : undefined
  if (property === undefined || type === 'and') return { '@type': type, of }
  const anyNumber = { '@type': 'min-count', property, count: 0 }
  return { '@type': type, of: [{ '@type': 'and', of: [of[0], anyNumber] }, ...of.slice(1)] }
}

/** That of which all declarations judge single values. */
function commonProperty(of: readonly Constraint[]): string | undefined {
  const properties = of.map(part => (judgesValues(part) ? propertyOfValues(part) : undefined))
  return properties.every(property => property === properties[0]) ? properties[0] : undefined
}

function propertyOfValues(test: Constraint): string | undefined {
  return logic.has(test['@type']) ? commonProperty(partsOf(test)) : (test.property as string)
}

const isUnkept = (test: Test): test is Unkept => test instanceof Unkept
export const isDeclared = (test: Test): test is Constraint => typeof test === 'object' && !isUnkept(test)

const logic = new Set(['and', 'or', 'not', 'xone'])
const counting = new Set(['min-count', 'has-value'])
const choosing = new Set([
  'max-count',
  'unique-lang',
  'equals',
  'disjoint',
  'less-than',
  'less-than-or-equals',
  'reference',
])

const partsOf = ({ of }: Constraint): readonly Constraint[] => of as readonly Constraint[]

function judgesValues(test: Constraint): boolean {
  const { '@type': type } = test
  if (logic.has(type)) return partsOf(test).every(judgesValues) && commonProperty(partsOf(test)) !== undefined
  return !counting.has(type) && !choosing.has(type)
}

/** Whether a declaration judges a subject as a whole, which is then shown or not. */
export function judgesSubjects(test: Constraint): boolean {
  const { '@type': type } = test
  return counting.has(type) || (logic.has(type) && !judgesValues(test))
}

/** As a part of a combination. What hides some values for others can be none. */
export function asPart(test: Test): Test {
  if (!isDeclared(test) || !choosing.has(test['@type'])) return test
  const { '@type': type, property, count } = test
  if (type === 'max-count') return not({ '@type': 'min-count', property, count: (count as number) + 1 }, 'subject')
  return new Unkept('inside of others, what looks at several values cannot be kept')
}

/** Whether it holds for what has no properties at all. */
export function holdsForNothing(test: Constraint): boolean {
  const { '@type': type } = test
  if (type === 'min-count') return test.count === 0
  if (type === 'has-value') return false
  if (!judgesSubjects(test)) return true
  const held = partsOf(test).filter(holdsForNothing).length
  if (type === 'and') return held === partsOf(test).length
  if (type === 'or') return held > 0
  return type === 'not' ? held === 0 : held === 1
}

/** The properties whose values it looks at. */
export function propertiesOf(test: Constraint): readonly string[] {
  if (logic.has(test['@type'])) return partsOf(test).flatMap(propertiesOf)
  return ['property', 'with', 'than'].flatMap(name => (typeof test[name] === 'string' ? [test[name]] : []))
}

/** How deep declarations stand in one another. */
export function depthOf(test: Constraint): number {
  return logic.has(test['@type']) ? 1 + Math.max(...partsOf(test).map(depthOf)) : 1
}
