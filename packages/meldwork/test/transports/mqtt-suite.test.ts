import { afterAll, beforeAll, describe, test } from 'vitest'
import { type TransportSuiteOptions, testTransport } from '../../src/testkit/transport-suite.js'
import { MqttTransport, type MqttTransportOptions } from '../../src/transports/mqtt.js'
import { openSuiteClone } from './clones.js'
import { AedesServer, startMosquitto } from './mqtt-servers.js'
import { Wire } from './relay-server.js'
import { describeWith, type Server } from './servers.js'

const quick = { firstBackoffMs: 20, maxBackoffMs: 100, beatMs: 200, lingerMs: 20 }

/** Each transport over a wire of its own. */
function suiteOver(
  scheme: 'mqtt' | 'ws',
  port: () => number,
  restartServer: () => Promise<void>,
  serverHeldBytes: () => number,
  options: MqttTransportOptions = {},
): TransportSuiteOptions {
  return {
    async create(count) {
      const wires = Array.from({ length: count }, () => new Wire(port))
      const urls = await Promise.all(wires.map(wire => wire.open()))
      return {
        transports: urls.map(
          url =>
            new MqttTransport(url.replace('ws:', `${scheme}:`), {
              ...quick,
              sendBufferBytes: 2 * 1024 * 1024,
              ...options,
            }),
        ),
        cut: index => wires[index].cut(),
        restore: index => wires[index].restore(),
        clog: index => wires[index].clog(),
        flow: index => wires[index].flow(),
        restartServer,
        heldBytes: serverHeldBytes,
        close: async () => void (await Promise.all(wires.map(wire => wire.close()))),
      }
    },
    powers: { cut: true, clog: true, restartServer: true, heldBytes: true },
    openClone: openSuiteClone,
    maxHeldBytes: 32 * 1024 * 1024,
  }
}

describe.each([
  ['over TCP', 'mqtt'],
  ['over WebSockets', 'ws'],
] as const)('transport suite: MQTT 3.1.1 %s, aedes', (_, scheme) => {
  // Until it has sent away one who does not read, aedes waits for it with all the others: a minute, unless it is told.
  const server = new AedesServer({ drainTimeout: 2000 }, scheme === 'ws')
  beforeAll(() => server.start())
  afterAll(() => server.stop())
  testTransport(
    { test },
    suiteOver(
      scheme,
      () => server.port,
      () => server.restart(),
      () => server.heldBytes,
    ),
  )
})

describeWith('mosquitto', 'with mosquitto', path => {
  describe.each([
    ['3.1.1', 4],
    ['5', 5],
  ] as const)('transport suite: MQTT %s, mosquitto', (_, protocolVersion) => {
    let server: Server
    beforeAll(async () => {
      server = await startMosquitto(path)
    })
    afterAll(() => server.close())
    const restart = () => server.restart('SIGKILL')
    testTransport(
      { test },
      suiteOver(
        'mqtt',
        () => server.port,
        restart,
        () => 0,
        { protocolVersion },
      ),
    )
  })
})
