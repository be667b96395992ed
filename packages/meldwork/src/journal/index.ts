export {
  decodeEntry,
  encodeEntry,
  type JournalEntry,
  journalKey,
  journalRange,
  journalVersion,
  ticksOf,
} from './entry.js'
export { Journal, type JournalLimits } from './journal.js'
