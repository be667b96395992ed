import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { testTransport } from 'meldwork/testkit/transport-suite'
import { MqttTransport } from 'meldwork/transports/mqtt'
import { describe, test } from 'vitest'
import { Wire } from '../../meldwork/test/transports/relay-server.js'
import { openGateway } from '../src/gateway/index.js'
import { emptyFolder } from './running.js'

const quick = { firstBackoffMs: 20, maxBackoffMs: 100, beatMs: 200, lingerMs: 20, maxMessageBytes: 1024 * 1024 }

describe('transport suite: MQTT 3.1.1, meldwork serve --mqtt', () => {
  testTransport(
    { test },
    {
      async create(count) {
        const options = { folder: emptyFolder(), port: 0, page: false as const, anyDomain: true }
        let gateway = await openGateway({ ...options, mqttPort: 0 })
        const mqttPort = gateway.mqttPort!
        const wires = Array.from({ length: count }, () => new Wire(() => mqttPort))
        const urls = await Promise.all(wires.map(wire => wire.open()))
        return {
          transports: urls.map(url => new MqttTransport(url.replace('ws:', 'mqtt:'), quick)),
          cut: index => wires[index].cut(),
          restore: index => wires[index].restore(),
          clog: index => wires[index].clog(),
          flow: index => wires[index].flow(),
          async restartServer() {
            await gateway.close()
            gateway = await openGateway({ ...options, mqttPort })
          },
          async close() {
            await gateway.close()
            await Promise.all(wires.map(wire => wire.close()))
          },
        }
      },
      powers: { cut: true, clog: true, restartServer: true },
      openClone: options => openClone({ ...options, store: new MemoryStore() }),
    },
  )
})
