// A process of its own: a relay on a WebSocket server, and a durable clone beside it, as a gateway has. Told over IPC what to write, or to wait for.
import { once } from 'node:events'
import { openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { MemoryStore } from 'meldwork/stores/memory'
import { Relay } from 'meldwork/transports/relay'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import { WebSocketServer } from 'ws'
import { writeObjects } from '../lib/subjects.mjs'

// Without a folder the clone's store is in memory.
const { domain, folder, history } = JSON.parse(process.argv[2])
const relay = new Relay()
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: relay.maxFrameBytes })
server.on('connection', socket => relay.accept(socket))
await once(server, 'listening')
const url = `ws://127.0.0.1:${server.address().port}`
// As in the gateway of meldwork-cli: its own clone is inside the relay's process.
const transport = new WebSocketTransport('memory:', { socket: () => relay.connect() })
const store = folder === undefined ? new MemoryStore() : new LevelStore(folder)
const clone = await openClone({ domain, store, transport, genesis: true, history })
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

process.on('message', async ({ digest, write, close }) => {
  if (close) {
    await clone.close()
    process.exit(0)
  }
  if (write !== undefined) await writeObjects(clone, write)
  else await holds(digest)
  process.send({ held: clone.stats().digest })
})
process.send({ url })
