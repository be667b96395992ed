// Each transport with its server in a process of its own, behind a proxy that counts what goes over the wire; and the same server used barely: the floor.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BroadcastChannelTransport } from 'meldwork/transports/broadcast-channel'
import { MemoryNetwork, MemoryTransport } from 'meldwork/transports/memory'
import { MqttTransport } from 'meldwork/transports/mqtt'
import { NatsTransport } from 'meldwork/transports/nats'
import { SocketIoTransport } from 'meldwork/transports/socketio'
import { WebRtcTransport } from 'meldwork/transports/webrtc'
import { WebSocketTransport } from 'meldwork/transports/websocket'

const quick = { firstBackoffMs: 50, maxBackoffMs: 2000 }

/** Counts the bytes of all connections through it, both ways. */
class CountingProxy {
  bytes = 0
  #sockets = new Set()

  async open(port) {
    const server = createServer({ noDelay: true }, near => {
      const far = connect({ port, host: '127.0.0.1', noDelay: true })
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ]) {
        this.#sockets.add(socket)
        socket.on('data', data => {
          this.bytes += data.length
          other.write(data)
        })
        socket.on('close', () => {
          this.#sockets.delete(socket)
          other.destroy()
        })
        socket.on('error', () => {})
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.server = server
    return server.address().port
  }

  close() {
    this.server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** A server of some kind: a program, or a script of `processes/`. */
class Server {
  static async start(command) {
    const server = new Server()
    server.folder = mkdtempSync(join(tmpdir(), 'bench-server-'))
    server.port = await freePort()
    server.command = command(server.port, server.folder)
    await server.start()
    return server
  }

  async start() {
    const [program, ...args] = this.command
    this.child = spawn(program, args, { stdio: 'ignore', cwd: this.folder })
    while (!(await accepts(this.port))) {
      if (this.child.exitCode !== null) throw new Error(`${program} does not come up`)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  async stop() {
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }

  async restart() {
    await this.stop()
    await this.start()
  }

  async close() {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

function accepts(port) {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

const program = name => ['/usr/sbin', '/usr/bin', '/usr/local/bin'].map(folder => join(folder, name)).find(existsSync)
const script = name => fileURLToPath(new URL(`../processes/${name}.mjs`, import.meta.url))

/** Over a server: everything that a workload needs. */
function overServer(command, open, floor) {
  return async () => {
    const server = await Server.start(command)
    const proxy = new CountingProxy()
    const port = await proxy.open(server.port)
    return {
      open: () => open(port),
      direct: () => open(server.port),
      bytes: () => proxy.bytes,
      floor: floor && (() => floor(server.port)),
      restart: () => server.restart(),
      async close() {
        proxy.close()
        await server.close()
      },
    }
  }
}

/** Two ends that pass bytes barely: `send` at one, `receive` at the other. */
const floors = {
  async websocket(port) {
    const { WebSocket } = await import('ws')
    const ends = [0, 1].map(() => new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false }))
    await Promise.all(ends.map(end => once(end, 'open')))
    return {
      send: bytes => ends[0].send(bytes),
      receive: listener => ends[1].on('message', listener),
      close: () => ends.forEach(end => void end.terminate()),
    }
  },
  async socketio(port) {
    const { io } = await import('socket.io-client')
    const ends = [0, 1].map(() => io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true }))
    await Promise.all(ends.map(end => new Promise(resolve => end.on('connect', resolve))))
    return {
      send: bytes => ends[0].emit('bytes', bytes),
      receive: listener => ends[1].on('bytes', listener),
      close: () => ends.forEach(end => void end.disconnect()),
    }
  },
  async mqtt(port) {
    const { connectAsync } = await import('mqtt')
    const ends = await Promise.all([0, 1].map(() => connectAsync(`mqtt://127.0.0.1:${port}`)))
    await ends[1].subscribeAsync('floor')
    return {
      send: bytes => ends[0].publish('floor', Buffer.from(bytes), { qos: 0 }),
      receive: listener => ends[1].on('message', listener),
      close: () => Promise.all(ends.map(end => end.endAsync(true))),
    }
  },
  async nats(port) {
    // The library has it as a dependency of its own, which need not be found from here.
    const { connect } = createRequire(import.meta.resolve('meldwork'))('@nats-io/transport-node')
    const ends = await Promise.all([0, 1].map(() => connect({ servers: `127.0.0.1:${port}` })))
    return {
      send: bytes => ends[0].publish('floor', bytes),
      receive: listener => ends[1].subscribe('floor', { callback: listener }),
      close: () => Promise.all(ends.map(end => end.close())),
    }
  },
}

const mosquitto = (port, folder) => {
  const file = join(folder, 'mosquitto.conf')
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nset_tcp_nodelay true\n`)
  return [program('mosquitto'), '-c', file]
}
const nats = more => (port, folder) => [
  program('nats-server'),
  ...['-a', '127.0.0.1', '-p', `${port}`, ...more, '-sd', folder],
]
const served = what => port => [process.execPath, script('relay-server'), `${port}`, what]

/** By name. */
export const messaging = {
  memory: async () => {
    const network = new MemoryNetwork()
    const open = () => new MemoryTransport(network)
    return { open, direct: open, close() {} }
  },
  broadcastChannel: async () => {
    const open = () => new BroadcastChannelTransport()
    return { open, direct: open, close() {} }
  },
  websocket: overServer(
    served('relay'),
    port => new WebSocketTransport(`ws://127.0.0.1:${port}`, quick),
    async () => {
      const server = await Server.start(served('bare-websocket'))
      const ends = await floors.websocket(server.port)
      return { ...ends, close: () => Promise.all([ends.close(), server.close()]) }
    },
  ),
  socketio: overServer(
    served('socketio'),
    port =>
      new SocketIoTransport(`http://127.0.0.1:${port}`, { ...quick, socketOptions: { transports: ['websocket'] } }),
    async () => {
      const server = await Server.start(served('bare-socketio'))
      const ends = await floors.socketio(server.port)
      return { ...ends, close: () => Promise.all([ends.close(), server.close()]) }
    },
  ),
  mqtt: overServer(mosquitto, port => new MqttTransport(`mqtt://127.0.0.1:${port}`, quick), floors.mqtt),
  mqtt5: overServer(
    mosquitto,
    port => new MqttTransport(`mqtt://127.0.0.1:${port}`, { ...quick, protocolVersion: 5 }),
    floors.mqtt,
  ),
  nats: overServer(nats([]), port => new NatsTransport(`nats://127.0.0.1:${port}`, quick), floors.nats),
  natsLog: overServer(
    nats(['-js']),
    port => new NatsTransport(`nats://127.0.0.1:${port}`, { ...quick, log: {} }),
    floors.nats,
  ),
  webrtc: async () => {
    const { RTCPeerConnection } = await import('node-datachannel/polyfill')
    const network = new MemoryNetwork()
    const open = () =>
      new WebRtcTransport(new MemoryTransport(network), { peerConnection: () => new RTCPeerConnection() })
    return { open, direct: open, close() {} }
  },
}
