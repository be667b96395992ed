import { CodedError } from '../errors.js'
import type { Environment } from '../ports/index.js'

/** How long to wait for something. Without either, for ever. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Ends the wait after this long: the promise rejects with `wait-timeout`. */
  readonly timeoutMs?: number | undefined
}

/**
 * A promise that settles when `start` says so, or the wait ends before.
 * @param start is given what settles the promise, and returns what stops waiting
 * @param waitedFor for the error's message
 */
export function wait(
  start: (resolve: () => void, reject: (error: unknown) => void) => (() => void) | undefined,
  waitedFor: string,
  environment: Environment,
  { signal, timeoutMs }: WaitOptions = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    let done = false
    let stop: (() => void) | undefined
    let cancelTimer: (() => void) | undefined
    const settle = (then: () => void) => {
      if (done) return
      done = true
      cancelTimer?.()
      signal?.removeEventListener('abort', onAbort)
      stop?.()
      then()
    }
    const onAbort = () => settle(() => reject(signal!.reason))
    signal?.addEventListener('abort', onAbort, { once: true })
    if (timeoutMs !== undefined)
      cancelTimer = environment.schedule(
        () =>
          settle(() =>
            reject(
              new CodedError('wait-timeout', `Waited ${timeoutMs} ms for ${waitedFor}, in vain`, {
                waitedFor,
                timeoutMs,
              }),
            ),
          ),
        timeoutMs,
      )
    stop =
      start(
        () => settle(resolve),
        error => settle(() => reject(error)),
      ) ?? undefined
    if (done) stop?.()
  })
}
