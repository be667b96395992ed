// A process of its own: a relay on a WebSocket server, and a durable clone beside it, as a gateway has. Told over IPC what to wait for.
import { once } from 'node:events'
import { openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { Relay } from 'meldwork/transports/relay'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import { WebSocketServer } from 'ws'

const { domain, folder } = JSON.parse(process.argv[2])
const relay = new Relay()
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: relay.maxFrameBytes })
server.on('connection', socket => relay.accept(socket))
await once(server, 'listening')
const url = `ws://127.0.0.1:${server.address().port}`
// As in the gateway of meldwork-cli: its own clone is inside the relay's process.
const transport = new WebSocketTransport('memory:', { socket: () => relay.connect() })
const clone = await openClone({ domain, store: new LevelStore(folder), transport, genesis: true })
await clone.status.becomes({ online: true }, { timeoutMs: 5000 })

/** When the clone has this digest, durably. */
function holds(digest) {
  return new Promise(resolve => {
    const look = () => {
      if (clone.stats().digest !== digest) return
      stop()
      clone.flushed().then(resolve)
    }
    const stop = clone.follow(look)
    look()
  })
}

process.on('message', async ({ digest, close }) => {
  if (close) {
    await clone.close()
    process.exit(0)
  }
  await holds(digest)
  process.send({ held: digest })
})
process.send({ url })
