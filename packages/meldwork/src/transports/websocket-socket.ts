/**
 * What the transport needs of a WebSocket; a browser's has it, and so has one of the package `ws`. Events come in turns of
 * their own, never inside a call.
 */
export interface WebSocketLike {
  /** Set to `arraybuffer`. */
  binaryType: string
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  /** Bytes given to `send` that have not left yet. */
  readonly bufferedAmount: number
  send(bytes: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  /** Closes without a farewell, where there is such a thing. */
  terminate?(): void
  addEventListener(type: 'open' | 'close', listener: () => void): void
  addEventListener(type: 'error', listener: (event: { message?: string }) => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
}

/** Closes a socket that nobody listens to any more, whatever its state. */
export function hangUp(socket: WebSocketLike): void {
  try {
    // The package `ws` calls it an error when a socket is closed before it has opened.
    socket.addEventListener('error', () => {})
    if (socket.terminate === undefined) socket.close()
    else socket.terminate()
  } catch {
    // It is closed already.
  }
}
