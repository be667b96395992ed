import { test } from 'vitest'
import type { Transport } from '../../src/ports/index.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { NatsTransport, type NatsTransportOptions } from '../../src/transports/nats-node.js'
import { openSuiteClone } from './clones.js'
import { quick } from './nats-member.js'
import { NatsServer } from './nats-server.js'
import { Wire } from './relay-server.js'
import { describeWith } from './servers.js'

const kinds = {
  NATS: { socket: false, jetstream: false },
  'NATS over WebSockets': { socket: true, jetstream: false },
  'NATS with a log': { socket: false, jetstream: true },
}

for (const [name, { socket, jetstream }] of Object.entries(kinds))
  describeWith('nats-server', `transport suite: ${name}`, path => {
    testTransport(
      { test },
      {
        async create(count) {
          const server = await NatsServer.start(path, { socket, jetstream })
          const wires = Array.from({ length: count }, () => new Wire(() => server.socketPort ?? server.port))
          const urls = await Promise.all(wires.map(wire => wire.open()))
          const options: NatsTransportOptions = { ...quick, ...(jetstream && { log: {} }) }
          const transports = urls.map(url => new NatsTransport(socket ? url : url.replace('ws:', 'nats:'), options))
          return {
            transports: jetstream ? transports.map(lasting) : transports,
            cut: index => wires[index].cut(),
            restore: index => wires[index].restore(),
            clog: index => wires[index].clog(),
            flow: index => wires[index].flow(),
            restartServer: () => server.restart(),
            close: async () => {
              await Promise.all(wires.map(wire => wire.close()))
              await server.close()
            },
          }
        },
        powers: { cut: true, clog: true, restartServer: true },
        openClone: openSuiteClone,
      },
    )
  })

/** Whatever is published goes into the log. */
const lasting = (transport: Transport): Transport => ({
  get maxMessageBytes() {
    return transport.maxMessageBytes
  },
  join(name, listener) {
    const channel = transport.join(name, listener)
    return {
      publish: bytes => channel.publish(bytes, true),
      send: (to, bytes) => channel.send(to, bytes),
      announce: payload => channel.announce(payload),
      close: () => channel.close(),
    }
  },
  close: () => transport.close(),
})
