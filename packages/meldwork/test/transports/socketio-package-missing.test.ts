import { expect, test, vi } from 'vitest'
import { SocketIoTransport } from '../../src/transports/socketio.js'

vi.mock('socket.io-client', () => {
  throw new Error("Cannot find package 'socket.io-client'")
})

test('without the package socket.io-client a transport is refused, is told what to install, and does not try again', async () => {
  const states: unknown[] = []
  const transport = new SocketIoTransport('https://app.example', { firstBackoffMs: 1 })
  transport.join('a', { message() {}, peers() {}, state: (...state) => states.push(state) })
  await vi.waitFor(() => expect(states).toHaveLength(2))
  expect(states[1]).toEqual(['refused', expect.stringContaining('npm install socket.io-client@4')])
  await transport.close()
})
