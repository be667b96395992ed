export { type BufferLimits, CausalBuffer, type Need } from './buffer.js'
export { HybridClock, type HybridTime, maxTime, ticksPerMs, timeMs } from './clock.js'
export { Heads } from './heads.js'
export {
  compareBytes,
  maxCounter,
  maxReplicaIdBytes,
  type ReplicaId,
  type ReplicaIndex,
  Replicas,
  replicaIdBytes,
  replicaName,
} from './replicas.js'
export { OperationTimes } from './times.js'
export { bucketCount, partCount, partsInBucket, VectorParts } from './vector-parts.js'
