export { decodeBody, encodeBody, placeTexts, unknownReplica } from './body.js'
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
export { packOperations } from './pack.js'
export { References } from './references.js'
export { unpackOperations } from './unpack.js'
export { decodeNative, decodeValue, encodeNative, encodeValue, placeValue } from './value.js'
export type { WireTerms } from './wire-terms.js'
