/**
 * What the engine takes from its platform, so that a simulation can own time and chance. The default,
 * {@link platformEnvironment}, is the only code of the core that touches these globals.
 */
export interface Environment {
  /** Wall-clock time in milliseconds since 1970, as `Date.now()`. */
  now(): number
  /** `length` random bytes, fit for identifiers that must never meet. */
  random(length: number): Uint8Array
  /**
   * Calls `callback` once, after about `delayMs` milliseconds; with 0, as soon as what waits already has had its turn.
   * @param background whether a process need not stay alive for it: housekeeping, not something that an app waits for
   * @returns cancels it
   */
  schedule(callback: () => void, delayMs: number, background?: boolean): () => void
  /** Makes bytes smaller, in the format of DEFLATE without a header (RFC 1951). Without it, what could be compressed is not. */
  readonly deflate?: ((bytes: Uint8Array) => Promise<Uint8Array>) | undefined
  /**
   * Undoes {@link deflate}. The bytes come from others: it rejects when they are damaged, or would become longer than `maxBytes`,
   * without having used much more memory than that.
   */
  readonly inflate?: ((bytes: Uint8Array, maxBytes: number) => Promise<Uint8Array>) | undefined
}

/** The Compression Streams of WHATWG: everywhere since 2023. */
interface ByteTransform {
  readonly writable: { getWriter(): { write(bytes: Uint8Array): Promise<void>; close(): Promise<void> } }
  readonly readable: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> }
  }
}

interface Platform {
  CompressionStream?: new (format: 'deflate-raw') => ByteTransform
  DecompressionStream?: new (format: 'deflate-raw') => ByteTransform
  crypto: { getRandomValues(bytes: Uint8Array): Uint8Array }
  setTimeout(callback: () => void, delayMs: number): unknown
  clearTimeout(timer: unknown): void
  setImmediate?(callback: () => void): unknown
  clearImmediate?(timer: unknown): void
  MessageChannel?: new () => {
    readonly port1: { onmessage: (() => void) | null; close(): void }
    readonly port2: { postMessage(message: unknown): void }
  }
}

/** The environment of the platform that runs this code: Node, a browser, a worker. Needs no secure context. */
export const platformEnvironment: Environment = {
  now: () => Date.now(),
  random: length => platform().crypto.getRandomValues(new Uint8Array(length)),
  schedule: (callback, delayMs, background = false) => {
    if (delayMs === 0) return soon(callback, background)
    const timer = platform().setTimeout(callback, delayMs)
    if (background) unref(timer)
    return () => platform().clearTimeout(timer)
  },
  get deflate() {
    const { CompressionStream } = platform()
    return (
      CompressionStream && ((bytes: Uint8Array) => transform(new CompressionStream('deflate-raw'), bytes, Infinity))
    )
  },
  get inflate() {
    const { DecompressionStream } = platform()
    return (
      DecompressionStream &&
      ((bytes: Uint8Array, maxBytes: number) => transform(new DecompressionStream('deflate-raw'), bytes, maxBytes))
    )
  },
}

/**
 * In the next task. Timers are not for that: browsers let one that a timer has set wait for 4 ms, and in a page that nobody sees, for a second or more: work in many
 * slices would take minutes there.
 */
function soon(callback: () => void, background: boolean): () => void {
  const { setImmediate, MessageChannel } = platform()
  if (setImmediate !== undefined && !background) {
    const immediate = setImmediate(callback)
    return () => platform().clearImmediate!(immediate)
  }
  // In Node, an immediate that does not keep the process alive does not wake it either: it would wait until something else happens. A timer does.
  if (setImmediate !== undefined || MessageChannel === undefined) {
    const timer = platform().setTimeout(callback, 0)
    if (background) unref(timer)
    return () => platform().clearTimeout(timer)
  }
  const { port1, port2 } = new MessageChannel()
  const cancel = () => {
    port1.onmessage = null
    port1.close()
  }
  port1.onmessage = () => {
    cancel()
    callback()
  }
  port2.postMessage(undefined)
  return cancel
}

/** In Node a timer is an object that keeps the process alive, unless it is told not to. */
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
}

async function transform(stream: ByteTransform, bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const writer = stream.writable.getWriter()
  // What goes wrong is told to the reader, too.
  const ignore = (): void => {}
  writer.write(bytes).catch(ignore)
  writer.close().catch(ignore)
  const reader = stream.readable.getReader()
  const parts: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value!)
    length += value!.length
    if (length <= maxBytes) continue
    reader.cancel().catch(ignore)
    throw new RangeError(`what was compressed is longer than ${maxBytes} bytes`)
  }
  if (parts.length === 1) return parts[0]
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Looked up at each call, so that fake timers of a test are seen. */
const platform = () => globalThis as unknown as Platform
