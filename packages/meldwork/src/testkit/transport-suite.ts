import { maxPresenceBytes } from '../ports/index.js'
import { convergence } from './transport-clones.js'
import {
  check,
  type Member,
  others,
  pattern,
  same,
  startsWith,
  type TransportSuiteOptions,
  text,
  World,
} from './transport-world.js'

export {
  type FaultCounts,
  FaultyTransport,
  type FaultyTransportOptions,
  type TransportFaults,
} from './faulty-transport.js'
export type { SuiteClone, SuiteCloneOptions } from './transport-clones.js'
export type { TransportSetup, TransportSuiteOptions } from './transport-world.js'

/** What the suite needs of a test runner; `vitest`, `node:test` and most others have it. */
export interface TransportTestRunner {
  test(name: string, run: () => Promise<void>): void
  /** Told of each test that needs a power which was not declared. */
  skip?(name: string): void
}

/**
 * The acceptance suite of the `Transport` port: registers a test for each promise of the contract. It forgives what the contract
 * forgives (loss, duplicates, reordering, delay): what must arrive is sent again until it does.
 */
export function testTransport(runner: TransportTestRunner, options: TransportSuiteOptions): void {
  const { powers = {}, openClone } = options
  const can = { ...powers, openClone: openClone !== undefined }
  for (const [name, { needs, transports = 2, run }] of Object.entries(promises)) {
    if (needs !== undefined && !can[needs]) runner.skip?.(name)
    else runner.test(name, () => inWorld(options, transports, run))
  }
}

async function inWorld(options: TransportSuiteOptions, count: number, run: Scenario): Promise<void> {
  const world = new World(options, await options.create(count))
  try {
    await run(world)
    check(world.violations.length === 0, world.violations.join('; '))
  } finally {
    await Promise.all(world.setup.transports.map(transport => transport.close()))
    await world.setup.close()
  }
}

const defaultHeldBytes = 64 * 1024 * 1024

type Scenario = (world: World) => Promise<void>
interface ContractTest {
  needs?: 'cut' | 'clog' | 'restartServer' | 'heldBytes' | 'openClone'
  transports?: number
  run: Scenario
}

const promises: Record<string, ContractTest> = {
  'a member comes online, and its transport takes messages of 64 KiB at least': {
    run: async world => {
      const member = await world.join(0, 'a').online()
      check(member.transport.maxMessageBytes >= 65536, 'maxMessageBytes is at least 64 KiB')
    },
  },

  'publish reaches all others and never oneself': {
    transports: 3,
    run: async world => {
      const members = await world.together([0, 1, 2], 'a')
      for (const sender of members) await world.reaches(sender, others(members, sender))
      for (const member of members) check(!member.heard(member.label), `${member.label} heard itself`)
    },
  },

  'send reaches the one it names, and nobody else': {
    transports: 3,
    run: async world => {
      const [a, b, c] = await world.together([0, 1, 2], 'a')
      const secret = text('for b alone')
      await world.repeat(
        () => a.send(b.peerIdOn(a), secret),
        [b.until(() => b.heard('for b alone'), 'the direct message')],
      )
      await world.reaches(a, [b, c])
      check(!c.heard('for b alone') && !a.heard('for b alone'), 'a message to b went astray')
    },
  },

  'send to one who is not there is lost in silence': {
    run: async world => {
      const [a, b] = await world.together([0, 1], 'a')
      const gone = b.peerIdOn(a)
      b.close()
      await a.until(() => a.present.size === 0, 'b has left')
      a.send(gone, text('too late'))
      a.send('nobody-ever', text('never'))
      const c = await world.join(1, 'a').online()
      await world.reaches(a, [c])
      check(!c.heard('too late') && !c.heard('never'), 'another member got the message')
    },
  },

  'a message comes from the peer id that is shown as present': {
    run: async world => {
      const [a, b] = await world.together([0, 1], 'a')
      await world.reaches(a, [b])
      check([...b.present.keys()].join() === b.messages.at(-1)?.from, 'the sender is the one who is present')
      check(/^[ -~]{1,64}$/.test(b.messages.at(-1)?.from ?? ''), 'a peer id has 1 to 64 ASCII characters')
    },
  },

  'bytes arrive unaltered, up to the longest message': {
    run: async world => {
      const [a, b] = await world.together([0, 1], 'a')
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      // A view into the middle of a buffer: an adapter that sends the whole buffer fails here.
      const view = new Uint8Array([9, 9, 1, 2, 3, 9, 9]).subarray(2, 5)
      for (const bytes of [new Uint8Array(1), view, all, pattern(65536), pattern(a.transport.maxMessageBytes)]) {
        const arrived = () => b.messages.some(message => same(message.bytes, bytes))
        await world.repeat(() => a.publish(bytes), [b.until(arrived, `${bytes.length} bytes`)])
        const direct = b.messages.length
        const came = () => b.messages.slice(direct).some(message => same(message.bytes, bytes))
        await world.repeat(() => a.send(b.peerIdOn(a), bytes), [b.until(came, `${bytes.length} bytes to one`)])
      }
    },
  },

  'bytes that were received stay as they were while others arrive': {
    run: async world => {
      const [a, b] = await world.together([0, 1], 'a')
      const first = pattern(5000)
      await world.repeat(() => a.publish(first), [b.until(() => b.messages.length > 0, 'the first message')])
      for (let round = 0; round < 50; round++) a.publish(new Uint8Array(5000).fill(round))
      await world.reaches(a, [b])
      check(same(b.messages[0].bytes, first), 'the bytes of the first message have changed')
    },
  },

  'a message longer than allowed is dropped without an error, and the next one arrives': {
    run: async world => {
      const [a, b] = await world.together([0, 1], 'a')
      a.publish(new Uint8Array(a.transport.maxMessageBytes + 1))
      a.send(b.peerIdOn(a), new Uint8Array(a.transport.maxMessageBytes + 1))
      await world.reaches(a, [b])
      check(
        b.messages.every(message => message.bytes.length <= a.transport.maxMessageBytes),
        'a message was too long',
      )
    },
  },

  'channels of one connection are apart': {
    run: async world => {
      const [a1, b1] = await world.together([0, 1], 'one')
      const [a2, b2] = await world.together([0, 1], 'two')
      await world.reaches(a1, [b1])
      await world.reaches(a2, [b2])
      for (const [member, sender] of [
        [b1, a2],
        [b2, a1],
        [a1, a2],
        [a2, a1],
      ] as const) {
        check(!member.heard(sender.label), `${member.label} heard ${sender.label}, of another channel`)
      }
      check(a1.present.size === 1 && a2.present.size === 1, 'presence is of one channel')
    },
  },

  'a name of a channel may have 64 characters of every allowed kind': {
    run: async world => {
      const name = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      const [a, b] = await world.together([0, 1], name)
      await world.reaches(a, [b])
    },
  },

  '200 channels share one connection': {
    run: async world => {
      const pairs: [Member, Member][] = []
      for (let index = 0; index < 200; index++) {
        pairs.push([world.join(0, `channel-${index}`), world.join(1, `channel-${index}`)])
      }
      for (const [a, b] of pairs) await Promise.all([a.sees(b), b.sees(a)])
      for (const [a, b] of pairs) await world.reaches(a, [b])
      for (const [a, b] of pairs) {
        const label = text(a.label)
        check(
          b.messages.every(message => startsWith(message.bytes, label)),
          `${b.label} heard another channel`,
        )
      }
    },
  },

  'two members of one transport on one channel hear and see each other': {
    run: async world => {
      const first = await world.join(0, 'a').online()
      const second = await world.join(0, 'a').online()
      const far = await world.join(1, 'a').online()
      const members = [first, second, far]
      await world.acquainted(members)
      for (const sender of members) await world.reaches(sender, others(members, sender))
      for (const member of members) check(!member.heard(member.label), `${member.label} heard itself`)
      check(first.peerIdOn(far) !== second.peerIdOn(far), 'each is a member of its own')
      const direct = text('to the second')
      const heard = second.until(() => second.heard('to the second'), 'the direct message')
      await world.repeat(() => first.send(second.peerIdOn(first), direct), [heard])
      check(!first.heard('to the second') && !far.heard('to the second'), 'the direct message went astray')
      first.close()
      await Promise.all([second, far].map(each => each.until(() => each.present.size === 1, 'the first has left')))
      await world.reaches(second, [far])
      await world.reaches(far, [second])
      const third = await world.join(0, 'a').online()
      await world.acquainted([second, far, third])
      await world.reaches(third, [second, far])
    },
  },

  'presence shows who came before and who comes later, each with its payload': {
    transports: 3,
    run: async world => {
      const a = await world.join(0, 'a', 'payload of a').online()
      const b = await world.join(1, 'a', 'payload of b').online()
      await world.acquainted([a, b])
      const c = await world.join(2, 'a', 'payload of c').online()
      await world.acquainted([a, b, c])
    },
  },

  'an announcement replaces the payload, and may have 0 to the greatest number of bytes': {
    run: async world => {
      const [a, b] = await world.together([0, 1], 'a')
      for (const length of [maxPresenceBytes, 0, 1, 256]) {
        const payload = pattern(length)
        a.announce(payload)
        const shown = () => b.present.size === 1 && [...b.present.values()].every(each => same(each, payload))
        await b.until(shown, `a payload of ${length} bytes`)
      }
      const late = await world.join(1, 'a').online()
      const shown = () => [...late.present.values()].some(each => same(each, pattern(256)))
      await late.until(shown, 'the last payload, shown to one who joins later')
    },
  },

  'one who closes is no longer seen': {
    transports: 3,
    run: async world => {
      const [a, b, c] = await world.together([0, 1, 2], 'a')
      b.close()
      await Promise.all([a, c].map(each => each.until(() => each.present.size === 1, 'b has left')))
      await world.reaches(a, [c])
    },
  },

  'one whose transport closes is no longer seen': {
    run: async world => {
      const [a, b] = await world.together([0, 1], 'a')
      await b.transport.close()
      await a.until(() => a.present.size === 0, 'b has left')
    },
  },

  'close is idempotent, and nothing is delivered after it': {
    run: async world => {
      const [a, b] = await world.together([0, 1], 'a')
      const [, witness] = await world.together([0, 1], 'witness')
      a.publish(text('just before'))
      b.close()
      const before = b.events
      b.close()
      b.publish(text('after the end'))
      b.send(b.peerIdOn(a), text('after the end'))
      b.announce(text('after the end'))
      a.publish(text('after the end'))
      const later = await world.join(1, 'a').online()
      await world.reaches(a, [later])
      check(b.events === before, 'a closed channel was told something')
      check(!a.heard('after the end') && !witness.heard('after the end'), 'a closed channel has sent something')
      await world.setup.transports[1].close()
      const ended = later.events
      await world.setup.transports[1].close()
      const last = await world.join(0, 'a').online()
      await world.reaches(a, [last])
      check(later.events === ended, 'a closed transport has told something')
    },
  },

  'one who has left may join again': {
    run: async world => {
      const [a, b] = await world.together([0, 1], 'a')
      for (let round = 0; round < 3; round++) {
        b.close()
        const again = await world.join(1, 'a').online()
        await again.sees(a)
        await a.sees(again)
        await world.reaches(a, [again])
        await world.reaches(again, [a])
        again.close()
        await a.until(() => a.present.size === 0, 'it has left')
      }
    },
  },

  'nothing is told inside a call': {
    run: async world => {
      // Every test checks it; this one calls from inside the callbacks, too.
      const [a, b] = await world.together([0, 1], 'a')
      let answers = 0
      b.onMessage = from => {
        if (answers++ > 100) return
        b.send(from, text('answer'))
        b.announce(text(`${b.label} ${answers}`))
      }
      a.onMessage = () => a.announce(text(`${a.label} thanks`))
      await world.repeat(() => a.publish(text('question')), [a.until(() => a.heard('answer'), 'an answer')])
      b.onMessage = () => b.close()
      await world.repeat(() => a.publish(text('last')), [a.until(() => a.present.size === 0, 'b has left')])
    },
  },

  'one that is closed inside the callback of another is told nothing more': {
    run: async world => {
      for (const closing of ['onMessage', 'onPeers'] as const) {
        for (const order of [1, -1]) {
          const near = await world.together([0, 0], closing)
          const far = await world.join(1, closing).online()
          await world.acquainted([...near, far])
          const [one, other] = near.slice().sort((a, b) => order * (near.indexOf(a) - near.indexOf(b)))
          one[closing] = () => other.close()
          far.announce(text(`${far.label} changed`))
          await world.repeat(() => far.publish(text('now')), [one.until(() => one.heard('now'), 'a message')])
          await one.until(() => one.present.size === 1, 'the other has left')
          one[closing] = () => {}
          for (const member of [one, far]) member.close()
        }
      }
    },
  },

  'a burst of 5,000 messages is survived, and what arrives of it is unaltered': {
    transports: 3,
    run: async world => {
      const [a, b, c] = await world.together([0, 1, 2], 'a')
      await burst(world, a, [b, c])
      for (const member of [b, c]) check(member.messages.every(isOfBurst), `${member.label} got an altered message`)
      await world.reaches(a, [b, c])
    },
  },

  'a burst is held in bounded memory': {
    needs: 'heldBytes',
    transports: 3,
    run: async world => {
      const [a, b, c] = await world.together([0, 1, 2], 'a')
      const held = await burst(world, a, [b, c])
      const boundBytes = world.options.maxHeldBytes ?? defaultHeldBytes
      check(held <= boundBytes, `${held} bytes were held, more than ${boundBytes}`)
      await world.reaches(a, [b, c])
    },
  },

  'clones converge while messages are lost, repeated and reordered': {
    needs: 'openClone',
    transports: 3,
    run: ({ setup, options, timeoutMs }) => convergence(setup.transports, options.openClone!, timeoutMs, options.seed),
  },

  'one who does not read costs the others nothing, and hears again when it reads': {
    needs: 'clog',
    transports: 3,
    run: async world => {
      const { setup, options } = world
      const [a, b, c] = await world.together([0, 1, 2], 'a')
      await setup.clog?.(1)
      const boundBytes = options.maxHeldBytes ?? defaultHeldBytes
      const bytes = pattern(65536)
      // Many bytes, and many messages: more than what lies between them takes in.
      for (let round = 0; round < 16; round++) {
        for (let index = 0; index < 16; index++) a.publish(bytes)
        for (let index = 0; index < 64; index++) a.publish(bytes.subarray(0, 100))
        await world.reaches(a, [c])
        await world.reaches(c, [a])
        const held = setup.heldBytes?.() ?? 0
        check(held <= boundBytes, `${held} bytes were held, more than ${boundBytes}`)
      }
      await setup.flow?.(1)
      await b.online()
      await world.acquainted([a, b, c])
      for (const sender of [a, b, c]) await world.reaches(sender, others([a, b, c], sender))
    },
  },

  'one who is cut off is told, and is no longer seen; restored, it is there again': {
    needs: 'cut',
    transports: 3,
    run: async world => {
      const [a, b, c] = await world.together([0, 1, 2], 'a')
      const oldId = b.peerIdOn(a)
      b.announce(text(`${b.label} renewed`))
      await world.setup.cut?.(1)
      await b.until(() => b.state !== 'online', 'b is told that it is cut off')
      await Promise.all([a, c].map(each => each.until(() => each.present.size === 1, 'b is no longer seen')))
      b.publish(text('lost'))
      await world.reaches(a, [c])
      a.announce(text(`${a.label} renewed`))
      await world.setup.restore?.(1)
      await b.online()
      await world.acquainted([a, b, c])
      check(b.peerIdOn(a) !== oldId, 'a new connection has a new peer id')
      for (const sender of [a, b, c]) await world.reaches(sender, others([a, b, c], sender))
    },
  },

  'one who joins, announces and leaves while cut off is right afterwards': {
    needs: 'cut',
    run: async world => {
      const [a, b] = await world.together([0, 1], 'a')
      await world.setup.cut?.(1)
      await b.until(() => b.state !== 'online', 'b is told that it is cut off')
      const joined = world.join(1, 'a', 'joined offline')
      await joined.until(() => joined.state !== undefined, 'the new member is told a state')
      check(joined.state !== 'online', 'it is not online')
      joined.announce(text(`${joined.label} announced offline`))
      b.close()
      await world.setup.restore?.(1)
      await joined.online()
      await world.acquainted([a, joined])
      check(a.present.size === 1, 'the one who left is not there')
      await world.reaches(joined, [a])
    },
  },

  'cuts again and again end with everyone back': {
    needs: 'cut',
    run: async world => {
      const [a, b] = await world.together([0, 1], 'a')
      for (let round = 0; round < 5; round++) {
        await world.setup.cut?.(round % 2)
        const cut = round % 2 === 0 ? a : b
        if (round < 3) await cut.until(() => cut.state !== 'online', 'it is told that it is cut off')
        await world.setup.restore?.(round % 2)
      }
      await Promise.all([a.online(), b.online()])
      await world.reaches(a, [b])
      await world.reaches(b, [a])
      await world.acquainted([a, b])
    },
  },

  'a restart of the server is survived by all channels': {
    needs: 'restartServer',
    transports: 3,
    run: async world => {
      const one = await world.together([0, 1, 2], 'one')
      const two = await world.together([0, 2], 'two')
      const states = one.map(member => member.stateChanges)
      await world.setup.restartServer?.()
      const restarted = one.map((member, index) =>
        member.until(() => member.stateChanges > states[index], 'it is told of the restart'),
      )
      await Promise.all(restarted)
      await Promise.all([...one, ...two].map(member => member.online()))
      for (const members of [one, two]) {
        for (const sender of members) await world.reaches(sender, others(members, sender))
        await world.acquainted(members)
      }
    },
  },
}

/** 5,000 messages of 4 KiB in one turn. @returns the greatest number of bytes held */
async function burst(world: World, sender: Member, receivers: Member[]): Promise<number> {
  const { setup } = world
  let held = 0
  const look = () => {
    held = Math.max(held, setup.heldBytes?.() ?? 0)
  }
  for (const receiver of receivers) receiver.onMessage = look
  for (let index = 0; index < 5000; index++) {
    sender.publish(burstMessage(index))
    look()
  }
  // The last may be lost: sending one more until it arrives shows that the burst is over.
  const over = receivers.map(each => {
    let seen = 0
    const isOver = () => {
      while (seen < each.messages.length) if (isLast(each.messages[seen++])) return true
      return false
    }
    return each.until(isOver, 'a message after the burst')
  })
  await world.repeat(() => sender.publish(burstMessage(5000)), over)
  look()
  return held
}

function burstMessage(index: number): Uint8Array {
  const bytes = new Uint8Array(4096).fill(index % 251)
  bytes[0] = index >> 8
  bytes[1] = index & 255
  return bytes
}

const indexOf = (message: { bytes: Uint8Array }) => message.bytes[0] * 256 + message.bytes[1]
const isLast = (message: { bytes: Uint8Array }) => indexOf(message) === 5000
const isOfBurst = (message: { bytes: Uint8Array }) => same(message.bytes, burstMessage(indexOf(message)))
