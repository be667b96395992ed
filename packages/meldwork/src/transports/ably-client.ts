import type * as Ably from 'ably'
import { CodedError } from '../errors.js'

/** What is used of a client of the package `ably`: a `Realtime` is one. */
export interface AblyClient {
  readonly connection: {
    readonly state: Ably.ConnectionState
    readonly errorReason: Ably.ErrorInfo | null
    on(listener: (change: Ably.ConnectionStateChange) => void): void
    off(listener: (change: Ably.ConnectionStateChange) => void): void
  }
  readonly channels: {
    get(name: string, options?: Ably.ChannelOptions): AblyChannel
    release(name: string): void
  }
  connect(): void
  close(): void
}

/** What is used of a channel of Ably's. */
export interface AblyChannel {
  readonly state: Ably.ChannelState
  readonly modes?: readonly string[]
  on(listener: (change: Ably.ChannelStateChange) => void): void
  off(listener: (change: Ably.ChannelStateChange) => void): void
  subscribe(listener: (message: Ably.InboundMessage) => void): Promise<unknown>
  unsubscribe(listener: (message: Ably.InboundMessage) => void): void
  attach(): Promise<unknown>
  detach(): Promise<void>
  publish(name: string, data: Uint8Array): Promise<unknown>
}

/** What Ably allows when it does not say: 64 KiB. */
const defaultMaxMessageSize = 65_536

/** The longest message of the account, in bytes, as the connection was told; the package keeps it among its options, of which its types say nothing. */
export function maxMessageSizeOf(client: AblyClient): number {
  const size = (client as { options?: { maxMessageSize?: unknown } }).options?.maxMessageSize
  return typeof size === 'number' && size >= 1024 ? size : defaultMaxMessageSize
}

/** @throws `package-missing` */
export async function ablyRealtime(): Promise<new (options: Ably.ClientOptions) => AblyClient> {
  const loaded = await import('ably').catch(error => {
    const install = 'npm install ably@2'
    const message = `AblyTransport needs the package ably: ${install}`
    throw new CodedError('package-missing', message, { package: 'ably', install }, error)
  })
  // Its builds are CommonJS: not every bundler finds the names in them.
  return ('Realtime' in loaded ? loaded : (loaded as unknown as { default: typeof loaded }).default).Realtime
}
