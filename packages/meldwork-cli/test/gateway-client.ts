import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import type { Clone } from 'meldwork'
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type Gateway, type GatewayOptions, openGateway } from '../src/gateway/index.js'
import { emptyFolder } from './running.js'

/** A gateway on a free port, with data of its own, until the test has finished. */
export async function opened(options: GatewayOptions = {}): Promise<Gateway> {
  const gateway = await openGateway({ folder: emptyFolder(), port: 0, page: false, ...options })
  onTestFinished(() => gateway.close())
  return gateway
}

/** What tests call their domain. */
export const domain = 'board.example'

/** A gateway that keeps {@link domain}, and the options of a command that name both. */
export async function gatewayOf() {
  const gateway = await opened({ domains: [domain] })
  return { gateway, to: ['--domain', domain, '--url', `ws://127.0.0.1:${gateway.port}`] }
}

/** A clone in memory, connected to a gateway. */
export async function joined(gateway: Gateway, domain: string, token?: string): Promise<Clone> {
  const transport = new WebSocketTransport(`ws://127.0.0.1:${gateway.port}`, { ...(token && { token }) })
  const clone = await openClone({ domain, store: new MemoryStore(), transport })
  onTestFinished(async () => {
    await clone.close()
    await transport.close()
  })
  return clone
}

/** What a plain HTTP request is answered with; its path goes out exactly as it is given. */
export async function fetched(gateway: Gateway, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const asked = request({ host: '127.0.0.1', port: gateway.port, path, headers, method, agent: false })
  asked.end()
  const [response] = await once(asked, 'response')
  let body = ''
  for await (const piece of response.setEncoding('utf8')) body += piece
  return { status: response.statusCode as number, headers: response.headers as Record<string, string>, body }
}

/** Opens a WebSocket, and tells how that went: `open`, or the status and the text of the refusal. */
export async function upgraded(gateway: Gateway, path: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, { headers })
  onTestFinished(() => socket.terminate())
  socket.on('error', () => {})
  return new Promise<{ status: number | 'open'; body: string; socket: WebSocket }>(resolve => {
    socket.on('open', () => resolve({ status: 'open', body: '', socket }))
    socket.on('unexpected-response', async (_, response) => {
      let body = ''
      for await (const piece of response.setEncoding('utf8')) body += piece
      resolve({ status: response.statusCode!, body, socket })
    })
  })
}

/** What comes back for bytes that need not be HTTP. */
export async function sentRaw(gateway: Gateway, text: string): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1')
  socket.end(text)
  let answer = ''
  for await (const piece of socket.setEncoding('utf8')) answer += piece
  return answer
}
