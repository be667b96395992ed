import { describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import type { Clone } from '../../src/index.js'
import { Chance } from '../../src/testkit/chance.js'
import { type Tab, TabWorld } from './tab-world.js'

/** What one history did, and what was promised in it. */
export class History {
  readonly world: TabWorld
  readonly tabs: Tab[] = []
  readonly acknowledged = new Set<string>()
  readonly steps: string[] = []
  /** Writes of tabs that are still there: they must be acknowledged in the end. */
  private readonly waiting = new Map<string, Tab>()
  private readonly chance: Chance
  private count = 0

  constructor(locks: boolean, seed: number) {
    this.chance = new Chance(seed)
    this.world = new TabWorld({ locks }, seed)
  }

  async run(far: Clone): Promise<void> {
    const { chance, world } = this
    for (let step = 0; step < 40; step++) {
      world.place.slowMs = chance.pick([0, 1, 5, 200])
      const opened = this.tabs.filter(({ clone }) => clone !== undefined)
      // In a frozen tab nothing happens, but that it dies.
      const what = chance.whole(0, 11)
      if (opened.length === 0 || (what === 0 && this.tabs.length < 4)) this.open()
      else this.happen(what, chance.pick(opened), far)
      await world.pass(chance.pick([0, 1, 3, 50, 700, 4000]))
    }
  }

  private happen(what: number, tab: Tab, far: Clone): void {
    if (tab.platform.isFrozen && what !== 2 && what !== 7) this.act(tab, 'thaws', () => tab.platform.thaw())
    else if (what === 1) this.leave(tab, 'closes', () => void tab.close())
    else if (what === 2) this.leave(tab, 'crashes', () => tab.crash())
    else if (what === 3 || what === 4) this.act(tab, 'is frozen', () => tab.platform.freeze())
    else if (what === 5) this.act(tab, 'is hidden', () => tab.platform.hide())
    else if (what === 6) this.act(tab, 'is shown', () => tab.platform.show())
    else if (what === 7) void far.write(this.note('far'))
    else for (let index = this.chance.whole(0, 3); index >= 0; index--) this.write(tab)
  }

  private open(): void {
    const tab = this.world.tab()
    this.steps.push(`${tab.name} opens`)
    this.tabs.push(tab)
    void tab.open()
  }

  private act(tab: Tab, what: string, act: () => void): void {
    this.steps.push(`${tab.name} ${what}`)
    act()
  }

  private leave(tab: Tab, what: string, act: () => void): void {
    this.tabs.splice(this.tabs.indexOf(tab), 1)
    for (const [id, of] of this.waiting) if (of === tab) this.waiting.delete(id)
    this.act(tab, what, act)
  }

  private note(by: string) {
    const id = `${by.replace(' ', '')}-${++this.count}`
    this.steps.push(`${by} writes ${id}`)
    return { '@id': id, title: id }
  }

  private write(tab: Tab): void {
    const note = this.note(tab.name)
    this.waiting.set(note.title, tab)
    tab.clone.write(note).then(
      () => {
        // What a dead tab believes does not count.
        if (!tab.isAlive) return
        this.acknowledged.add(note.title)
        this.waiting.delete(note.title)
      },
      () => {},
    )
  }

  /** Everybody is awake; then all must be well. */
  async end(far: Clone): Promise<void> {
    const { world, tabs } = this
    for (const { platform } of tabs) {
      platform.thaw()
      platform.show()
    }
    await world.pass(90_000)
    const shown = titlesOf(far)
    expect([...this.waiting.keys()], 'every write is acknowledged').toEqual([])
    expect(
      tabs.filter(({ clone }) => clone === undefined).map(({ name }) => name),
      'all have opened',
    ).toEqual([])
    for (const tab of tabs) expect([tab.name, tab.titles()]).toEqual([tab.name, shown])
    const keepers = tabs.filter(({ status }) => status.keeper === 'here')
    expect(keepers).toHaveLength(Math.min(1, tabs.length))
    await world.settle(Promise.all(tabs.map(tab => tab.close())))
    await world.pass(5000)
    const alone = await world.open({ transport: undefined })
    await world.pass(5000)
    const kept = alone.titles()
    expect(
      [...this.acknowledged].filter(id => !kept.includes(id)),
      'nothing acknowledged is lost',
    ).toEqual([])
    // With nobody left to pass things on, the store and the rest of the world need not be equal.
    if (tabs.length > 0) expect(kept, 'the store has what all have').toEqual(shown)
    expect(world.place.violations).toEqual([])
  }
}

const titlesOf = (clone: Clone): string[] =>
  clone
    .read({ '@select': '?t', '@where': { title: '?t' } })
    .map(row => String(row['?t']))
    .sort()

describe.each([{ locks: true }, { locks: false }])('tabs at random (locks: $locks)', ({ locks }) => {
  test('lose nothing that they have acknowledged, and end up equal', async () => {
    const count = fuzz.runs(40)
    for (let run = 0; run < count; run++) {
      const seed = fuzz.seed + run
      const history = new History(locks, seed)
      try {
        const far = await history.world.elsewhere()
        await history.run(far)
        await history.end(far)
      } catch (error) {
        const told = `seed ${seed}: ${history.steps.join('; ')}`
        throw new Error(`${told}\n${(error as Error).message}`, { cause: error })
      }
    }
  }, 120_000)
})
