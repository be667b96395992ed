/** Tabs of one origin in virtual time, over a place that they share, and a network beyond them. */
import { type Clone, openClone } from '../../src/index.js'
import type { Environment } from '../../src/ports/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { openTabClone, type TabCloneOptions } from '../../src/tabs/index.js'
import { Chance } from '../../src/testkit/chance.js'
import { SimulatedNetwork, type SimulatedTransport } from '../../src/testkit/simulated-network.js'
import { VirtualEnvironment, VirtualTime } from '../../src/testkit/virtual-time.js'
import { FakeOrigin, type FakeTab } from '../transports/fake-tabs.js'
import { SharedPlace, type SharedStore } from './shared-place.js'

export const domain = 'board.example'

export class TabWorld {
  readonly time = new VirtualTime()
  readonly chance: Chance
  readonly network: SimulatedNetwork
  readonly place: SharedPlace
  readonly origin: FakeOrigin
  private count = 0

  constructor(options: { locks: boolean }, seed = 1) {
    this.chance = new Chance(seed)
    this.network = new SimulatedNetwork(this.time, this.chance.branch(), 65_536)
    this.place = new SharedPlace(this.time)
    this.origin = new FakeOrigin(options)
  }

  environment(): VirtualEnvironment {
    return new VirtualEnvironment(this.time, this.chance.branch())
  }

  tab(): Tab {
    return new Tab(this, this.origin.openTab(), `tab ${++this.count}`)
  }

  async open(options: Partial<TabCloneOptions> = {}): Promise<Tab> {
    const tab = this.tab()
    await this.settle(tab.open(options))
    return tab
  }

  /** A clone elsewhere, on the network. */
  elsewhere(): Promise<Clone> {
    const transport = this.network.transport(`elsewhere ${++this.count}`)
    return this.settle(
      openClone({ domain, store: new MemoryStore(), transport, environment: this.environment(), genesis: true }),
    )
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.time.settle(promise)
  }

  pass(durationMs: number): Promise<void> {
    return this.time.pass(durationMs)
  }
}

/** One tab: a page with a world of its own. */
export class Tab {
  readonly platform: FakeTab
  readonly name: string
  readonly environment: VirtualEnvironment
  readonly store: SharedStore
  clone!: Clone
  isAlive = true
  private readonly transport: SimulatedTransport

  constructor(world: TabWorld, platform: FakeTab, name: string) {
    this.transport = world.network.transport(name)
    this.platform = platform
    this.name = name
    this.environment = world.environment()
    this.store = world.place.store(platform)
  }

  async open(options: Partial<TabCloneOptions> = {}): Promise<Clone> {
    const { platform, store, transport } = this
    const environment = this.frozenWithTab()
    this.clone = await openTabClone({ domain, store, transport, platform, environment, genesis: true, ...options })
    return this.clone
  }

  /** Its timers fire when it is awake. */
  private frozenWithTab(): Environment {
    const { environment, platform } = this
    return {
      now: () => environment.now(),
      random: length => environment.random(length),
      deflate: environment.deflate,
      inflate: environment.inflate,
      schedule: (callback, delayMs) => {
        let cancelled = false
        const act = () => {
          if (!cancelled) callback()
        }
        const cancel = environment.schedule(() => platform.act(act), delayMs)
        return () => {
          cancelled = true
          cancel()
        }
      },
    }
  }

  get status() {
    return this.clone.status.value
  }

  titles(): string[] {
    return this.clone
      .read({ '@select': '?t', '@where': { title: '?t' } })
      .map(row => String(row['?t']))
      .sort()
  }

  write(title: string) {
    return this.clone.write({ '@id': title, title })
  }

  async close(): Promise<void> {
    this.isAlive = false
    await this.clone.close()
  }

  /** Its page is left for another one, and never comes back. */
  leave(): void {
    this.die()
    this.platform.leave()
  }

  /** Dies without a word. */
  crash(): void {
    this.die()
    this.platform.crash()
  }

  private die(): void {
    this.isAlive = false
    this.environment.kill()
    this.store.kill()
    this.transport.kill()
  }
}
