import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import { Relay, type RelayOptions } from '../../src/transports/relay.js'

/** A relay on a WebSocket server of its own: all that it takes to mount one. */
export async function serveRelay(options: RelayOptions = {}, port = 0) {
  const relay = new Relay(options)
  const server = new WebSocketServer({ host: '127.0.0.1', port, maxPayload: relay.maxFrameBytes })
  server.on('connection', (socket, request) => relay.accept(socket, { address: request.socket.remoteAddress }))
  await once(server, 'listening')
  return {
    relay,
    sockets: server.clients,
    port: (server.address() as AddressInfo).port,
    async close() {
      relay.close()
      const closed = once(server, 'close')
      server.close()
      for (const socket of server.clients) socket.terminate()
      await closed
    },
  }
}

/** What lies between a client and a server, and can fail: connections pass, or are cut, or stand still. */
export class Wire {
  private readonly pairs = new Set<[Socket, Socket]>()
  private readonly server: Server
  private isCut = false
  private isClogged = false

  constructor(port: () => number) {
    this.server = createServer({ pauseOnConnect: true, noDelay: true }, near => {
      near.on('error', () => {})
      if (this.isCut) return near.destroy()
      const far = connect({ port: port(), host: '127.0.0.1', noDelay: true })
      far.on('error', () => near.destroy())
      near.pipe(far)
      if (!this.isClogged) far.pipe(near)
      const pair: [Socket, Socket] = [near, far]
      this.pairs.add(pair)
      const done = () => {
        this.pairs.delete(pair)
        near.destroy()
        far.destroy()
      }
      near.on('close', done)
      far.on('close', done)
      near.resume()
    })
  }

  async open(): Promise<string> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  cut(): void {
    this.isCut = true
    for (const [near, far] of this.pairs) {
      near.destroy()
      far.destroy()
    }
  }

  restore(): void {
    this.isCut = false
  }

  /** Both sides stay connected, and nothing arrives any more: what a half-open connection looks like. */
  stall(): void {
    for (const [near, far] of this.pairs) {
      near.unpipe(far)
      far.unpipe(near)
      near.pause()
      far.pause()
    }
  }

  /** Nothing goes from the server to the client: one that does not read. Undone by {@link flow}. */
  clog(): void {
    this.isClogged = true
    for (const [near, far] of this.pairs) {
      far.unpipe(near)
      far.pause()
    }
  }

  flow(): void {
    this.isClogged = false
    for (const [near, far] of this.pairs) far.pipe(near)
  }

  async close(): Promise<void> {
    this.cut()
    this.server.close()
    await once(this.server, 'close')
  }
}
