import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RetainedQueue } from '../../src/transports/mqtt-retained.js'

const steps = fc.array(fc.record({ isAdded: fc.boolean(), pick: fc.nat(3) }), { maxLength: 200 })

test('of what is retained the latest is sent last, a few at once, whenever the broker takes it', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (all, limit) => {
      const latest = new Map<string, number>()
      const sent = new Map<string, number>()
      const underWay: (() => void)[] = []
      const queue = new RetainedQueue(limit, (topic, [count], done) => {
        expect(count).toBeGreaterThan(sent.get(topic) ?? -1)
        sent.set(topic, count)
        underWay.push(done)
        expect(underWay.length).toBeLessThanOrEqual(limit)
      })
      for (const [at, { isAdded, pick }] of all.entries()) {
        if (isAdded) {
          latest.set(`topic ${pick}`, at)
          queue.add(`topic ${pick}`, new Uint8Array([at, 0, 0]))
        } else underWay.splice(pick % (underWay.length || 1), 1)[0]?.()
        // Of each topic the one under way, and the one after it.
        expect(queue.bytes).toBeLessThanOrEqual(3 * 2 * latest.size)
      }
      while (underWay.length > 0) underWay.shift()!()
      await queue.empty()
      expect(sent).toEqual(latest)
      expect(queue.bytes).toBe(0)
    }),
  )
})
