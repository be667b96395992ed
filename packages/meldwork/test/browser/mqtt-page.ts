// Runs in the browser, for mqtt.test.ts: the acceptance suite, one case at a time, against the broker that the page's address names.
import { testTransport } from '../../src/testkit/transport-suite.js'
import { MqttTransport } from '../../src/transports/mqtt.js'

const cases = new Map<string, () => Promise<void>>()
const url = new URLSearchParams(location.search).get('broker')!

testTransport(
  { test: (name, run) => cases.set(name, run) },
  {
    create: count => ({
      transports: Array.from({ length: count }, () => new MqttTransport(url, { beatMs: 200, lingerMs: 20 })),
      close() {},
    }),
  },
)

/** Publishes more than the broker has had time to take. @returns how much of it has been dropped */
async function flood(): Promise<number> {
  const transport = new MqttTransport(url, { sendBufferBytes: 4_000_000 })
  const online = Promise.withResolvers<void>()
  const channel = transport.join('flood', {
    message() {},
    peers() {},
    state: state => state === 'online' && online.resolve(),
  })
  await online.promise
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
