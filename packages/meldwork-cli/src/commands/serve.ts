import { networkInterfaces } from 'node:os'
import { type Command, Option } from 'commander'
import { readConstraints } from '../constraints.js'
import type { Gateway } from '../gateway/index.js'
import { defaultDomain, defaultFolder, defaultHost, defaultPort } from '../gateway/options.js'
import { isThisMachine } from '../gateway/origins.js'
import { collect, readBytes, readCount, readPort } from './arguments.js'
import { note, type Terminal, warn } from './terminal.js'

const help = `
Relays the named domains between clones, keeps a durable clone of each, and serves the board: open the address in two tabs. Stop it
with Ctrl-C; started again, everything is there. /health tells how it is doing, /metrics the same for Prometheus.

It listens to this machine only. To let others in, name an address with --host, and set a token: whoever reaches a domain
can read and write all of it. Pages of other origins are refused unless they are named.

Programs in any language read, write and follow the named domains over HTTP: POST /domains/DOMAIN/read and /write take JSON, GET
/domains/DOMAIN/updates gives server-sent events. /openapi.json describes it.
--socketio lets clones in by Socket.IO too, for networks that let no WebSocket through: new SocketIoTransport('http://localhost:7330').
They meet those who come by WebSocket; tokens, origins and limits hold for all.

Examples:
  meldwork serve
  meldwork serve --domain board.example --domain notes.example --data ./my-data
  meldwork serve --domain notes.example --constraints app-rules.json   its clone shows what the app shows
  meldwork serve --port 8080 --allow-origin http://localhost:5173
  MELDWORK_TOKEN=secret meldwork serve --host 0.0.0.0
  curl -N http://localhost:7330/domains/board.meldwork.example/updates       the changes of the board, as they come
  meldwork serve --socketio --allow-origin https://app.example
  meldwork serve --any-domain                                        also relays domains that are not named; these are not kept`

interface ServeOptions {
  readonly domain?: string[]
  readonly anyDomain?: true
  readonly port: number
  readonly host: string
  readonly data: string
  readonly token?: string
  readonly allowOrigin?: string[]
  readonly constraints?: string
  readonly socketio?: true
  readonly page: boolean
  readonly maxMessageBytes?: number
  readonly maxConnections?: number
  readonly bytesPerSecond?: number
  readonly messagesPerSecond?: number
  readonly maxUpdateStreams?: number
}

/** `meldwork serve`. */
export function addServe(program: Command, terminal: Terminal): void {
  program
    .command('serve')
    .summary('run the gateway: relay, durable clones and the board')
    .description('Run the gateway: a relay, a durable clone of each named domain, and the board, on one port.')
    .addOption(new Option('-p, --port <port>', 'where to listen').env('PORT').argParser(readPort).default(defaultPort))
    .option(
      '--host <address>',
      'the address to listen to; 0.0.0.0 for every machine that can reach this one',
      defaultHost,
    )
    .option(
      '-d, --domain <domain>',
      `a domain to relay and keep; may be repeated (default: "${defaultDomain}")`,
      collect,
    )
    .option('--any-domain', 'also relay domains that are not named; these are not kept')
    .option('--data <folder>', 'where the clones are kept', defaultFolder)
    .addOption(new Option('--token <secret>', 'ask for it; better in the environment').env('MELDWORK_TOKEN'))
    .option('--allow-origin <origin>', 'pages that may connect, beside its own; may be repeated', collect)
    .option('--constraints <file>', "the rules of the kept clones: JSON (default: the board's, for its domain)")
    .option('--socketio', 'also serve Socket.IO, on the same port: path /socket.io, namespace /meldwork')
    .option('--no-page', 'do not serve the board')
    .addOption(new Option('--max-message-bytes <bytes>', 'the longest message (default: 1M)').argParser(readBytes))
    .addOption(new Option('--max-connections <number>', 'at a time (default: 1000)').argParser(readCount))
    .addOption(new Option('--bytes-per-second <bytes>', 'of one connection (default: 16M)').argParser(readBytes))
    .addOption(new Option('--messages-per-second <number>', 'of one connection (default: 10000)').argParser(readCount))
    .addOption(new Option('--max-update-streams <number>', 'over HTTP, at a time (default: 1000)').argParser(readCount))
    .option('--json-errors', 'errors as one line of JSON, on standard error')
    .addHelpText('after', help)
    .action((options: ServeOptions) => serve(options, terminal))
}

async function serve(options: ServeOptions, terminal: Terminal): Promise<void> {
  const { domain, anyDomain, data, allowOrigin, constraints, page, token, host, port, socketio } = options
  const { maxMessageBytes, maxConnections, bytesPerSecond, messagesPerSecond, maxUpdateStreams } = options
  const stopped = stopSignal()
  // Loaded here, so that the other commands start without it.
  const { openGateway } = await import('../gateway/index.js')
  const gateway = await openGateway({
    domains: domain,
    anyDomain,
    folder: data,
    host,
    port,
    token,
    allowOrigins: allowOrigin,
    limits: { maxMessageBytes, maxConnections, bytesPerSecond, messagesPerSecond, maxUpdateStreams },
    socketIo: socketio,
    ...(page ? {} : { page: false }),
    ...(constraints !== undefined && { constraints: readConstraints(constraints) }),
    report: error => warn(terminal, error instanceof Error ? error.message : String(error)),
  })
  try {
    await announce(gateway, options, terminal)
    await stopped
    note(terminal, 'stopping')
  } finally {
    await gateway.close()
  }
}

async function announce(gateway: Gateway, { data, token }: ServeOptions, terminal: Terminal): Promise<void> {
  const { host, port, address, clones, hasPage } = gateway
  // The one line that programs wait for.
  await terminal.out(`listening on ${address}\n`)
  if (hasPage) note(terminal, `The board: open ${address} in two tabs.`)
  note(terminal, `Kept in ${data}: ${[...clones.keys()].join(', ')}. Ctrl-C stops the server; the data stays.`)
  if (isThisMachine(host)) return
  for (const other of otherAddresses(host)) note(terminal, `From other machines: http://${other}:${port}`)
  if (!token)
    warn(
      terminal,
      `everybody who can reach ${host}:${port} can read and change everything. Set a token with MELDWORK_TOKEN.`,
    )
}

/** What other machines may reach this one by. */
function otherAddresses(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return []
  const all = Object.values(networkInterfaces()).flatMap(each => each ?? [])
  return all.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address)
}

/** Resolves at the first signal to stop; the second ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise(resolve => {
    let asked = false
    const stop = () => {
      if (asked) process.exit(1)
      asked = true
      resolve()
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
  })
}
