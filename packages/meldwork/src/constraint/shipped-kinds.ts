import { count, inverse, subClass, transitive } from './inference-kinds.js'
import { defaultValue, lowerCase, normalForm, trim } from './input-kinds.js'
import type { RuleKind } from './kind.js'
import { reference } from './references.js'
import { maxCount, singleValued } from './single-valued.js'
import { required } from './subject-kinds.js'
import { unique } from './unique.js'
import { allowedValues } from './value-kinds.js'

/** The types of rules that every clone knows. */
export const shippedKinds: readonly RuleKind[] = [
  singleValued,
  maxCount,
  allowedValues,
  unique,
  required,
  reference,
  inverse,
  transitive,
  subClass,
  count,
  trim,
  lowerCase,
  normalForm,
  defaultValue,
]
