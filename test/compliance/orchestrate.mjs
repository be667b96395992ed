// Starts the suite's orchestrator, with its MQTT broker and our clone process, and runs the suite's cases against it. In a process of its own, which jasmine ends.
//   node orchestrate.mjs [folder/case, such as 1 or 1/2 ...] [--filter=REGULAR_EXPRESSION]
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
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
 * How late a clone hears what the broker says, as over a network. Cases send requests to several clones in one moment, and mean what these write to be concurrent. Without
 * this, on a busy machine, the first one's write has been to the broker and back before the last one gets its request.
 */
const latencyMs = 30

/**
 * Each clone reaches the suite's broker by a wire of its own, which is late, and can be cut. (The suite goes by the client ids of MQTT, which are those of clones there; here
 * each connection has another.)
 */
class RemotingByWire extends MqttRemoting {
  initialise() {}

  async provision(cloneId) {
    const provided = await super.provision(cloneId)
    const { mqtt } = provided.meta
    const sockets = new Set()
    const wire = createServer({ noDelay: true }, near => {
      const far = connect({ host: 'localhost', port: mqtt.port, noDelay: true })
      near.pipe(far)
      far.on('data', bytes => setTimeout(() => near.writable && near.write(bytes), latencyMs))
      // The last words of a clone that closes still arrive.
      near.on('close', () => far.end())
      far.on('close', () => near.destroy())
      for (const socket of [near, far]) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => sockets.delete(socket))
      }
    })
    wire.listen(0, 'localhost')
    await once(wire, 'listening')
    provided.config.mqtt.port = wire.address().port
    mqtt.wire = wire
    // What a partition cuts.
    const destroy = () => {
      for (const socket of sockets) socket.destroy()
    }
    mqtt.client = { conn: { destroy } }
    return provided
  }

  release(clone, options) {
    clone.mqtt.wire.close()
    return super.release(clone, options)
  }
}

// Whoever has forked this is gone: so are its clones.
process.on('disconnect', () => process.exit(1))
// Chaos is by chance; the order of the cases need not be.
const cases = process.argv.slice(2).map(name => (/^\d$/.test(name) ? `${name}/*` : name))
const run = runner([`--reporter=${path('reporter.cjs')}`, '--random=false', ...cases])
const orchestrator = new Forkestrator(new RemotingByWire(), path('clone.mjs'))
orchestrator.on('listening', url => {
  void run(url)
  globalThis.jasmine.DEFAULT_TIMEOUT_INTERVAL = patienceMs
})
