export { SubjectWriter } from './compact.js'
export { ConstantReader } from './constants.js'
export { type PatchSink, SubjectReader } from './insert.js'
export { Coercion, Keys } from './keys.js'
export type { Expected, KnownKeywords, NoKeyword } from './known-keywords.js'
export type { ListItem } from './list-reader.js'
export type { ListSource } from './list-writer.js'
export { PatternReader } from './pattern.js'
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
  ReadResult,
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
export {
  Json,
  type JsonShape,
  List,
  type ListShape,
  type OneShape,
  type PickShape,
  pick,
  Ref,
  type ReferenceShape,
  type Shape,
  type Shaped,
  type ShapeValue,
  shapeKind,
} from './shape.js'
export {
  type BasicPattern,
  type DeletePattern,
  type InlineConstraint,
  inlineOperators,
  type ListPattern,
  type PatternTerm,
  type TriplePattern,
  Variables,
} from './triple-pattern.js'
export type {
  Graph,
  GraphSubject,
  Item,
  Items,
  JsonValue,
  LanguageMap,
  LanguageValue,
  Literal,
  LocalContext,
  Patch,
  ReadList,
  ReadValue,
  ReadValues,
  Reference,
  Subject,
  Term,
  TypedValue,
  Value,
  ValueObject,
  ValueSet,
  Values,
  VocabularyReference,
} from './types.js'
export { isVariable } from './variable.js'
