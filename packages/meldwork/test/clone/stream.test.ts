/** Streams of answers: what `read` gives, of the state in which they began, one by one. */
import { describe, expect, it } from 'vitest'
import { openClone } from '../../src/index.js'
import { platformEnvironment } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

async function board(count: number) {
  let turns = 0
  const environment = {
    ...platformEnvironment,
    schedule: (callback: () => void, delayMs: number, background?: boolean) => {
      if (delayMs === 0) turns++
      return platformEnvironment.schedule(callback, delayMs, background)
    },
  }
  const clone = await openClone({ domain: 'board.example', store: new MemoryStore(), genesis: true, environment })
  await clone.write(Array.from({ length: count }, (_, i) => ({ '@id': `s${i}`, n: i, even: i % 2 === 0 })))
  return { clone, turns: () => turns }
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const answers: T[] = []
  for await (const answer of stream) answers.push(answer)
  return answers
}

const select = { '@select': ['?s', '?n'] as const, '@where': { '@id': '?s', n: '?n', even: true } }

describe('a stream', () => {
  it('gives what read gives, for each form', async () => {
    const { clone } = await board(100)
    const requests = [
      { '@select': ['?s', '?n'], '@where': { '@id': '?s', n: '?n', even: true } },
      { '@select': ['?n'], '@where': { n: '?n' }, '@orderBy': { '@desc': '?n' }, '@limit': 7, '@offset': 3 },
      { '@select': [{ '?c': { '@count': '*' } }], '@where': { n: '?n' } },
      { '@describe': '?s', '@where': { '@id': '?s', even: false }, '@limit': 5 },
      { '@construct': { '@id': '?s', number: '?n' }, '@where': { '@id': '?s', n: '?n' } },
    ] as const
    for (const request of requests) expect(await all(clone.stream(request))).toEqual(clone.read(request as never))
    await clone.close()
  })

  it('is of the state in which it began, whatever is written meanwhile', async () => {
    const { clone } = await board(200)
    const before = clone.read(select)
    const stream = clone.stream(select)
    const first = await stream.next()
    await clone.write({ '@delete': { '@id': '?s', even: true }, '@insert': { '@id': 's1', even: true } })
    expect(clone.read(select)).toHaveLength(1)
    expect([first.value, ...(await all(stream))]).toEqual(before)
    await clone.close()
  })

  it('lets the event loop have a turn', async () => {
    const { clone, turns } = await board(10_000)
    const before = turns()
    expect(await all(clone.stream({ '@select': '?n', '@where': { n: '?n' } }))).toHaveLength(10_000)
    expect(turns() - before).toBeGreaterThan(1)
    await clone.close()
  })

  it('does not look for what nobody asks for', async () => {
    const { clone, turns } = await board(20_000)
    const before = turns()
    for await (const _ of clone.stream({ '@select': '?n', '@where': { n: '?n' }, '@limit': 10 }));
    expect(turns()).toBe(before)
    // A stream that was left holds nothing: writing does not have to remember what it changes.
    for await (const _ of clone.stream(select)) break
    expect(await clone.stream(select).return!()).toEqual({ done: true, value: undefined })
    await clone.close()
  })

  it('tells at once what is wrong with a request, and when the clone is closed', async () => {
    const { clone } = await board(10)
    expect(() => clone.stream({ '@select': '?x', '@where': { n: '?n' } })).toThrow(
      expect.objectContaining({ code: 'pattern-invalid' }),
    )
    const stream = clone.stream(select)
    await stream.next()
    await clone.close()
    await expect(stream.next()).rejects.toMatchObject({ code: 'clone-closed' })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })
})
