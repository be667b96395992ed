// Runs in the browser, for mqtt.test.ts: the acceptance suite, one case at a time, against the broker that the page's address names.
import type { Channel, ConnectionState } from '../../src/ports/index.js'
import { testTransport } from '../../src/testkit/transport-suite.js'
import { MqttTransport } from '../../src/transports/mqtt.js'
import { openSuiteClone } from '../transports/clones.js'

const cases = new Map<string, () => Promise<void>>()
const url = new URLSearchParams(location.search).get('broker')!

testTransport(
  { test: (name, run) => cases.set(name, run) },
  {
    create: count => ({
      transports: Array.from(
        { length: count },
        () => new MqttTransport(url, { beatMs: 200, lingerMs: 20, sendBufferBytes: 1024 * 1024 }),
      ),
      close() {},
    }),
    openClone: openSuiteClone,
  },
)

/** Publishes more than the broker has had time to take. @returns how much of it has been dropped */
async function flood(): Promise<number> {
  const transport = new MqttTransport(url, { sendBufferBytes: 4_000_000 })
  let channel!: Channel
  await new Promise<void>(resolve => {
    const state = (state: ConnectionState) => void (state === 'online' && resolve())
    channel = transport.join('flood', { message() {}, peers() {}, state })
  })
  const message = new Uint8Array(100_000)
  for (let count = 0; count < 200; count++) channel.publish(message)
  const { dropped } = transport.statistics()
  await transport.close()
  return dropped
}

/** What this script puts into its page. */
export interface MqttPage {
  run(name: string): Promise<void>
  flood: typeof flood
}
Object.assign(globalThis, { page: { run: (name: string) => cases.get(name)!(), flood } })
