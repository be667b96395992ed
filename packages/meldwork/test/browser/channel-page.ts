// Runs in the browser, for broadcast-channel.test.ts: the acceptance suite, one case at a time, each of its transports in a frame with a world of
// its own; and in every page and frame a transport to play with.
import { testTransport } from '../../src/testkit/transport-suite.js'
import { BroadcastChannelTransport } from '../../src/transports/broadcast-channel.js'
import { openSuiteClone } from '../transports/clones.js'

const cases = new Map<string, () => Promise<void>>()

async function openFrame(): Promise<HTMLIFrameElement> {
  const frame = document.createElement('iframe')
  frame.src = location.href
  document.body.append(frame)
  while (pageIn(frame) === undefined) await new Promise(resolve => setTimeout(resolve, 5))
  return frame
}

const pageIn = (frame: HTMLIFrameElement) => (frame.contentWindow as unknown as { page?: ChannelPage }).page

testTransport(
  { test: (name, run) => cases.set(name, run) },
  {
    async create(count) {
      const frames = await Promise.all(Array.from({ length: count }, openFrame))
      const windows = frames.map(frame => frame.contentWindow!)
      return {
        transports: frames.map(frame => new (pageIn(frame)!.BroadcastChannelTransport)()),
        cut: index => void windows[index].dispatchEvent(new PageTransitionEvent('pagehide')),
        restore: index => void windows[index].dispatchEvent(new PageTransitionEvent('pageshow')),
        close: () => {
          for (const frame of frames) frame.remove()
        },
      }
    },
    powers: { cut: true },
    openClone: openSuiteClone,
  },
)

const text = new TextDecoder()

/** A member of a channel, which writes down what it is told, and tells it when asked. */
export function join(name: string) {
  const transport = new BroadcastChannelTransport()
  const seen = { messages: [] as string[], states: [] as string[], others: [] as string[] }
  const channel = transport.join('pages', {
    message: (_from, bytes) => {
      seen.messages.push(text.decode(bytes))
      if (seen.messages.at(-1) === 'tell') say(JSON.stringify(seen))
    },
    state: state => seen.states.push(state),
    peers: present => {
      seen.others = Array.from(present.values(), payload => text.decode(payload)).sort()
    },
  })
  const say = (message: string) => channel.publish(new TextEncoder().encode(message))
  channel.announce(new TextEncoder().encode(name))
  return { seen, say }
}

/** What this script puts into its page. */
export interface ChannelPage {
  BroadcastChannelTransport: typeof BroadcastChannelTransport
  runCase(name: string): Promise<void>
  join: typeof join
  member?: ReturnType<typeof join>
}

const page: ChannelPage = { BroadcastChannelTransport, runCase: name => cases.get(name)!(), join }
Object.assign(globalThis, { page })
