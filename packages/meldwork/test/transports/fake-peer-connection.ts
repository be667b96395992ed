import type { DataChannelLike, PeerConnectionLike } from '../../src/transports/webrtc.js'

/** What lies between peer connections: nothing at all, unless a test says so. All that happens, happens in later turns, in order. */
export class FakeIce {
  readonly connections: FakePeerConnection[] = []
  /** Whether nobody gets through to anybody. */
  isBlocked = false
  /** Whether what is sent stays in the send buffers. */
  isStill = false
  /** What `sctp.maxMessageSize` says; undefined: there is no such thing. */
  maxMessageSize: number | undefined = 65_536
  /** The longest message that was sent. */
  longest = 0

  make = (): PeerConnectionLike => {
    const connection = new FakePeerConnection(this, this.connections.length)
    this.connections.push(connection)
    return connection
  }

  get open(): FakePeerConnection[] {
    return this.connections.filter(({ connectionState }) => connectionState === 'connected')
  }

  /** How much waits in send buffers. */
  get waitingBytes(): number {
    return this.connections.reduce((sum, { channel }) => sum + (channel?.bufferedAmount ?? 0), 0)
  }

  /** Lets go what was held. */
  flow(): void {
    this.isStill = false
    for (const { channel } of this.connections) channel?.flush()
  }

  /** All connections are lost. */
  cut(): void {
    for (const connection of this.open) connection.become('failed')
  }
}

type Listener = (event: never) => void

class Emitter {
  private readonly listeners = new Map<string, Listener[]>()

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener])
  }

  emit(type: string, event?: unknown): void {
    for (const listener of this.listeners.get(type) ?? []) listener(event as never)
  }
}

export class FakeDataChannel extends Emitter implements DataChannelLike {
  readonly label: string
  binaryType = 'blob'
  readyState = 'connecting'
  other: FakeDataChannel | undefined
  private readonly ice: FakeIce
  private waiting: (Uint8Array | string)[] = []

  constructor(ice: FakeIce, label: string) {
    super()
    this.ice = ice
    this.label = label
  }

  get bufferedAmount(): number {
    return this.waiting.reduce((sum, { length }) => sum + length, 0)
  }

  send(data: Uint8Array | string): void {
    if (this.readyState !== 'open') throw new Error('not open')
    if (typeof data !== 'string') this.ice.longest = Math.max(this.ice.longest, data.length)
    this.waiting.push(typeof data === 'string' ? data : data.slice())
    if (!this.ice.isStill) this.flush()
  }

  flush(): void {
    for (const data of this.waiting.splice(0)) {
      queueMicrotask(() => {
        if (this.other?.readyState === 'open') {
          this.other.emit('message', { data: typeof data === 'string' ? data : data.buffer })
        }
      })
    }
  }

  open(): void {
    this.readyState = 'open'
    this.emit('open')
  }

  close(): void {
    if (this.readyState === 'closed') return
    this.readyState = 'closed'
    queueMicrotask(() => this.emit('close'))
    const { other } = this
    queueMicrotask(() => queueMicrotask(() => other?.close()))
  }
}

export class FakePeerConnection extends Emitter implements PeerConnectionLike {
  connectionState = 'new'
  iceGatheringState = 'new'
  localDescription: { sdp: string } | null = null
  channel: FakeDataChannel | undefined
  private readonly ice: FakeIce
  private readonly sdp: string
  private remote: FakePeerConnection | undefined

  constructor(ice: FakeIce, index: number) {
    super()
    this.ice = ice
    this.sdp = `v=0\r\nm=application 9 fake\r\na=fake:${index}\r\n`
  }

  get sctp() {
    return this.ice.maxMessageSize === undefined ? undefined : { maxMessageSize: this.ice.maxMessageSize }
  }

  createDataChannel(label: string): FakeDataChannel {
    this.channel = new FakeDataChannel(this.ice, label)
    return this.channel
  }

  createOffer = async () => ({ type: 'offer', sdp: this.sdp })
  createAnswer = async () => ({ type: 'answer', sdp: this.sdp })

  async setLocalDescription(description: { sdp: string }): Promise<void> {
    this.localDescription = description
    queueMicrotask(() => {
      this.iceGatheringState = 'complete'
      this.emit('icegatheringstatechange')
    })
  }

  async setRemoteDescription({ type, sdp }: { type: string; sdp: string }): Promise<void> {
    const remote = this.ice.connections[Number(/a=fake:(\d+)/.exec(sdp)?.[1] ?? Number.NaN)]
    if (remote === undefined) throw new Error('this description makes no sense')
    this.remote = remote
    if (type === 'answer' && !this.ice.isBlocked) queueMicrotask(() => this.connect(remote))
  }

  become(state: string): void {
    this.connectionState = state
    this.emit('connectionstatechange')
  }

  close(): void {
    if (this.connectionState === 'closed') return
    this.connectionState = 'closed'
    this.channel?.close()
  }

  private connect(remote: FakePeerConnection): void {
    const { channel } = this
    if (channel === undefined || remote.remote !== this || this.isClosed || remote.isClosed) return
    const far = new FakeDataChannel(this.ice, channel.label)
    channel.other = far
    far.other = channel
    remote.channel = far
    this.become('connected')
    remote.become('connected')
    far.open()
    remote.emit('datachannel', { channel: far })
    channel.open()
  }

  private get isClosed(): boolean {
    return this.connectionState === 'closed'
  }
}
