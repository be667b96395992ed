import { messageBytes } from '../codec/index.js'
import type { Settings } from './webrtc-options.js'
import type { DataChannelLike, PeerConnectionLike } from './webrtc-platform.js'

/** What a connection tells the link that it carries. */
export interface ConnectionListener {
  opened(): void
  frame(bytes: Uint8Array): void
  /** Something came that is no frame. */
  malformed(): void
  /** It is closed, or of no use any more. Told once, and not of a connection that this end has closed. */
  lost(reason: string): void
}

/**
 * One RTCPeerConnection with one data channel, ordered and reliable. The descriptions are exchanged once, whole, when the candidates are known: they
 * travel by a transport that may lose and reorder, and nobody waits for them.
 */
export class Connection {
  private readonly settings: Settings
  private readonly listener: ConnectionListener
  private readonly peerConnection: PeerConnectionLike
  private readonly cancelConnectTimer: () => void
  private channel: DataChannelLike | undefined
  private state: 'connecting' | 'open' | 'closed' = 'connecting'
  private isInterrupted = false
  private gathering: (() => void) | undefined
  private ended: (() => void) | undefined

  /** @throws whatever the platform throws that has no peer connection to give */
  constructor(settings: Settings, listener: ConnectionListener) {
    this.settings = settings
    this.listener = listener
    if (settings.peerConnection === undefined) throw new Error('this platform has no WebRTC')
    this.peerConnection = settings.peerConnection()
    this.peerConnection.addEventListener('connectionstatechange', () => this.look())
    this.peerConnection.addEventListener('datachannel', event => this.attach((event as DataChannelEvent).channel))
    this.peerConnection.addEventListener('icegatheringstatechange', () => this.gathering?.())
    const { environment, connectTimeoutMs } = settings
    this.cancelConnectTimer = environment.schedule(() => this.fail('it does not open'), connectTimeoutMs, true)
  }

  /** @returns the description for the other end. @throws whatever the platform throws */
  async offer(): Promise<string> {
    const { peerConnection } = this
    this.attach(peerConnection.createDataChannel(label))
    const { sdp = '' } = await peerConnection.createOffer()
    await peerConnection.setLocalDescription({ type: 'offer', sdp })
    return this.described()
  }

  /** @returns the description for the other end. @throws whatever the platform throws, for a description that it does not take */
  async answer(offer: string): Promise<string> {
    const { peerConnection } = this
    await peerConnection.setRemoteDescription({ type: 'offer', sdp: offer })
    const { sdp = '' } = await peerConnection.createAnswer()
    await peerConnection.setLocalDescription({ type: 'answer', sdp })
    return this.described()
  }

  /** What the other end says to an offer. @throws whatever the platform throws, for a description that it does not take */
  async accept(answer: string): Promise<void> {
    await this.peerConnection.setRemoteDescription({ type: 'answer', sdp: answer })
  }

  get isOpen(): boolean {
    return this.state === 'open'
  }

  /** Open, and as far as the platform knows the other end hears. */
  get isUsable(): boolean {
    return this.state === 'open' && !this.isInterrupted
  }

  /** What was sent and has not left yet. */
  get waitingBytes(): number {
    return this.channel?.bufferedAmount ?? 0
  }

  get maxFrameBytes(): number {
    const most = this.peerConnection.sctp?.maxMessageSize
    // What every implementation takes, though it may not tell.
    return most !== undefined && most >= portableFrameBytes ? Math.min(most, maxFrameBytes) : portableFrameBytes
  }

  /** @returns whether it was taken */
  send(frame: Uint8Array<ArrayBuffer>): boolean {
    if (this.state !== 'open') return false
    try {
      this.channel!.send(frame)
      return true
    } catch {
      // Its buffer is full, or it is about to say that it is closed.
      return false
    }
  }

  /** Closes at once: what waits is lost. Nothing more is told. */
  close(): void {
    this.stop()
    try {
      this.peerConnection.close()
    } catch {
      // It is closed already.
    }
  }

  /** Closes, and gives what waits a little time to leave. Nothing more is told. */
  end(): Promise<void> {
    const wasOpen = this.state === 'open'
    this.stop()
    if (!wasOpen) {
      this.close()
      return Promise.resolve()
    }
    return new Promise(resolve => {
      this.ended = () => {
        cancel()
        this.ended = undefined
        this.close()
        resolve()
      }
      const cancel = this.settings.environment.schedule(this.ended, endTimeoutMs)
      this.channel!.close()
    })
  }

  private attach(channel: DataChannelLike) {
    if (this.channel !== undefined || channel.label !== label) return channel.close()
    this.channel = channel
    channel.binaryType = 'arraybuffer'
    channel.addEventListener('open', () => this.opened())
    channel.addEventListener('close', () => {
      this.ended?.()
      this.fail('it was closed')
    })
    channel.addEventListener('message', event => {
      if (this.state === 'closed') return
      this.opened()
      const bytes = messageBytes((event as { readonly data: unknown }).data)
      if (bytes === undefined) this.listener.malformed()
      else this.listener.frame(bytes)
    })
    if (channel.readyState === 'open') this.opened()
  }

  private opened(): void {
    if (this.state !== 'connecting') return
    this.state = 'open'
    this.cancelConnectTimer()
    this.listener.opened()
  }

  private look(): void {
    const { connectionState } = this.peerConnection
    this.isInterrupted = connectionState === 'disconnected'
    if (connectionState === 'failed' || connectionState === 'closed') this.fail('the network is gone')
  }

  private fail(reason: string): void {
    if (this.state === 'closed') return
    this.close()
    this.listener.lost(reason)
  }

  private stop(): void {
    this.state = 'closed'
    this.cancelConnectTimer()
    this.gathering?.()
  }

  /** The description, when all candidates are in it, or waiting for more of them is no use. */
  private async described(): Promise<string> {
    const { environment, connectTimeoutMs } = this.settings
    await new Promise<void>(resolve => {
      const end = () => {
        cancel()
        this.gathering = undefined
        resolve()
      }
      const cancel = environment.schedule(end, Math.min(gatherTimeoutMs, connectTimeoutMs / 3), true)
      this.gathering = () => {
        if (this.state === 'closed' || this.peerConnection.iceGatheringState === 'complete') end()
      }
      this.gathering()
    })
    return this.peerConnection.localDescription?.sdp ?? ''
  }
}

interface DataChannelEvent {
  readonly channel: DataChannelLike
}

const label = 'meldwork-1'
const portableFrameBytes = 16 * 1024
/** Longer ones keep others waiting. */
const maxFrameBytes = 64 * 1024
const gatherTimeoutMs = 3000
const endTimeoutMs = 2000
