export { type PropertyId, TermKind, type TermTable, type TripleSink, type ValueId } from './term-table.js'
