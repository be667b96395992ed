export { SubjectWriter } from './compact.js'
export { type InsertOptions, type PatchSink, SubjectReader } from './insert.js'
export { Coercion, Keys } from './keys.js'
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
export type {
  Describe,
  Graph,
  GraphSubject,
  JsonValue,
  LanguageValue,
  Literal,
  Patch,
  Pattern,
  Patterns,
  PatternValue,
  Read,
  ReadValue,
  Reference,
  Select,
  Solution,
  Subject,
  TypedValue,
  Update,
  Value,
  ValueObject,
  ValueSet,
  Values,
  Variable,
  VocabularyReference,
  Write,
} from './types.js'
export { isVariable } from './variable.js'
export { readWrite, refuseOthers, type WriteParts } from './write.js'
