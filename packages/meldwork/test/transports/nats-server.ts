import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort, Server } from './servers.js'

/** How a nats-server of a test is. */
export interface NatsServerOptions {
  /** Lines of its configuration. */
  readonly config?: string
  readonly jetstream?: boolean
  /** Whether it takes WebSockets, too. */
  readonly socket?: boolean
}

/** A real nats-server, which keeps its streams over restarts. */
export class NatsServer {
  readonly server: Server
  readonly socketPort: number | undefined
  private readonly options: NatsServerOptions

  private constructor(server: Server, socketPort: number | undefined, options: NatsServerOptions) {
    this.server = server
    this.socketPort = socketPort
    this.options = options
  }

  static async start(path: string, options: NatsServerOptions = {}): Promise<NatsServer> {
    const socketPort = options.socket ? await freePort() : undefined
    const server = await Server.start(path, (port, folder) => {
      writeFileSync(join(folder, 'nats.conf'), configuration(port, folder, socketPort, options))
      return ['-c', join(folder, 'nats.conf')]
    })
    return new NatsServer(server, socketPort, options)
  }

  /** One that ends with the test. */
  static async forTest(path: string, options?: NatsServerOptions): Promise<NatsServer> {
    const server = await NatsServer.start(path, options)
    onTestFinished(() => server.close())
    return server
  }

  get port(): number {
    return this.server.port
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** With other lines of configuration from now on, as an administrator would do it. */
  async restart(config = this.options.config, signal?: NodeJS.Signals): Promise<void> {
    const { folder } = this.server
    writeFileSync(
      join(folder, 'nats.conf'),
      configuration(this.port, folder, this.socketPort, { ...this.options, config }),
    )
    await this.server.restart(signal)
  }

  close(): Promise<void> {
    return this.server.close()
  }
}

function configuration(
  port: number,
  folder: string,
  socketPort: number | undefined,
  { config = '', jetstream }: { config?: string | undefined; jetstream?: boolean },
): string {
  return [
    'host: 127.0.0.1',
    `port: ${port}`,
    ...(jetstream ? [`jetstream { store_dir: ${JSON.stringify(folder)} }`] : []),
    ...(socketPort === undefined ? [] : [`websocket { host: 127.0.0.1, port: ${socketPort}, no_tls: true }`]),
    config,
  ].join('\n')
}
