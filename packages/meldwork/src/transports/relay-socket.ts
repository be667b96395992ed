/** What a relay needs of a WebSocket: `ws`, a browser's, and a `socketPair` have it. Events must come in later turns. */
export interface RelaySocket {
  /** As of the WebSocket interface: 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  /** Bytes given to `send` that have not left yet. */
  readonly bufferedAmount: number
  send(bytes: Uint8Array): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'close', listener: () => void): void
  addEventListener(type: 'error', listener: (event: { message?: string }) => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  /** Closes without a farewell. */
  terminate?(): void
  /** Stops reading from the network, so that a client that is too fast is slowed down instead of losing messages. */
  pause?(): void
  resume?(): void
}
