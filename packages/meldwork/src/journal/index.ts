export {
  completeEntry,
  decodeEntry,
  encodeEntry,
  entryRoom,
  type JournalEntry,
  journalKey,
  journalRange,
  journalVersion,
  ticksOf,
} from './entry.js'
export { entriesAt, type Grouped, groupsOf, wholeOperations } from './group.js'
export { Journal, type JournalLimits } from './journal.js'
