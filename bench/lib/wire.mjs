// Just enough of the engine's wire format (`docs/protocol.md`) to tell messages of operations from all others, and to
// measure operations without the envelope. Written apart from the engine: what is measured is not asked.

/** A message: magic (2 bytes), version (1), the channel's check (4), then varints: type, flags, key; then the payload. */
const typeAt = 7
export const operationsType = 5

/** The type of a message: all that there are today take one byte. */
export const typeOf = message => message[typeAt]

/**
 * The operations in a published message: how many, and their bytes, without the envelope, as they are on the wire. Undefined when it is a message of another kind.
 */
export function operationsIn(message) {
  let at = typeAt
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++]
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  if (varint() !== operationsType) return undefined
  varint()
  varint()
  if (varint() !== 0) return undefined
  const start = at
  // An empty block: what follows is a bundle, which begins with their number.
  if (message[at] === 0) {
    at++
    return { count: varint(), bytes: message.length - start }
  }
  let count = 0
  let bytes = 0
  for (; at < message.length; count++) {
    const length = varint()
    bytes += length
    at += length
  }
  return { count, bytes }
}
