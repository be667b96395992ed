export { SubjectWriter } from './compact.js'
export { type PatchSink, SubjectReader } from './insert.js'
export { Keys } from './keys.js'
export type { ListItem } from './list-reader.js'
export type { ListSource } from './list-writer.js'
export {
  type BasicPattern,
  type DeletePattern,
  PatternReader,
  type PatternTerm,
  type TriplePattern,
  Variables,
} from './pattern.js'
export type { InsertOptions, SubjectSink } from './reading.js'
export type {
  Describe,
  Graph,
  GraphSubject,
  Item,
  Items,
  JsonValue,
  KnownKeywords,
  LanguageMap,
  LanguageValue,
  Literal,
  LocalContext,
  Patch,
  Pattern,
  Patterns,
  PatternValue,
  Read,
  ReadList,
  ReadValue,
  ReadValues,
  Reference,
  Select,
  Solution,
  Subject,
  Term,
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
