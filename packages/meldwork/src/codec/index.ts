export { sameBytes } from './bytes.js'
export { compareCodePoints } from './code-points.js'
export { hexadecimal, sha256Of } from './digest.js'
export { check32, check64, laneOne, laneOneStart, laneTwo, laneTwoStart, mix } from './hash.js'
export { equalJson } from './json-equality.js'
export { keepNumbers } from './json-keep-numbers.js'
export { type ExponentStyle, plainDigits } from './json-number.js'
export { type ByteRange, type ScannedObjects, scanObjects } from './json-objects.js'
export { jsonOf } from './json-of.js'
export { type JsonParseOptions, parseJson } from './json-parser.js'
export { jsonPath } from './json-path.js'
export { type LosslessJson, type PlainJson, plainOf } from './json-plain.js'
export {
  isJsonArray,
  isJsonObject,
  JsonFloat,
  type JsonObject,
  type JsonValue,
  maxJsonDepth,
  memberOf,
  setMember,
} from './json-value.js'
export { canonicalJson, type JsonWriteOptions, sortedKeys } from './json-writer.js'
export { NumberColumn, writeNumbers } from './number-column.js'
export { Reader } from './reader.js'
export {
  channelPattern,
  decodeFrame,
  encodeFrame,
  goodbyeCodes,
  messageBytes,
  type PresentMember,
  type RelayFrame,
  refusedCodes,
  relayBounds,
  relayVersion,
} from './relay-frame.js'
export { ByteSlab, copyRange } from './slab.js'
export { Writer } from './writer.js'
