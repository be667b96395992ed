import { afterEach, expect, test, vi } from 'vitest'
import { openSocket, WebSocketTransport } from '../../src/transports/websocket-node.js'

vi.mock('ws', () => {
  throw new Error("Cannot find package 'ws'")
})
afterEach(() => vi.unstubAllGlobals())

const facts = { package: 'ws', install: 'npm install ws@8' }

test('without the package ws and without a global WebSocket, the error says what to install', async () => {
  vi.stubGlobal('WebSocket', undefined)
  const expected = { code: 'package-missing', facts, message: expect.stringContaining(facts.install) }
  await expect(openSocket('ws://relay.example')).rejects.toMatchObject(expected)
})

test('a transport is refused then, with that as the reason, and does not try again', async () => {
  vi.stubGlobal('WebSocket', undefined)
  const states: unknown[] = []
  const transport = new WebSocketTransport('ws://relay.example', { firstBackoffMs: 1 })
  const listener = { message() {}, peers() {}, state: (...state: unknown[]) => states.push(state) }
  transport.join('a', listener)
  await vi.waitFor(() => expect(states).toHaveLength(2))
  expect(states[1]).toEqual(['refused', expect.stringContaining(facts.install)])
  await transport.close()
})

test('a global WebSocket takes the place of the package', async () => {
  const opened: string[] = []
  vi.stubGlobal(
    'WebSocket',
    class {
      constructor(url: string) {
        opened.push(url)
      }
    },
  )
  await openSocket('ws://relay.example')
  expect(opened).toEqual(['ws://relay.example'])
})
