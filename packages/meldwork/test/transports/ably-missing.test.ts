import { expect, test, vi } from 'vitest'
import { AblyTransport } from '../../src/transports/ably.js'

vi.mock('ably', () => {
  throw new Error("Cannot find package 'ably'")
})

test('without the package ably a transport is refused, with what to install as the reason', async () => {
  const states: unknown[] = []
  const transport = new AblyTransport({ token: 'a.token', firstBackoffMs: 1 })
  transport.join('a', { message() {}, peers() {}, state: (...state) => states.push(state) })
  await vi.waitFor(() => expect(states).toHaveLength(2))
  expect(states[1]).toEqual(['refused', expect.stringContaining('npm install ably@2')])
  await transport.close()
})
