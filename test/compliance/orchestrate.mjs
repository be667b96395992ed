// Starts the suite's orchestrator, with its MQTT broker and our clone process, and runs the suite's cases against it. In a process of its own, which jasmine ends.
//   node orchestrate.mjs [folder/case, such as 1 or 1/2 ...] [--filter=REGULAR_EXPRESSION]
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const { Forkestrator } = require('@m-ld/m-ld-test')
const { runner } = require('@m-ld/m-ld-test/compliance')
const { MqttRemoting } = require('@m-ld/m-ld-test/ext/mqtt')
const path = name => fileURLToPath(new URL(name, import.meta.url))

/**
 * How long a case may take. The suite says 30 s, in which a hundred rounds of chaos fit on a machine that does nothing else; no case asks for an answer within a time.
 */
const patienceMs = 120_000

/**
 * The suite's broker tells clones apart by their client ids. Ours has a new one with each connection, so here it goes by the port, which each clone has for itself.
 */
class RemotingByPort extends MqttRemoting {
  initialise() {}

  async provision(cloneId) {
    const provided = await super.provision(cloneId)
    const { mqtt } = provided.meta
    const sockets = new Set()
    mqtt.server.on('connection', socket => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    // What a partition cuts.
    const destroy = () => {
      for (const socket of sockets) socket.destroy()
    }
    mqtt.client = { conn: { destroy } }
    return provided
  }
}

// Whoever has forked this is gone: so are its clones.
process.on('disconnect', () => process.exit(1))
// Chaos is by chance; the order of the cases need not be.
const cases = process.argv.slice(2).map(name => (/^\d$/.test(name) ? `${name}/*` : name))
const run = runner([`--reporter=${path('reporter.cjs')}`, '--random=false', ...cases])
const orchestrator = new Forkestrator(new RemotingByPort(), path('clone.mjs'))
orchestrator.on('listening', url => {
  void run(url)
  globalThis.jasmine.DEFAULT_TIMEOUT_INTERVAL = patienceMs
})
