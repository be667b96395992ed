// A process of its own, which the suite's orchestrator forks: opens clones, one after the other, and does with each what the suite asks.
// The suite's own `CloneProcess` speaks with the orchestrator. Here the engine gets the names and the life cycle that it knows.
import { existsSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
// The whole suite brings an HTTP server, which takes half a second to load: with each process that the suite kills and starts again.
const { CloneProcess } = require(join(dirname(require.resolve('@m-ld/m-ld-test')), 'service/CloneProcess.js'))

const library = new URL('../../packages/meldwork/dist/', import.meta.url)
const { openClone } = await import(new URL('index.js', library))
const { LevelStore } = await import(new URL('stores/level.js', library))
const { MqttTransport } = await import(new URL('transports/mqtt.js', library))

/** To the broker, which the suite cuts off from this clone, and lets in again, at any time. */
function transportTo({ host, port, keepalive }) {
  return new MqttTransport(`mqtt://${host}:${port}`, {
    keepAliveMs: keepalive * 1000,
    firstBackoffMs: 50,
    maxBackoffMs: 500,
    lingerMs: 0,
  })
}

/** @param folder where the clone keeps its data: empty at its first start, the same at later ones */
async function open(config, folder) {
  const transport = transportTo(config.mqtt)
  // To the suite a clone that has been started once is no newcomer, even if it was and is alone and nothing has been written.
  const startedBefore = join(folder, 'started')
  const isFirst = config.genesis || existsSync(startedBefore)
  const clone = await openClone({
    domain: config['@domain'],
    store: new LevelStore(join(folder, 'store')),
    transport,
    genesis: isFirst,
    constraints: config.constraints,
  })
  const updates = updatesFrom(clone)
  // Here opening never waits for the others. The suite takes a new clone for started when it has what the domain holds.
  await clone.status.becomes({ outdated: false })
  writeFileSync(startedBefore, '')

  let ended = () => {}
  return {
    read: request => observable(observer => answer(clone, request, observer)),
    write: request => clone.write(request),
    follow: () => observable(({ next }) => updates(next)),
    status: observable(({ next, complete }) => {
      ended = complete
      followStatus(clone, next)
    }),
    async close() {
      await clone.close()
      await transport.close()
      ended()
    },
  }
}

/** As much of an RxJS observable as is asked for. */
const observable = start => ({
  subscribe: observer => start(typeof observer === 'function' ? { next: observer } : observer),
})

function answer(clone, request, { next, complete, error }) {
  try {
    for (const subject of clone.read(request)) next(subject)
  } catch (failure) {
    return error(failure)
  }
  complete()
}

/**
 * The state that a new clone begins with is no update to the suite; whatever comes after it is, also before somebody listens.
 * @returns to be called with who listens
 */
function updatesFrom(clone) {
  const waiting = []
  let tell = update => {
    if (!clone.status.value.outdated) waiting.push(update)
  }
  clone.follow(update => tell(update))
  return next => {
    tell = next
    for (const update of waiting.splice(0)) next(update)
  }
}

function followStatus(clone, next) {
  const tell = ({ online, outdated, silo, ticks, closed }) => {
    if (!closed) next({ online, outdated, silo, ticks })
  }
  tell(clone.status.value)
  clone.status.follow(tell)
}

// When the orchestrator is gone, nobody needs this process.
process.on('disconnect', () => process.exit())
new CloneProcess(process, open)
