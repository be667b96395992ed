import { CodedError } from '../errors.js'

/** What is needed of the package `mqtt`, whose own types bring those of Node into a browser. */
export interface MqttLibrary {
  readonly connect: (options: MqttClientOptions) => MqttClient
  readonly MqttClient: new (openStream: () => unknown, options: MqttClientOptions) => MqttClient
}

export type MqttClientOptions = Readonly<Record<string, unknown>>

/** Any packet, as far as it is looked at. */
export interface MqttPacket {
  readonly retain?: boolean
  readonly returnCode?: number
  readonly reasonCode?: number
  readonly properties?: {
    readonly maximumPacketSize?: number
    readonly receiveMaximum?: number
    readonly reasonString?: string
    readonly retainAvailable?: boolean
  }
}

/** An error of the library's: `code` is a reason code of the protocol, or what Node calls its trouble. */
export interface MqttError extends Error {
  readonly code?: number | string
  readonly errors?: readonly MqttError[]
  /** The answer that it is about. */
  readonly packet?: { readonly granted?: readonly number[] }
}

export interface MqttClient {
  readonly stream: {
    readonly writableLength: number
    readonly writableObjectMode: boolean
    /** In a browser. */
    readonly socket?: { readonly bufferedAmount?: number }
    destroy(): void
    /** Of a TCP connection. */
    setNoDelay?(noDelay: boolean): void
    on(event: 'error', listener: (error: MqttError) => void): void
  }
  on(event: 'connect' | 'disconnect', listener: (packet: MqttPacket) => void): void
  on(event: 'error', listener: (error: MqttError) => void): void
  on(event: 'close', listener: () => void): void
  on(event: 'message', listener: (topic: string, payload: Uint8Array, packet: MqttPacket) => void): void
  publish(
    topic: string,
    payload: Uint8Array,
    options: { readonly qos: 0 | 1; readonly retain?: boolean },
    done?: (error?: MqttError | null) => void,
  ): void
  subscribe(
    topic: string,
    options: { readonly qos: 0 | 1; readonly nl?: boolean },
    done: (error?: MqttError | null) => void,
  ): void
  unsubscribe(topic: string, done: (error?: MqttError | null) => void): void
  end(force: boolean): void
}

/** @throws `package-missing` */
export async function mqttLibrary(): Promise<MqttLibrary> {
  const loaded = await import('mqtt').catch(error => {
    const install = 'npm install mqtt@5'
    const message = `MqttTransport needs the package mqtt: ${install}`
    throw new CodedError('package-missing', message, { package: 'mqtt', install }, error)
  })
  // Its build for browsers has all of it in the default export.
  const { connect, MqttClient } = 'connect' in loaded ? loaded : (loaded as { default: typeof import('mqtt') }).default
  return { connect, MqttClient } as unknown as MqttLibrary
}
