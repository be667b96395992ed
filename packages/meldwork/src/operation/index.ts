export { decodeBody, encodeBody, placeTexts, unknownReplica } from './body.js'
export { bundleOperations } from './bundle.js'
export { Changes, deleteStride, insertStride } from './changes.js'
export {
  decodeHeader,
  decodeName,
  encodeHeader,
  encodeName,
  type OperationHeader,
  type OperationName,
  operationVersion,
  readCounter,
  readReplicaId,
} from './header.js'
export { References } from './references.js'
export { unbundleOperations } from './unbundle.js'
export { decodeNative, decodeValue, encodeNative, encodeValue, placeValue } from './value.js'
export type { WireTerms } from './wire-terms.js'
