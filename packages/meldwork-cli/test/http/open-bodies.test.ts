import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type BodySource, OpenBodies } from '../../src/gateway/http/open-bodies.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A source whose pieces a test gives. */
class TestSource implements BodySource {
  asked = 0
  closed = 0
  private readonly given: IteratorResult<string>[] = []
  private wake: (() => void) | undefined
  private failure: Error | undefined

  give(...pieces: string[]): void {
    for (const value of pieces) this.given.push({ done: false, value })
    this.wake?.()
  }

  end(): void {
    this.given.push({ done: true, value: undefined })
    this.wake?.()
  }

  fail(error: Error): void {
    this.failure = error
    this.wake?.()
  }

  async next(): Promise<IteratorResult<string>> {
    this.asked++
    while (this.given.length === 0 && this.failure === undefined && this.closed === 0)
      await new Promise<void>(resolve => {
        this.wake = resolve
      })
    if (this.failure !== undefined) throw this.failure
    return this.given.shift() ?? { done: true, value: undefined }
  }

  close(): void {
    this.closed++
    this.wake?.()
  }
}

function opened(options: { keepAlive?: string; whole?: boolean } = {}) {
  const reports: unknown[] = []
  const cut = vi.fn()
  const ended = vi.fn()
  const source = new TestSource()
  const bodies = new OpenBodies(error => reports.push(error))
  const reader = bodies.open(source, { ...options, cut, ended }).getReader()
  const read = async () => {
    const { done, value } = await reader.read()
    return done ? undefined : new TextDecoder().decode(value)
  }
  return { reports, cut, ended, source, bodies, reader, read }
}

const minuteMs = 60_000

test('pieces are asked for one by one, when they are read', async () => {
  const { source, bodies, read, ended } = opened()
  source.give('one', 'two', 'three')
  await vi.advanceTimersByTimeAsync(100)
  expect([source.asked, bodies.count]).toEqual([0, 1])
  expect([await read(), source.asked]).toEqual(['one', 1])
  expect([await read(), source.asked]).toEqual(['two', 2])
  source.end()
  expect([await read(), await read(), bodies.count]).toEqual(['three', undefined, 0])
  expect(ended).toHaveBeenCalledTimes(1)
  expect(vi.getTimerCount()).toBe(0)
})

test('a long piece is given in parts, and the empty one is none', async () => {
  const { source, read } = opened()
  source.give('', 'é'.repeat(100_000), 'end')
  const parts: string[] = []
  for (let part = await read(); part !== 'end'; part = await read()) parts.push(part!)
  expect(parts.map(({ length }) => length)).toEqual([32_768, 32_768, 32_768, 1696])
})

test('a reader that has nothing to read is told so every 15 seconds', async () => {
  const { read, source, cut } = opened({ keepAlive: ': hello' })
  for (let minute = 0; minute < 3; minute++) {
    const reading = read()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await reading).toBe(': hello')
  }
  const reading = read()
  await vi.advanceTimersByTimeAsync(14_000)
  source.give('news')
  expect(await reading).toBe('news')
  expect(cut).not.toHaveBeenCalled()
})

test('comments do not pile up for a reader that does not read, and after a minute it is cut off', async () => {
  const { read, source, cut, bodies, ended } = opened({ keepAlive: ': hello' })
  const reading = read()
  await vi.advanceTimersByTimeAsync(0)
  source.give('one')
  expect(await reading).toBe('one')
  await vi.advanceTimersByTimeAsync(minuteMs)
  expect(cut).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(minuteMs / 2)
  expect([cut.mock.calls.length, ended.mock.calls.length, source.closed, bodies.count]).toEqual([1, 1, 1, 0])
})

test('a reader that stops while the next piece is being made is cut off, too', async () => {
  const { read, source, cut } = opened({ keepAlive: ': hello' })
  const reading = read()
  await vi.advanceTimersByTimeAsync(15_000)
  expect(await reading).toBe(': hello')
  // The piece is still being asked for; the next comment waits for the reader, and then nothing comes on top.
  await vi.advanceTimersByTimeAsync(2 * minuteMs)
  expect([cut.mock.calls.length, source.closed]).toEqual([1, 1])
})

test('a reader that is slow, and reads, is not cut off', async () => {
  const { read, source, cut } = opened({ keepAlive: ': hello' })
  source.give('x'.repeat(64 * 1024 * 20))
  for (let part = 0; part < 20; part++) {
    expect((await read())!.length).toBe(64 * 1024)
    await vi.advanceTimersByTimeAsync(minuteMs / 2)
  }
  expect(cut).not.toHaveBeenCalled()
})

test('a source that fails is reported, and the reader does not take what it has for all', async () => {
  const { read, source, cut, reports, bodies } = opened()
  const reading = read()
  source.fail(new Error('the disk is gone'))
  await vi.advanceTimersByTimeAsync(0)
  expect([cut.mock.calls.length, reports, bodies.count]).toEqual([1, [new Error('the disk is gone')], 0])
  void reading.catch(() => {})
  // Where there is no connection, the stream itself is in error.
  const other = new OpenBodies(() => {})
  const failing = new TestSource()
  const body = other.open(failing)
  const rest = body.getReader().read()
  failing.fail(new Error('x'))
  await expect(rest).rejects.toThrow('cut off')
})

test('who goes away is let go of at once', async () => {
  const { reader, source, bodies, ended } = opened()
  void reader.read()
  await reader.cancel()
  expect([source.closed, bodies.count, ended.mock.calls.length]).toEqual([1, 0, 1])
})

test('what must be whole is cut off by closing, so that nobody takes what there is for all', async () => {
  const { source, bodies, cut, read } = opened({ whole: true })
  source.give('one')
  expect(await read()).toBe('one')
  bodies.close()
  expect([cut.mock.calls.length, source.closed, bodies.count]).toEqual([1, 1, 0])
})

test('closing ends all, also those that come after', async () => {
  const { read, source, bodies, cut } = opened({ keepAlive: ': hello' })
  const reading = read()
  bodies.close()
  bodies.close()
  expect([await reading, source.closed, bodies.count]).toEqual([undefined, 1, 0])
  const late = new TestSource()
  expect(await bodies.open(late).getReader().read()).toEqual({ done: true, value: undefined })
  expect([late.closed, vi.getTimerCount(), cut.mock.calls.length]).toEqual([1, 0, 0])
})
