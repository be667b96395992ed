/** A description of a connection, in SDP. */
export interface SessionDescriptionLike {
  readonly type: string
  readonly sdp?: string
}

/** What the transport needs of an RTCDataChannel. Events come in turns of their own, never inside a call. */
export interface DataChannelLike {
  readonly label: string
  /** Set to `arraybuffer`. */
  binaryType: string
  readonly readyState: string
  /** Bytes given to `send` that have not left yet. */
  readonly bufferedAmount: number
  send(bytes: Uint8Array<ArrayBuffer>): void
  close(): void
  /** The event `message` has `data`. (Platforms do not agree on the types of events.) */
  addEventListener(type: 'open' | 'close' | 'message', listener: (event: unknown) => void): void
}

/**
 * What the transport needs of an RTCPeerConnection; a browser's has it, and so has the one of the package `node-datachannel`
 * (`node-datachannel/polyfill`). Events come in turns of their own, never inside a call.
 */
export interface PeerConnectionLike {
  readonly connectionState: string
  readonly iceGatheringState: string
  readonly localDescription: { readonly sdp: string } | null
  /** Longer messages are cut. Where it is not told, 16 KiB. */
  readonly sctp?: { readonly maxMessageSize: number } | null | undefined
  createDataChannel(label: string): DataChannelLike
  createOffer(): Promise<SessionDescriptionLike>
  createAnswer(): Promise<SessionDescriptionLike>
  setLocalDescription(description: { readonly type: 'offer' | 'answer'; readonly sdp: string }): Promise<void>
  setRemoteDescription(description: { readonly type: 'offer' | 'answer'; readonly sdp: string }): Promise<void>
  close(): void
  /** The event `datachannel` has a `channel`. */
  addEventListener(
    type: 'connectionstatechange' | 'icegatheringstatechange' | 'datachannel',
    listener: (event: unknown) => void,
  ): void
}

/** A STUN or TURN server, as an RTCPeerConnection takes it. */
export interface IceServer {
  urls: string | string[]
  username?: string
  credential?: string
}

/** What makes the platform's own. @returns undefined where it has none: in Node */
export function platformPeerConnection(iceServers: readonly IceServer[]): (() => PeerConnectionLike) | undefined {
  const { RTCPeerConnection } = globalThis as { RTCPeerConnection?: new (configuration: object) => PeerConnectionLike }
  return RTCPeerConnection && (() => new RTCPeerConnection({ iceServers: [...iceServers] }))
}
