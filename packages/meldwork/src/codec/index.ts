export { hexadecimal, sha256Of } from './digest.js'
export { check32, check64, laneOne, laneOneStart, laneTwo, laneTwoStart, mix } from './hash.js'
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
export { ByteSlab, copyBytes, copyRange } from './slab.js'
export { Writer } from './writer.js'
