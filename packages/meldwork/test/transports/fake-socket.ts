import { decodeFrame, encodeFrame, type RelayFrame } from '../../src/codec/index.js'

type Listener = (event: { data: unknown; message?: string }) => void

/** A WebSocket whose other end is the test: it looks at what was sent, and says what comes. */
export class FakeSocket {
  binaryType = 'nodebuffer'
  readyState = 1
  bufferedAmount = 0
  terminated = false
  closeCode: number | undefined
  paused: boolean | undefined
  readonly sent: RelayFrame[] = []
  private readonly listeners = new Map<string, Listener[]>()

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener])
  }

  send(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes.slice())
    if (frame !== undefined) this.sent.push(frame)
  }

  close(code?: number): void {
    this.closeCode = code
    this.readyState = 2
  }

  terminate(): void {
    this.terminated = true
    this.readyState = 3
  }

  /** What was sent since the last look. */
  take(): RelayFrame[] {
    return this.sent.splice(0)
  }

  says(...frames: RelayFrame[]): void {
    for (const frame of frames) this.saysBytes(encodeFrame(frame))
  }

  saysBytes(data: unknown): void {
    this.emit('message', { data })
  }

  emit(type: string, event: { data?: unknown; message?: string } = {}): void {
    for (const listener of this.listeners.get(type) ?? []) listener({ data: undefined, ...event })
  }
}

/** A {@link FakeSocket} that does not keep what it was sent. */
export class MuteSocket extends FakeSocket {
  override send(): void {}
}

/** A {@link FakeSocket} whose reading can be paused, as that of the package `ws`. */
export class PausableSocket extends FakeSocket {
  pause(): void {
    this.paused = true
  }
  resume(): void {
    this.paused = false
  }
}
