export { Backoff, type BackoffSettings, fraction } from './backoff.js'
export {
  type BlockStore,
  type BlockWriteMode,
  blockFolder,
  blockNameFault,
  maxBlockBytes,
  maxBlockNameLength,
} from './block-store.js'
export { type BlockCompression, CompressedBlocks, type CompressedBlocksOptions } from './compressed-blocks.js'
export { type Environment, platformEnvironment } from './environment.js'
export { watchOnline } from './online.js'
export { atOnce, inSlices, Pace, sliced, type Turns, type Work } from './pace.js'
export {
  batchFault,
  type KeyRange,
  type LeasableStore,
  type Store,
  type StoreChange,
  type StoreDurability,
} from './store.js'
export {
  type Channel,
  type ChannelListener,
  type ConnectionState,
  checkPresence,
  maxPresenceBytes,
  type PeerId,
  type Transport,
  tellListener,
} from './transport.js'
