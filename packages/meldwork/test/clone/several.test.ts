/**
 * A clone with several transports: each other clone is one, whatever the ways to it; what is written crosses to it once; nothing goes round; and when one of the ways fails, as
 * it may in many manners, the next is used, and nothing is lost.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type Clone, type CloneOptions, openClone } from '../../src/index.js'
import { decodeHeader } from '../../src/operation/index.js'
import type { PeerId, Transport } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { channelOf } from '../../src/sync/channel.js'
import { MessageType, open } from '../../src/sync/envelope.js'
import { readOperations } from '../../src/sync/messages.js'
import { SimulatedNetwork, type SimulatedTransport } from '../../src/testkit/simulated-network.js'
import type { SimulatedDisk } from '../../src/testkit/simulated-store.js'
import { MemoryNetwork, MemoryTransport } from '../../src/transports/memory.js'
import { contents, domain, World } from './world.js'

const { check } = channelOf(domain)
const names = new Map<number, string>(Object.entries(MessageType).map(([name, type]) => [type, name]))

/** What goes through transports: what is sent, by type; and which operations each clone gets, how often. */
class Meter {
  readonly sent = new Map<string, { messages: number; bytes: number }>()
  /** By clone, then by operation. */
  readonly copies = new Map<string, Map<string, number>>()
  /** Whose messages are lost; nobody is told. */
  readonly dead = new Set<string>()
  /** Who has sent operations. */
  readonly tellers = new Set<string>()

  /** @param clone whose transport it is */
  on(transport: Transport, clone: string): Transport {
    const count = (bytes: Uint8Array, send: () => void) => {
      const opened = open(bytes, check)
      if (opened.kind !== 'message') throw new Error(`a clone sent what is ${opened.kind}`)
      const name = names.get(opened.type)!
      const { messages, bytes: before } = this.sent.get(name) ?? { messages: 0, bytes: 0 }
      this.sent.set(name, { messages: messages + 1, bytes: before + bytes.length })
      if (name === 'operations') this.tellers.add(clone)
      if (!this.dead.has(clone)) send()
    }
    return {
      get maxMessageBytes() {
        return transport.maxMessageBytes
      },
      join: (name, listener) => {
        const channel = transport.join(name, {
          state: (state, reason) => listener.state(state, reason),
          peers: present => listener.peers(present),
          message: (from, bytes) => {
            this.received(clone, bytes)
            listener.message(from, bytes)
          },
        })
        return {
          publish: bytes => count(bytes, () => channel.publish(bytes)),
          send: (to, bytes) => count(bytes, () => channel.send(to, bytes)),
          announce: payload => channel.announce(payload),
          close: () => channel.close(),
        }
      },
      close: () => transport.close(),
    }
  }

  private received(clone: string, bytes: Uint8Array): void {
    const opened = open(bytes, check)
    if (opened.kind !== 'message' || opened.type !== MessageType.operations) return
    const copies = this.copies.get(clone) ?? new Map<string, number>()
    this.copies.set(clone, copies)
    for (const operation of readOperations(opened.payload).operations) {
      const { replica, last } = decodeHeader(operation)
      const name = `${replica.join()}@${last}`
      copies.set(name, (copies.get(name) ?? 0) + 1)
    }
  }

  of(type: keyof typeof MessageType): { messages: number; bytes: number } {
    return this.sent.get(type) ?? { messages: 0, bytes: 0 }
  }

  get bytes(): number {
    return [...this.sent.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  }

  clear(): void {
    this.sent.clear()
    this.copies.clear()
    this.tellers.clear()
  }
}

/** The copies that any clone got of any operation, over all networks: the least and the most. */
function copiesOf(meters: readonly Meter[], clones: readonly string[], operations: number): [number, number] {
  const counts = clones.flatMap(clone => {
    const sum = new Map<string, number>()
    for (const { copies } of meters)
      for (const [name, count] of copies.get(clone) ?? []) sum.set(name, (sum.get(name) ?? 0) + count)
    return [...sum.values(), ...Array<number>(Math.max(0, operations - sum.size)).fill(0)]
  })
  return [Math.min(...counts), Math.max(...counts)]
}

/** Clones on several networks. */
class Several {
  readonly world: World
  readonly networks: SimulatedNetwork[]
  readonly meters: Meter[]
  /** By clone, then by network. */
  readonly cables = new Map<string, Map<number, SimulatedTransport>>()
  readonly clones = new Map<string, Clone>()

  constructor(networks: number, seed = 1) {
    this.world = new World(seed)
    this.networks = Array.from(
      { length: networks },
      () => new SimulatedNetwork(this.world.time, this.world.chance.branch()),
    )
    this.meters = this.networks.map(() => new Meter())
  }

  /** @param on which networks, the preferred one first */
  async open(
    name: string,
    on: readonly number[],
    options: Partial<CloneOptions> & { readonly disk?: SimulatedDisk } = {},
  ): Promise<Clone> {
    const { disk = this.world.disk(), ...rest } = options
    const cables = new Map(on.map(place => [place, this.networks[place].transport(`${name}${place}`)]))
    this.cables.set(name, cables)
    const transport = on.map(place => this.meters[place].on(cables.get(place)!, name))
    const store = disk.store()
    const environment = this.world.environment()
    const clone = await this.world.settle(openClone({ domain, genesis: true, environment, transport, store, ...rest }))
    this.clones.set(name, clone)
    return clone
  }

  plug(name: string, place: number, plugged: boolean): void {
    this.cables.get(name)!.get(place)!.connect(plugged)
  }

  /** A network stops, or goes on. */
  plugAll(place: number, plugged: boolean): void {
    for (const cables of this.cables.values()) cables.get(place)?.connect(plugged)
  }

  clear(): void {
    for (const meter of this.meters) meter.clear()
  }

  write(name: string, id = name): Promise<unknown> {
    return this.world.settle(this.clones.get(name)!.write({ '@id': id, name: `of ${name}` }))
  }

  /** Each of these writes once; what went before does not count. */
  async writeEach(names: readonly string[]): Promise<void> {
    this.clear()
    for (const name of names) await this.write(name)
  }

  pass(ms: number): Promise<void> {
    return this.world.pass(ms)
  }

  expectSame(): void {
    const [first, ...others] = [...this.clones.values()]
    for (const clone of others) expect(contents(clone)).toEqual(contents(first))
  }

  expectEqual(): void {
    this.expectSame()
    for (const clone of this.clones.values())
      expect(clone.status.value).toMatchObject({ outdated: false, unsent: 0, online: true, divergence: undefined })
  }

  /** Nothing was passed on since the last {@link clear}. */
  expectSilence(): void {
    for (const meter of this.meters) expect(meter.of('operations').messages).toBe(0)
  }

  copies(operations: number): [number, number] {
    return copiesOf(this.meters, [...this.clones.keys()], operations)
  }
}

const letters = (count: number): string[] => Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i))

describe('the option transport', () => {
  it('takes one, several, or none', async () => {
    const network = new MemoryNetwork()
    const [a, b] = [new MemoryTransport(network), new MemoryTransport(network)]
    const open = (transport: unknown) => openClone({ domain, store: new MemoryStore(), transport } as CloneOptions)
    const bad = [
      [a, a],
      [a, b, a],
      [a, null],
      [a, {}],
      {},
      null,
      'ws://x',
      [[a]],
      Array.from({ length: 17 }, () => new MemoryTransport(network)),
    ]
    for (const transport of bad)
      await expect(open(transport)).rejects.toMatchObject({ code: 'option-invalid', facts: { option: 'transport' } })
    for (const transport of [a, [a], [a, b], [], undefined]) {
      const clone = await open(transport)
      const isAlone = [transport ?? []].flat().length === 0
      expect(clone.status.value.connection === 'none').toBe(isAlone)
      await clone.close()
    }
  })
})

describe('clones on two networks', () => {
  it('see each other once, by both ways, with one presence', async () => {
    const several = new Several(2)
    const a = await several.open('a', [0, 1])
    const b = await several.open('b', [1, 0])
    const c = await several.open('c', [1])
    const seen: number[] = []
    a.presence.follow(others => seen.push(others.length))
    await several.pass(1000)
    b.presence.announce({ name: 'B' })
    c.presence.announce('C')
    await several.pass(1000)
    const { others, ...status } = a.status.value
    expect(status).toMatchObject({ online: true, peers: 2, silo: false, outdated: false })
    expect(others.map(({ ways }) => ways.map(({ transport }) => transport)).sort()).toEqual([[0, 1], [1]])
    for (const { peer, ways, isNew, behind } of others) {
      expect(ways[0].peer).toBe(peer)
      expect({ isNew, behind }).toEqual({ isNew: false, behind: 0 })
    }
    // It prefers the other network.
    expect(b.status.value.others.find(({ ways }) => ways.length === 2)!.ways.map(({ transport }) => transport)).toEqual(
      [0, 1],
    )
    expect(a.presence.others.map(({ data }) => data).sort()).toEqual(['C', { name: 'B' }])
    expect(a.presence.others.map(({ peer }) => peer).sort()).toEqual(others.map(({ peer }) => peer).sort())
    expect(b.presence.others).toHaveLength(2)
    expect(c.presence.others.map(({ data }) => data)).toEqual(expect.arrayContaining([undefined, { name: 'B' }]))
    expect(Math.max(...seen)).toBe(2)
    several.plug('a', 0, false)
    await several.pass(100)
    expect(a.status.value).toMatchObject({ online: true, connection: 'online', peers: 2 })
    expect(a.presence.others.map(({ data }) => data).sort()).toEqual(['C', { name: 'B' }])
    several.plug('a', 1, false)
    await several.pass(100)
    expect(a.status.value).toMatchObject({
      online: false,
      connection: 'offline',
      peers: 0,
      reason: 'the cable was pulled',
    })
    expect(a.presence.others).toEqual([])
  })

  it.each([2, 3, 8])('send what each of %i writes by the first alone, at the cost of one network', async count => {
    const costs: number[] = []
    for (const networks of [1, 2]) {
      const several = new Several(networks)
      for (const name of letters(count)) await several.open(name, networks === 1 ? [0] : [0, 1])
      await several.pass(60_000)
      several.clear()
      for (let i = 0; i < 10; i++) for (const name of letters(count)) await several.write(name, `${name}${i}`)
      await several.pass(5000)
      several.expectEqual()
      expect(several.copies(10 * count - 10)).toEqual([1, 1])
      expect(several.meters[0].of('operations').messages).toBe(10 * count)
      costs.push(several.meters.reduce((sum, { bytes }) => sum + bytes, 0))
      if (networks === 1) continue
      for (const type of ['operations', 'probe', 'reached', 'request'] as const)
        expect(several.meters[1].of(type)).toEqual({ messages: 0, bytes: 0 })
    }
    // But for greetings on the second one.
    expect(costs[1]).toBeLessThan(costs[0] * 1.1)
  })

  it('do so in real time as well, on two memory networks', async () => {
    const networks = [new MemoryNetwork(), new MemoryNetwork()]
    const meters = [new Meter(), new Meter()]
    const clones: Clone[] = []
    for (const name of letters(5)) {
      const transport = networks.map((network, i) => meters[i].on(new MemoryTransport(network), name))
      clones.push(await openClone({ domain, genesis: true, store: new MemoryStore(), transport }))
    }
    for (const clone of clones) await clone.status.becomes({ peers: 4, outdated: false })
    for (const meter of meters) meter.clear()
    for (const [i, clone] of clones.entries()) await clone.write({ '@id': `s${i}`, name: 'x' })
    for (const clone of clones) await clone.status.becomes({ ticks: 5, unsent: 0 })
    expect(meters[0].of('operations').messages).toBe(5)
    expect(meters[1].of('operations').messages).toBe(0)
    expect(copiesOf(meters, letters(5), 4)).toEqual([1, 1])
    for (const clone of clones) await clone.close()
  })

  it.each(['journal', 'state'] as const)('catch up by one of them, by %s', async by => {
    const costs: number[] = []
    for (const networks of [[0], [0, 1]]) {
      const several = new Several(2)
      const options = by === 'state' ? { history: { operations: 0 } } : {}
      const a = await several.open('a', networks, options)
      for (let i = 0; i < 60; i++) await several.write('a', `s${i}`)
      if (by === 'state')
        await several.world.settle((a as unknown as { checkpoints: { write(): Promise<void> } }).checkpoints.write())
      await several.pass(1000)
      several.clear()
      await several.open('b', networks, { genesis: false })
      await several.pass(5000)
      several.expectEqual()
      const sum = (type: keyof typeof MessageType) =>
        several.meters.reduce((all, meter) => all + meter.of(type).messages, 0)
      // What follows the state is asked for, too.
      expect(sum('request')).toBe(by === 'state' ? 2 : 1)
      expect(sum('stateHeader')).toBe(by === 'state' ? 1 : 0)
      costs.push(several.meters.reduce((all, { bytes }) => all + bytes, 0))
    }
    // But for a hello or two.
    expect(costs[1]).toBeLessThan(costs[0] + 300)
  })

  it('ask one of them at a time, also where different clones are on them', async () => {
    const several = new Several(2)
    await several.open('a', [0])
    for (let i = 0; i < 60; i++) await several.write('a', `s${i}`)
    const b = await several.open('b', [1, 0])
    await several.pass(5000)
    await several.world.settle(b.close())
    several.clones.delete('b')
    await several.open('c', [1])
    await several.open('d', [0, 1])
    await several.pass(5000)
    several.clear()
    await several.open('e', [0, 1], { genesis: false })
    await several.pass(20_000)
    several.expectEqual()
    expect(several.meters.reduce((all, meter) => all + (meter.copies.get('e')?.size ?? 0), 0)).toBe(60)
  })
})

describe('when the preferred network fails', () => {
  const both = async (count: number) => {
    const several = new Several(2)
    for (const name of letters(count)) await several.open(name, [0, 1])
    await several.pass(20_000)
    several.clear()
    return several
  }

  it('they go on by the other one at once, and nothing is lost', async () => {
    const several = await both(4)
    for (let i = 0; i < 20; i++) {
      for (const name of letters(4)) void several.clones.get(name)!.write({ '@id': `${name}${i}`, name: 'x' })
      // In the midst of it.
      if (i === 10) several.plugAll(0, false)
      await several.pass(3)
    }
    await several.pass(100)
    several.expectSame()
    expect(several.clones.get('a')!.status.value.ticks).toBe(80)
    await several.pass(5000)
    several.expectEqual()
    several.clear()
    await several.write('a', 'later')
    await several.pass(100)
    expect(several.copies(0)).toEqual([1, 1])
    expect(several.meters[1].of('operations').messages).toBe(1)
  })

  it('and they return to it when it is back', async () => {
    const several = await both(3)
    several.plugAll(0, false)
    await several.write('a', 'meanwhile')
    await several.pass(1000)
    several.expectEqual()
    several.plugAll(0, true)
    await several.pass(5000)
    several.clear()
    for (const name of letters(3)) await several.write(name, `${name}-again`)
    await several.pass(1000)
    several.expectEqual()
    expect(several.meters[1].of('operations').messages).toBe(0)
    expect(several.meters[0].of('operations').messages).toBe(3)
  })

  it('for one of them, that one is reached by the other', async () => {
    const several = await both(4)
    several.plug('c', 0, false)
    await several.pass(50)
    several.clear()
    await several.write('a')
    await several.write('c')
    await several.pass(10)
    several.expectSame()
    // To that one alone, singly: the others get it once.
    expect(several.copies(0)).toEqual([1, 1])
  })

  it('and says that all are still there, it is not believed', async () => {
    const several = await both(2)
    const [a, b] = letters(2).map(name => several.clones.get(name)!)
    // Nothing gets through any more; nobody is told.
    for (const name of letters(2)) several.meters[0].dead.add(name)
    await several.write('a')
    await several.pass(5000)
    expect(contents(b)).toEqual(contents(a))
    expect(a.status.value).toMatchObject({ unsent: 0, peers: 1, outdated: false })
    several.clear()
    await several.write('b', 'by-the-other')
    await several.pass(5000)
    several.expectEqual()
    await several.write('a', 'a2')
    several.clear()
    await several.pass(10)
    // It is known by now.
    expect(contents(b)).toEqual(contents(a))
    several.meters[0].dead.clear()
    await several.pass(600_000)
    several.clear()
    await several.write('a', 'a3')
    await several.pass(1000)
    several.expectEqual()
    // And forgiven.
    expect(several.meters[1].of('operations').messages).toBe(0)
  })

  it('and goes on showing one that has lost it, that one says so by the other', async () => {
    const several = new Several(2)
    /** Goes on showing everybody who was ever there, with what they said last. */
    const haunted = (transport: Transport): Transport => ({
      maxMessageBytes: transport.maxMessageBytes,
      join: (name, listener) => {
        const ghosts = new Map<PeerId, Uint8Array>()
        return transport.join(name, {
          state: (state, reason) => listener.state(state, reason),
          message: (from, bytes) => listener.message(from, bytes),
          peers: present => {
            for (const [peer, payload] of present) ghosts.set(peer, payload)
            listener.peers(new Map(ghosts))
          },
        })
      },
      close: () => transport.close(),
    })
    const transports = [0, 1].map(place => several.networks[place].transport(`a${place}`))
    const transport = [haunted(several.meters[0].on(transports[0], 'a')), several.meters[1].on(transports[1], 'a')]
    const a = await several.open('a', [], { transport })
    const b = await several.open('b', [0, 1])
    await several.pass(5000)
    several.plug('b', 0, false)
    await several.pass(20)
    expect(a.status.value.others.map(({ ways }) => ways.map(({ transport }) => transport))).toEqual([[1, 0]])
    several.clear()
    await several.write('a')
    await several.pass(10)
    expect(contents(b)).toEqual(contents(a))
    expect(several.meters[0].of('operations').messages).toBe(0)
  })
})

describe('clones on different networks', () => {
  it('in a chain hand on what is written', async () => {
    const several = new Several(4)
    await several.open('a', [0])
    await several.open('b', [0, 1])
    await several.open('c', [1, 2])
    await several.open('d', [2, 3])
    await several.open('e', [3])
    await several.pass(20_000)
    await several.writeEach(letters(5))
    await several.pass(1000)
    several.expectEqual()
    expect(several.copies(4)).toEqual([1, 1])
  })

  it.each([3, 4, 5, 6])('in a ring of %i get at most one copy too many', async count => {
    const several = new Several(count)
    for (const [i, name] of letters(count).entries()) await several.open(name, [i, (i + 1) % count])
    await several.pass(20_000)
    await several.writeEach(letters(count))
    await several.pass(20)
    several.expectSame()
    const [least, most] = several.copies(count - 1)
    expect(least).toBeGreaterThanOrEqual(1)
    expect(most).toBeLessThanOrEqual(2)
    several.clear()
    await several.pass(1000)
    // Nothing goes round.
    several.expectSilence()
  })

  it('with several between two groups, one of them hands on; when it does not, another', async () => {
    const several = new Several(2)
    await several.open('a', [0])
    await several.open('b', [1])
    const bridges = ['c', 'd', 'e', 'f', 'g']
    for (const name of bridges) await several.open(name, [0, 1])
    await several.pass(20_000)
    several.clear()
    for (let i = 0; i < 5; i++) await several.write('a', `a${i}`)
    await several.write('c')
    await several.pass(5)
    several.expectSame()
    const [least, most] = several.copies(0)
    expect([least, most]).toEqual([1, 2])
    await several.pass(5000)
    // The others do not.
    expect(several.copies(0)).toEqual([1, 2])
    several.clear()
    await several.write('a')
    await several.pass(5000)
    expect(several.meters[1].of('operations').messages).toBe(1)
    // Whoever does it loses what it sends there: another one does it soon.
    for (let left = bridges.length; left > 1; left--) {
      const [teller] = several.meters[1].tellers
      several.meters[1].dead.add(teller)
      several.clear()
      await several.write('a', `left-${left}`)
      await several.pass(1100)
      expect(several.clones.get('b')!.get(`left-${left}`)).toBeDefined()
    }
  })

  it('and one that is only on the second network: nobody gets anything twice', async () => {
    const several = new Several(2)
    for (const name of letters(6)) await several.open(name, [0, 1])
    await several.open('z', [1])
    await several.pass(20_000)
    await several.writeEach(letters(6))
    await several.pass(2000)
    several.expectEqual()
    expect(several.copies(0)).toEqual([1, 1])
    several.clear()
    await several.write('z')
    await several.pass(2000)
    several.expectEqual()
    expect(several.copies(0)).toEqual([1, 1])
  })

  it('converge, wherever they are, with few needless copies', { timeout: 60_000 + fuzz.runs(40) * 1000 }, async () => {
    const placed = fc.array(fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(placed, fc.nat(), async (places, seed) => {
        const several = new Several(3, seed)
        // Somebody is everywhere.
        for (const [i, on] of [[0, 1, 2], ...places].entries()) await several.open(letters(9)[i], on)
        await several.pass(20_000)
        const count = places.length + 1
        await several.writeEach(letters(count))
        await several.pass(3000)
        several.expectEqual()
        const [least, most] = several.copies(count - 1)
        expect(least).toBe(1)
        // By each network once.
        expect(most).toBeLessThanOrEqual(3)
        several.clear()
        await several.pass(60_000)
        several.expectSilence()
      }),
      { numRuns: fuzz.runs(40) },
    )
  })
})
