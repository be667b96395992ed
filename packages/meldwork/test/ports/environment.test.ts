/** What an engine takes from its platform: here, when it is called back. */
import { describe, expect, it } from 'vitest'
import { platformEnvironment } from '../../src/ports/index.js'

/** Calls back so many times, each time when the one before has been called. @returns how long it took, in milliseconds */
const chainedMs = (count: number, background: boolean) =>
  new Promise<number>(resolve => {
    const start = performance.now()
    const next = (left: number): void => {
      if (left === 0) resolve(performance.now() - start)
      else platformEnvironment.schedule(() => next(left - 1), 0, background)
    }
    next(count)
  })

describe('a callback that is to come as soon as it can', () => {
  it.each([false, true])('comes although nothing else happens (background: %s)', async background => {
    // So that the process stays alive, and does nothing else: what does not wake it would wait for whatever the test runner does next.
    const alive = setTimeout(() => {}, 60_000)
    expect(await chainedMs(200, background)).toBeLessThan(4000)
    clearTimeout(alive)
  })

  it.each([false, true])('does not come when it has been cancelled (background: %s)', async background => {
    let called = false
    const cancel = platformEnvironment.schedule(
      () => {
        called = true
      },
      0,
      background,
    )
    cancel()
    await chainedMs(5, background)
    expect(called).toBe(false)
  })
})
