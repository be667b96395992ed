export {
  type CanonicalConstraint,
  type Constraint,
  ruleNamespace,
} from './declaration.js'
export type { RuleKind } from './kind.js'
export { compareTimes, latest, listRules } from './latest.js'
export { byValue, type ValueOrder } from './order.js'
export { Parameters, spelled } from './parameters.js'
export { patternProblem } from './pattern-kind.js'
export {
  type Candidate,
  type Claim,
  everything,
  type InferenceRule,
  type InputRule,
  type InputTools,
  type JudgingRule,
  type KeyRule,
  type PairRule,
  type ReferenceRule,
  type Rule,
  type Scope,
  type SetRule,
  type Stratum,
  type SubjectRule,
  strata,
  type ValueLimit,
  type ValueRule,
  type VisibleData,
} from './rule.js'
export { type Declared, type RuleFailure, type RuleInForce, type RuleNotInForce, RuleSet } from './rule-set.js'
export { shippedKinds } from './shipped-kinds.js'
