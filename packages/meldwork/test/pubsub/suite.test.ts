import { describe, test } from 'vitest'
import { TopicTransport } from '../../src/pubsub/index.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { openSuiteClone } from '../transports/clones.js'
import { FakeBroker, FakeHub } from './fake-broker.js'

describe.each([
  ['that retains', true],
  ['that only passes on', false],
])('a transport over a broker %s keeps the contract', (_, retains) => {
  testTransport(
    { test },
    {
      create(count) {
        const hub = new FakeHub()
        const brokers = Array.from({ length: count }, () => new FakeBroker(hub, retains))
        const options = { firstBackoffMs: 20, maxBackoffMs: 50, beatMs: 50, lingerMs: 20, sendBufferBytes: 1024 * 1024 }
        return {
          transports: brokers.map(broker => new TopicTransport(broker, options)),
          cut: index => {
            brokers[index].isCut = true
            brokers[index].connection?.breakOff(retains)
          },
          restore: index => {
            brokers[index].isCut = false
          },
          restartServer: () => hub.restart(),
          heldBytes: () => hub.heldBytes,
          close: () => {},
        }
      },
      powers: { cut: true, restartServer: true, heldBytes: true },
      openClone: openSuiteClone,
      maxHeldBytes: 4 * 1024 * 1024,
    },
  )
})
