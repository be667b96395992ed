export type { Difference, ForeignTriples, Snapshot } from '../graph/index.js'
export type { JournalLimits } from '../journal/index.js'
export { CheckedStore } from './checked-store.js'
export { Checkpoints } from './checkpoints.js'
export type { RuleSource } from './declared-rules.js'
export { type Durability, durabilities, stronger } from './durability.js'
export { type Following, History, type NoHistory, type StoredEntry } from './history.js'
export { ListWriter } from './list-writer.js'
export type { Cursor } from './lives.js'
export type { Meta } from './meta.js'
export { Past, type PastTransaction } from './past.js'
export { type Recovered, recover } from './recovery.js'
export { type QuadUpdate, Requests } from './requests.js'
export { Salvage, type SalvageProgress, type SalvageReport, salvagedMeta } from './salvage.js'
export type { Stats } from './stats.js'
export {
  type Applied,
  type Cause,
  type Outcome,
  type TransactionListener,
  Transactions,
  type WriteResult,
  type Written,
} from './transactions.js'
export type { Hidden } from './view.js'
export type { Seen } from './visible.js'
export { WorkingCopy } from './working-copy.js'
