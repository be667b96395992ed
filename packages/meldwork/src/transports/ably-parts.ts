/** The first byte of a part, which no whole message begins with. */
export const partVersion = 0xe2
/** Before the bytes of a part: the version, the number of the message, where in it they stand, how long it is. */
const headerBytes = 1 + 4 + 4 + 4
/** What keeping a part costs beside its bytes. */
const overheadBytes = 128

/** Cuts a message that is too long for one. @param number that no other long message of this connection has had of late @param maxBytes of a part */
export function inParts(message: Uint8Array, number: number, maxBytes: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  const length = maxBytes - headerBytes
  for (let offset = 0; offset < message.length; offset += length) {
    const bytes = message.subarray(offset, offset + length)
    const part = new Uint8Array(headerBytes + bytes.length)
    const view = new DataView(part.buffer)
    part[0] = partVersion
    view.setUint32(1, number)
    view.setUint32(5, offset)
    view.setUint32(9, message.length)
    part.set(bytes, headerBytes)
    parts.push(part)
  }
  return parts
}

interface Unfinished {
  readonly number: number
  readonly totalBytes: number
  readonly pieces: Uint8Array[]
  length: number
}

/**
 * Puts messages together from their parts. Ably keeps the order of what one connection publishes on a channel: a part that does not follow upon the one before ends its message, which is
 * lost. What is held is bounded: the one that has waited longest for its next part gives way.
 */
export class Assembly {
  heldBytes = 0
  private readonly maxMessageBytes: number
  private readonly maxHeldBytes: number
  /** By channel and connection, the one that got a part last at the end. */
  private readonly unfinished = new Map<string, Unfinished>()

  constructor(maxMessageBytes: number, maxHeldBytes: number) {
    this.maxMessageBytes = maxMessageBytes
    this.maxHeldBytes = maxHeldBytes
  }

  /** @returns the message, when this was the last part of it; `malformed` for what cannot be one */
  add(channel: string, connection: string, part: Uint8Array): Uint8Array | 'incomplete' | 'malformed' {
    if (part.length <= headerBytes || part[0] !== partVersion) return 'malformed'
    const view = new DataView(part.buffer, part.byteOffset)
    const [number, offset, totalBytes] = [view.getUint32(1), view.getUint32(5), view.getUint32(9)]
    const end = offset + part.length - headerBytes
    if (totalBytes > this.maxMessageBytes || end > totalBytes) return 'malformed'
    const source = `${channel} ${connection}`
    const known = this.unfinished.get(source)
    const current = known?.number === number && known.totalBytes === totalBytes ? known : undefined
    if (current !== undefined && offset < current.length) return 'incomplete'
    if (offset !== (current?.length ?? 0)) {
      this.drop(source)
      return 'incomplete'
    }
    const message = current ?? { number, totalBytes, pieces: [], length: 0 }
    if (current === undefined) this.drop(source)
    // A copy: what comes may be a part of something much greater.
    message.pieces.push(new Uint8Array(part.subarray(headerBytes)))
    message.length = end
    this.heldBytes += end - offset + overheadBytes
    this.unfinished.delete(source)
    this.unfinished.set(source, message)
    if (end === totalBytes) {
      this.drop(source)
      return joined(message)
    }
    while (this.heldBytes > this.maxHeldBytes) this.drop(this.unfinished.keys().next().value!)
    return 'incomplete'
  }

  /** Nothing more is heard of a channel. */
  forget(channel: string): void {
    for (const source of [...this.unfinished.keys()]) if (source.startsWith(`${channel} `)) this.drop(source)
  }

  private drop(source: string): void {
    const message = this.unfinished.get(source)
    if (message === undefined) return
    this.unfinished.delete(source)
    this.heldBytes -= message.length + message.pieces.length * overheadBytes
  }
}

function joined({ pieces, totalBytes }: Unfinished): Uint8Array {
  const bytes = new Uint8Array(totalBytes)
  let offset = 0
  for (const piece of pieces) {
    bytes.set(piece, offset)
    offset += piece.length
  }
  return bytes
}
