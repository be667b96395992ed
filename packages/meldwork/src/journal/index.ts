export {
  decodeEntry,
  encodeEntry,
  type JournalEntry,
  journalKey,
  journalRange,
  journalVersion,
  ticksOf,
} from './entry.js'
export { entriesAt, type Grouped, groupsOf, wholeEntries } from './group.js'
export { Journal, type JournalLimits } from './journal.js'
