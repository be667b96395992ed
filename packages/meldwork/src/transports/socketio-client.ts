import { encodeFrame, goodbyeCodes } from '../codec/index.js'
import { platformEnvironment } from '../ports/index.js'
import { ClientBacklog, type ClientEngine } from './socketio-backlog.js'
import { frameEvent, leaveEvent } from './socketio-protocol.js'
import type { WebSocketLike } from './websocket.js'

/** What the transport needs of a socket of socket.io-client, which has it. */
export interface SocketIoClient {
  readonly connected: boolean
  /** Whether it will connect, or is connected: not when the server has refused it. */
  readonly active: boolean
  readonly io: { readonly engine?: ClientEngine }
  /** What was emitted while it was not connected. */
  sendBuffer: unknown[]
  connect(): unknown
  disconnect(): unknown
  emit(event: string, ...values: Uint8Array[]): unknown
  on: SocketListening
  off: SocketListening
}

interface SocketListening {
  (event: 'connect', listener: () => void): unknown
  (event: 'connect_error', listener: (error: ConnectError) => void): unknown
  (event: 'disconnect', listener: (reason: string) => void): unknown
  (event: typeof frameEvent, listener: (data: unknown) => void): unknown
}

type SocketListener = (event: { data: unknown; message?: string }) => void

/** One connection of a Socket.IO socket, in the shape of a WebSocket. */
export class ClientSocket implements WebSocketLike {
  binaryType = 'arraybuffer'
  readyState = 0
  private readonly socket: SocketIoClient
  private readonly shared: boolean
  private readonly listeners: { type: string; listener: SocketListener }[] = []
  private backlog: ClientBacklog | undefined

  /**
   * Connects the socket, if it is not connected already.
   *
   * @param shared whether its connection may also serve other namespaces: then it is not closed with this one
   */
  constructor(socket: SocketIoClient, shared: boolean) {
    this.socket = socket
    this.shared = shared
    socket.on('connect', this.opened)
    socket.on('connect_error', this.failed)
    socket.on('disconnect', this.lost)
    socket.on(frameEvent, this.heard)
    if (socket.connected) this.opened()
    else {
      // A server takes it for an attack when it is asked twice; and a manager that does not connect again by itself waits for somebody to ask.
      if (!socket.active || socket.io.engine?.readyState !== 'open') socket.connect()
      socket.io.engine?.on('handshake', lowerMaxPayload)
    }
  }

  get bufferedAmount(): number {
    return this.backlog?.bytes ?? 0
  }

  addEventListener(type: string, listener: SocketListener): void {
    this.listeners.push({ type, listener })
  }

  send(bytes: Uint8Array): void {
    // Socket.IO would keep it for the next connection, which must begin with a hello.
    if (this.readyState === 1 && this.socket.connected) this.socket.emit(frameEvent, bytes)
  }

  /** What was sent before still goes out. */
  close(): void {
    if (this.readyState > 1) return
    this.readyState = 2
    if (this.shared) return void leave(this.socket).then(() => this.ended())
    const { engine } = this.socket.io
    // Also when the connection is lost before all is sent.
    engine?.on('close', () => this.ended())
    this.socket.disconnect()
    if (engine === undefined || engine.readyState === 'closed') this.ended()
  }

  terminate(): void {
    if (this.readyState === 3) return
    this.readyState = 2
    if (this.shared) leave(this.socket)
    else {
      this.socket.disconnect()
      const { engine } = this.socket.io
      // It would wait until all is sent, which may be never.
      if (engine?.readyState !== 'closed') engine?.transport?.close?.()
    }
    this.ended()
  }

  private readonly opened = () => {
    const { engine } = this.socket.io
    if (engine !== undefined) this.backlog = new ClientBacklog(engine)
    this.readyState = 1
    this.tell('open', { data: undefined })
  }

  private readonly failed = (error: ConnectError) => {
    if (this.readyState > 0) return
    if (this.socket.active) this.tell('error', { data: undefined, message: reasonOf(error) })
    else this.tell('message', { data: refusal(error) })
    this.ended()
  }

  private readonly lost = (reason: string) => {
    if (this.readyState > 1) return
    this.tell('error', { data: undefined, message: `the connection was closed: ${reason}` })
    this.ended()
  }

  private readonly heard = (data: unknown) => this.tell('message', { data })

  /** Socket.IO tells some of this inside a call of ours: so it is told on in a turn of its own. */
  private ended(): void {
    if (this.readyState === 3) return
    this.readyState = 3
    const { socket } = this
    socket.off('connect', this.opened)
    socket.off('connect_error', this.failed)
    socket.off('disconnect', this.lost)
    socket.off(frameEvent, this.heard)
    socket.io.engine?.off('handshake', lowerMaxPayload)
    this.backlog?.close()
    socket.sendBuffer = []
    queueMicrotask(() => this.tell('close', { data: undefined }))
  }

  private tell(type: string, event: { data: unknown; message?: string }): void {
    for (const each of this.listeners) if (each.type === type) each.listener(event)
  }
}

/** A socket that leaves a connection which stays: until it has left, it cannot connect anew. */
export const left = (socket: SocketIoClient): Promise<void> => leaving.get(socket) ?? Promise.resolve()

function leave(socket: SocketIoClient): Promise<void> {
  const promise = leaving.get(socket) ?? farewell(socket).finally(() => leaving.delete(socket))
  leaving.set(socket, promise)
  return promise
}

const leaving = new WeakMap<SocketIoClient, Promise<void>>()

/** Says that it leaves, as soon as it is there, and waits until the server has let it go: a request to connect must not overtake that. */
async function farewell(socket: SocketIoClient): Promise<void> {
  const say = () => socket.emit(leaveEvent)
  await new Promise<void>(resolve => {
    const gone = () => {
      cancel()
      socket.off('connect', say)
      socket.off('connect_error', gone)
      socket.off('disconnect', gone)
      resolve()
    }
    const cancel = platformEnvironment.schedule(gone, leaveMs)
    socket.on('connect', say)
    socket.on('connect_error', gone)
    socket.on('disconnect', gone)
    if (socket.connected) say()
    // The server has not heard of it.
    else if (socket.io.engine?.readyState !== 'open') gone()
  })
  socket.disconnect()
}

const leaveMs = 2000

/** What Socket.IO says when it does not connect: of the network, or from the server. */
interface ConnectError {
  readonly message?: string
  /** From a middleware of the server. */
  readonly data?: { readonly final?: unknown } | undefined
  /** From the network: a status of HTTP, an error, an event. */
  readonly description?: unknown
}

function reasonOf({ message = 'the connection failed', description }: ConnectError): string {
  if (description === 0) return `the server cannot be reached (${message})`
  if (typeof description === 'number') return `${message}: status ${description}`
  const detail = (description as { message?: unknown } | undefined)?.message
  return typeof detail === 'string' && detail !== '' ? `${message}: ${detail}` : message
}

/**
 * What a server says that does not let us into its namespace, as a relay would say it. A middleware that refuses is final, as it is for
 * Socket.IO, unless it says otherwise; a namespace that is not there may come, for instance while a server starts.
 */
function refusal({ message, data }: ConnectError): Uint8Array {
  const absent = message === 'Invalid namespace'
  const reason = absent ? 'the server has no relay in this namespace' : message || 'the server refuses the connection'
  const final = !absent && data?.final !== false
  const code = final ? goodbyeCodes.unauthorized : goodbyeCodes.unavailable
  return encodeFrame({ type: 'goodbye', code, final, reason: reason.slice(0, maxReasonLength) })
}

const maxReasonLength = 200

/**
 * Engine.IO reckons what it puts into one request too low (base64 as 1.33 times its length; it is more than 4/3), and the server closes a
 * connection whose request is longer than it allows.
 */
const lowerMaxPayload = (handshake: { maxPayload: number }) => {
  handshake.maxPayload = Math.floor(handshake.maxPayload * 0.9)
}
