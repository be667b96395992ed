import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Aedes, type AedesOptions } from 'aedes'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { Server } from './servers.js'

/** A broker in this process, of MQTT 3.1.1: over TCP, or over WebSockets. */
export class AedesServer {
  broker!: Aedes
  port = 0
  private readonly options: AedesOptions
  private readonly overWebSockets: boolean
  private readonly sockets = new Set<Socket>()
  private server: NetServer | undefined

  constructor(options: AedesOptions = {}, overWebSockets = false) {
    this.options = options
    this.overWebSockets = overWebSockets
  }

  async start(): Promise<this> {
    this.broker = await Aedes.createBroker(this.options)
    if (this.overWebSockets) {
      const server = createHttpServer()
      this.server = server
      const webSockets = new WebSocketServer({ server, perMessageDeflate: false })
      webSockets.on('connection', (socket, request) => {
        const stream = createWebSocketStream(socket)
        stream.on('error', () => {})
        this.broker.handle(stream, request)
      })
    } else this.server = createServer({ noDelay: true }, socket => this.broker.handle(socket))
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
    })
    this.server.listen(this.port, '127.0.0.1')
    await once(this.server, 'listening')
    this.port = (this.server.address() as AddressInfo).port
    return this
  }

  /** Ends it with all that it has kept. */
  async stop(): Promise<void> {
    const { server } = this
    if (server === undefined) return
    this.server = undefined
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.sockets) socket.destroy()
    await closed
    await new Promise<void>(resolve => this.broker.close(resolve))
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Bytes that wait to be sent. */
  get heldBytes(): number {
    let bytes = 0
    for (const { writableLength } of this.sockets) bytes += writableLength
    return bytes
  }
}

/** What a mosquitto is started with. */
export interface MosquittoSettings {
  /** Lines of its configuration: given its folder. */
  readonly lines?: (folder: string) => readonly string[]
  /** Who may connect, with which password. Without it, everybody. */
  readonly users?: Readonly<Record<string, string>>
  /** The lines of its access control list. */
  readonly rules?: readonly string[]
}

/** Debian's mosquitto. */
export function startMosquitto(path: string, { lines, users, rules }: MosquittoSettings = {}): Promise<Server> {
  return Server.start(path, (port, folder) => {
    const write = (name: string, all: readonly string[]) => {
      writeFileSync(join(folder, name), `${all.join('\n')}\n`, { mode: 0o600 })
      return join(folder, name)
    }
    const configuration = [
      `listener ${port} 127.0.0.1`,
      'set_tcp_nodelay true',
      'user root',
      ...(lines?.(folder) ?? []),
    ]
    if (users === undefined) configuration.push('allow_anonymous true')
    else configuration.push(`password_file ${write('passwords', Object.entries(users).map(passwordLine))}`)
    if (rules !== undefined) configuration.push(`acl_file ${write('rules', rules)}`)
    return ['-c', write('mosquitto.conf', configuration)]
  })
}

/** As mosquitto_passwd writes it. */
function passwordLine([name, password]: [string, string]): string {
  const salt = randomBytes(12)
  return `${name}:$7$101$${salt.toString('base64')}$${pbkdf2Sync(password, salt, 101, 64, 'sha512').toString('base64')}`
}
