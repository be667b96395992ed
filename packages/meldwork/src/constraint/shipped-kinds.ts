import { boundKinds } from './bound-kinds.js'
import { inferenceKinds } from './inference-kinds.js'
import { inputKinds } from './input-kinds.js'
import type { RuleKind } from './kind.js'
import { logicKinds } from './logic-kinds.js'
import { disjoint, equals, lessThan, lessThanOrEquals } from './pair-kinds.js'
import { pattern } from './pattern-kind.js'
import { reference } from './references.js'
import { maxCount, singleValued } from './single-valued.js'
import { hasValue, minCount, required } from './subject-kinds.js'
import { unique } from './unique.js'
import { uniqueLanguage } from './unique-language.js'
import { allowedValues, closed, datatype, languageIn, nodeKind } from './value-kinds.js'

/** The types of rules that every clone knows. */
export const shippedKinds: readonly RuleKind[] = [
  ...[allowedValues, datatype, nodeKind, languageIn, closed, pattern, ...boundKinds],
  ...[singleValued, maxCount, uniqueLanguage],
  ...[disjoint, equals, lessThan, lessThanOrEquals],
  unique,
  ...[required, minCount, hasValue],
  ...logicKinds,
  reference,
  ...inferenceKinds,
  ...inputKinds,
]
