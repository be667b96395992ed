import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Assembly, inParts } from '../../src/transports/ably-parts.js'

const pattern = (length: number, seed = 0) => Uint8Array.from({ length }, (_, at) => (at * 31 + seed) & 255)

describe('messages in parts', () => {
  test('come together again, whoever else sends', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 14, max: 60 }),
        fc.infiniteStream(fc.nat()),
        (messages, maxBytes, choices) => {
          const assembly = new Assembly(300, 1_000_000)
          const streams = messages.map((message, at) => inParts(message, at, maxBytes))
          for (const parts of streams)
            expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(maxBytes)
          const whole = new Map<number, Uint8Array>()
          while (streams.some(parts => parts.length > 0)) {
            const waiting = streams.flatMap((parts, at) => (parts.length > 0 ? [at] : []))
            const from = waiting[choices.next().value % waiting.length]
            const result = assembly.add('c', `${from}`, streams[from].shift()!)
            if (result instanceof Uint8Array) whole.set(from, result)
          }
          expect(messages.map((_, at) => whole.get(at))).toEqual(messages)
          expect(assembly.heldBytes).toBe(0)
        },
      ),
    )
  })

  test('that are lost, doubled and put in another order never make a message that was not sent', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(29), { maxLength: 80 }), order => {
        const sent = [0, 1, 2].map(seed => pattern(200, seed))
        const parts = sent.flatMap((message, number) => inParts(message, number, 33))
        const assembly = new Assembly(200, 100_000)
        for (const at of order) {
          const result = assembly.add('c', 'x', parts[at])
          if (result instanceof Uint8Array) expect(sent).toContainEqual(result)
          else expect(result).toBe('incomplete')
        }
      }),
    )
  })

  test('made up by somebody else are refused, or held in bounded memory', () => {
    const header = fc.tuple(fc.nat(3), fc.nat(2100), fc.nat(2100), fc.nat(40), fc.nat(30))
    fc.assert(
      fc.property(fc.array(header, { maxLength: 200 }), made => {
        const assembly = new Assembly(2000, 5000)
        for (const [number, offset, total, length, source] of made) {
          const part = new Uint8Array(13 + length)
          const view = new DataView(part.buffer)
          part[0] = 0xe2
          view.setUint32(1, number)
          view.setUint32(5, offset % 50 === 0 ? 0 : offset)
          view.setUint32(9, total)
          const result = assembly.add('c', `${source}`, part)
          if (result instanceof Uint8Array) expect(result.length).toBe(total)
          expect(assembly.heldBytes).toBeLessThanOrEqual(5000)
          if (length === 0 || total > 2000) expect(result).toBe('malformed')
        }
        assembly.forget('c')
        expect(assembly.heldBytes).toBe(0)
      }),
    )
  })

  test('give way in the order in which they came, of many beginnings', () => {
    const assembly = new Assembly(1000, 3 * (500 + 128))
    const [first, second] = inParts(pattern(1000), 1, 513)
    for (const source of ['a', 'b', 'c', 'd']) assembly.add('channel', source, first)
    expect(assembly.add('channel', 'a', second)).toBe('incomplete')
    for (const source of ['b', 'c', 'd']) expect(assembly.add('channel', source, second)).toEqual(pattern(1000))
    expect(assembly.heldBytes).toBe(0)
  })

  test('of one channel are forgotten, those of another are not', () => {
    const assembly = new Assembly(1000, 10_000)
    const [first, second] = inParts(pattern(1000), 1, 513)
    for (const channel of ['a', 'ab']) assembly.add(channel, 'x', first)
    assembly.forget('a')
    expect(assembly.add('a', 'x', second)).toBe('incomplete')
    expect(assembly.add('ab', 'x', second)).toEqual(pattern(1000))
  })
})
