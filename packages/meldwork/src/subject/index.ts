export { SubjectWriter } from './compact.js'
export { type PatchSink, SubjectReader } from './insert.js'
export { Coercion, Keys } from './keys.js'
export type { ListItem } from './list-reader.js'
export type { ListSource } from './list-writer.js'
export {
  type BasicPattern,
  type DeletePattern,
  type InlineConstraint,
  inlineOperators,
  type ListPattern,
  PatternReader,
  type PatternTerm,
  type TriplePattern,
  Variables,
} from './pattern.js'
export type { InsertOptions, SubjectSink } from './reading.js'
export type {
  Aggregation,
  Calculation,
  Condition,
  Construct,
  Describe,
  Expression,
  Group,
  ListOf,
  Modifiers,
  Operation,
  Order,
  Pattern,
  Patterns,
  PatternValue,
  Read,
  RequestContext,
  Select,
  Slot,
  Solution,
  Template,
  Update,
  ValueConditions,
  ValuePattern,
  Variable,
  VariableExpressions,
  VariableValues,
  Write,
} from './request-types.js'
export type {
  Graph,
  GraphSubject,
  JsonValue,
  LanguageMap,
  LanguageValue,
  Literal,
  Patch,
  ReadList,
  ReadValue,
  ReadValues,
  Reference,
  Subject,
  TypedValue,
  Value,
  ValueObject,
  ValueSet,
  Values,
  VocabularyReference,
} from './types.js'
export { isVariable } from './variable.js'
