import { goodbyeCodes } from '../codec/index.js'
import { platformEnvironment } from '../ports/index.js'
import type { RelaySocket } from './relay-socket.js'
import { frameEvent, leaveEvent, packetBytes } from './socketio-protocol.js'
import { ServerBacklog, type ServerEngine } from './socketio-relay-backlog.js'

/** What a relay needs of a connected socket of a Socket.IO server, which has it. */
export interface SocketIoConnection {
  readonly connected: boolean
  readonly handshake: {
    readonly address: string
    readonly headers: Readonly<Record<string, string | string[] | undefined>>
  }
  /** What the server's middlewares have put there. */
  readonly data: unknown
  readonly conn: ServerEngine
  emit(event: string, bytes: Uint8Array): unknown
  disconnect(close?: boolean): unknown
  on(event: 'disconnect', listener: () => void): unknown
  onAny(listener: (event: string, ...values: unknown[]) => void): unknown
}

/** What can be paused, and ended, beneath an Engine.IO connection: a WebSocket of the package `ws`. Polling has no such thing. */
interface RawSocket {
  pause?(): void
  resume?(): void
  terminate?(): void
}

/** A socket of a Socket.IO server as a relay takes it. */
export class ServedSocket implements RelaySocket {
  private readonly socket: SocketIoConnection
  private readonly maxFrameBytes: number
  private readonly backlog: ServerBacklog
  private paused: RawSocket | undefined

  constructor(socket: SocketIoConnection, maxFrameBytes: number) {
    this.socket = socket
    this.maxFrameBytes = maxFrameBytes
    this.backlog = ServerBacklog.of(socket.conn)
  }

  get readyState(): number {
    return this.socket.connected ? 1 : 3
  }

  get bufferedAmount(): number {
    return this.backlog.bytes
  }

  send(bytes: Uint8Array): void {
    this.socket.emit(frameEvent, bytes)
  }

  /**
   * Leaves the connection to the other namespaces. A client that is told goodbye says that it leaves; one that does not is disconnected, and one that sends
   * nonsense, or too much, is not waited for.
   */
  close(code?: number): void {
    if (code === 4000 + goodbyeCodes.malformed || code === 4000 + goodbyeCodes.rate)
      return void this.socket.disconnect()
    const stays = platformEnvironment.schedule(() => this.socket.disconnect(), leaveMs, true)
    this.socket.on('disconnect', stays)
  }

  /** One that does not take what is sent to it takes nothing of other namespaces either. */
  terminate(): void {
    const { socket, raw } = this
    if (!socket.connected) return
    socket.disconnect(true)
    // It would wait until all is sent, which may be never.
    socket.conn.close(true)
    raw?.terminate?.()
  }

  addEventListener(type: string, listener: (event: { data: unknown; message?: string }) => void): void {
    // Socket.IO tells of the end inside a call of ours, too. Every error ends in it.
    if (type === 'close') this.socket.on('disconnect', () => queueMicrotask(() => listener({ data: undefined })))
    if (type !== 'message') return
    this.socket.onAny((event, data) => {
      if (event === leaveEvent) this.socket.disconnect()
      else listener({ data: this.sense(event, data) })
    })
  }

  pause(): void {
    this.paused = this.raw
    this.paused?.pause?.()
  }

  resume(): void {
    this.paused?.resume?.()
    this.paused = undefined
  }

  /** Any other event is nonsense, as a text would be; and so is what is too long, which the server may allow to its app. */
  private sense(event: string, data: unknown): unknown {
    return event === frameEvent && packetBytes({ data }) <= this.maxFrameBytes ? data : undefined
  }

  private get raw(): RawSocket | undefined {
    return (this.socket.conn.transport as { socket?: RawSocket }).socket
  }
}

const leaveMs = 2000
