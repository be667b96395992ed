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
   * Calls `callback` once, after about `delayMs` milliseconds.
   * @param background whether a process need not stay alive for it: housekeeping, not something that an app waits for
   * @returns cancels it
   */
  schedule(callback: () => void, delayMs: number, background?: boolean): () => void
}

interface Platform {
  crypto: { getRandomValues(bytes: Uint8Array): Uint8Array }
  setTimeout(callback: () => void, delayMs: number): unknown
  clearTimeout(timer: unknown): void
}

/** The environment of the platform that runs this code: Node, a browser, a worker. Needs no secure context. */
export const platformEnvironment: Environment = {
  now: () => Date.now(),
  random: length => platform().crypto.getRandomValues(new Uint8Array(length)),
  schedule: (callback, delayMs, background = false) => {
    const timer = platform().setTimeout(callback, delayMs)
    // In Node a timer is an object that keeps the process alive, unless it is told not to.
    if (background && typeof timer === 'object' && timer !== null && 'unref' in timer)
      (timer as { unref(): void }).unref()
    return () => platform().clearTimeout(timer)
  },
}

/** Looked up at each call, so that fake timers of a test are seen. */
const platform = () => globalThis as unknown as Platform
