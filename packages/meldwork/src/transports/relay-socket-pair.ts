import type { RelaySocket } from './relay-socket.js'

/** One end of a {@link socketPair}. */
export interface SocketEnd extends RelaySocket {
  binaryType: string
}

/**
 * Two connected sockets inside one process. Messages arrive in order, as microtasks; bytes are not copied.
 */
export function socketPair(): [SocketEnd, SocketEnd] {
  const near = new PairedSocket()
  const far = new PairedSocket()
  near.other = far
  far.other = near
  return [near, far]
}

type PairListener = (event: { data: unknown; message?: string }) => void

class PairedSocket implements SocketEnd {
  binaryType = 'arraybuffer'
  readyState = 1
  bufferedAmount = 0
  other: PairedSocket = this
  private readonly listeners: { type: string; listener: PairListener }[] = []

  addEventListener(type: string, listener: PairListener): void {
    this.listeners.push({ type, listener })
  }

  send(bytes: Uint8Array): void {
    if (this.readyState !== 1) return
    this.bufferedAmount += bytes.length
    queueMicrotask(() => {
      this.bufferedAmount -= bytes.length
      if (this.other.readyState === 1) this.other.emit('message', bytes)
    })
  }

  close(): void {
    if (this.readyState !== 1) return
    this.readyState = 2
    // What was sent before arrives before.
    queueMicrotask(() => {
      for (const end of [this.other, this]) {
        if (end.readyState === 3) continue
        end.readyState = 3
        end.emit('close', undefined)
      }
    })
  }

  private emit(type: string, data: unknown): void {
    for (const each of this.listeners) if (each.type === type) each.listener({ data })
  }
}
