import { CodedError } from '../errors.js'
import { type Environment, platformEnvironment } from '../ports/index.js'
import { type IceServer, type PeerConnectionLike, platformPeerConnection } from './webrtc-platform.js'

/** Options of a WebRtcTransport. */
export interface WebRtcTransportOptions {
  /**
   * Makes a peer connection; may fail. Default: the platform's `RTCPeerConnection` with the {@link iceServers}. Where the platform has none, as in
   * Node, all goes by the other transport, unless this is given: `() => new RTCPeerConnection()` of `node-datachannel/polyfill`.
   */
  peerConnection?: () => PeerConnectionLike
  /**
   * STUN servers, which tell a peer its address behind a router, and TURN servers, which relay where two cannot reach each other. Default: none, which
   * is enough within one network. Of no use when {@link peerConnection} is given.
   */
  iceServers?: readonly IceServer[]
  /** How many others are connected to at most; all else are reached by the other transport. Default: 32. */
  maxPeers?: number
  /** How long a connection may take until it is open. Default: 15,000. */
  connectTimeoutMs?: number
  /** The longest message, in bytes, at least 64 KiB; the other transport may lower it. Default: 1 MiB. */
  maxMessageBytes?: number
  /** Messages to a peer are dropped while more than this would wait for its connection. Default: 4 MiB. */
  sendBufferBytes?: number
  /** After the n-th failure in a row it waits a random time below this times 2^n. Default: 1,000. */
  firstBackoffMs?: number
  /** The bound of that. Default: 60,000. */
  maxBackoffMs?: number
  /** A connection that lasted so long makes the next wait short again. Default: 10,000. */
  stableMs?: number
  /** How long a connection stays that has no channel any more. Default: 30,000. */
  lingerMs?: number
  environment?: Environment
}

/** Options with the defaults in place of what was left out. */
export type Settings = Required<Omit<WebRtcTransportOptions, 'peerConnection' | 'iceServers'>> & {
  /** Undefined where there is no WebRTC. */
  readonly peerConnection: (() => PeerConnectionLike) | undefined
}

/** The port asks for so much of every transport. */
export const leastMessageBytes = 65_536

const defaults = {
  maxPeers: 32,
  connectTimeoutMs: 15_000,
  maxMessageBytes: 1024 * 1024,
  sendBufferBytes: 4 * 1024 * 1024,
  firstBackoffMs: 1000,
  maxBackoffMs: 60_000,
  stableMs: 10_000,
  lingerMs: 30_000,
  environment: platformEnvironment,
}

/** @throws `option-invalid` */
export function settingsFrom({ peerConnection, iceServers = [], ...options }: WebRtcTransportOptions): Settings {
  const settings = { ...defaults, ...options }
  if (!(settings.maxMessageBytes >= leastMessageBytes))
    throw invalid('maxMessageBytes', `at least ${leastMessageBytes}`)
  if (!(settings.sendBufferBytes >= settings.maxMessageBytes)) {
    throw invalid('sendBufferBytes', 'at least maxMessageBytes')
  }
  if (!(settings.maxPeers >= 0)) throw invalid('maxPeers', '0 or more')
  return { ...settings, peerConnection: peerConnection ?? platformPeerConnection(iceServers) }
}

export function invalid(option: string, expected: string): CodedError {
  return new CodedError('option-invalid', `The ${option} must be ${expected}`, { option, expected })
}
