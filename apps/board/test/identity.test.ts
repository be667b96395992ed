import { describe, expect, test } from 'vitest'
import { findDatabase, type Surroundings, type TabChannel, type Tenancy } from '../src/identity.js'
import { forgetful, type KeyValues } from '../src/storage.js'

const domain = 'board.example'
const dayMs = 24 * 60 * 60 * 1000

/** A browser: tabs with storages and channels, in which time passes when the test says so. */
class FakeBrowser {
  readonly local = forgetful()
  readonly channels = new Set<FakeChannel>()
  nowMs = 0
  private names = 0
  private waiting: (() => void)[] = []

  /** A tab begins to look for its database. */
  begin(session: KeyValues = forgetful()): FakeTab {
    const opened: FakeChannel[] = []
    const surroundings: Surroundings = {
      session,
      local: this.local,
      openChannel: () => {
        const channel = new FakeChannel(this)
        opened.push(channel)
        return channel
      },
      wait: () => new Promise(resolve => this.waiting.push(resolve)),
      newName: () => `name-${String(++this.names).padStart(4, '0')}`,
      nowMs: () => this.nowMs,
    }
    return { session, tenancy: findDatabase(domain, surroundings), channels: opened }
  }

  /** A tab finds its database, with nobody else about. */
  async open(session?: KeyValues): Promise<FakeTab & { found: Tenancy }> {
    const tab = this.begin(session)
    this.pass()
    return { ...tab, found: await tab.tenancy }
  }

  /** Enough time passes for answers. */
  pass(): void {
    const waiting = this.waiting
    this.waiting = []
    for (const resolve of waiting) resolve()
  }
}

interface FakeTab {
  readonly session: KeyValues
  readonly tenancy: Promise<Tenancy>
  readonly channels: readonly FakeChannel[]
}

class FakeChannel implements TabChannel {
  frozen = false
  private readonly browser: FakeBrowser
  private listener: (event: { data: unknown }) => void = () => {}

  constructor(browser: FakeBrowser) {
    this.browser = browser
    browser.channels.add(this)
  }

  postMessage(message: unknown): void {
    for (const other of [...this.browser.channels])
      if (other !== this && !other.frozen) other.listener({ data: structuredClone(message) })
  }

  addEventListener(_type: 'message', listener: (event: { data: unknown }) => void): void {
    this.listener = listener
  }

  close(): void {
    this.browser.channels.delete(this)
  }
}

const copyOf = (session: KeyValues) => {
  const copy = forgetful()
  for (const key of session.keys()) copy.setItem(key, session.getItem(key)!)
  return copy
}
/** The page is gone: nobody answers for it any more. */
const gone = (tab: FakeTab) => {
  for (const channel of tab.channels) channel.close()
}

describe('the database of a tab', () => {
  test('is new for a first tab, and found without waiting', async () => {
    const browser = new FakeBrowser()
    const { found } = { found: await browser.begin().tenancy }
    expect(found.name).toMatch(/^meldwork-board board\.example name-/)
    expect(found.isMine).toBe(true)
  })

  test('is the same after the tab was loaded again', async () => {
    const browser = new FakeBrowser()
    const tab = await browser.open()
    gone(tab)
    const again = await browser.open(tab.session)
    expect(again.found.name).toBe(tab.found.name)
    expect(again.found.isMine).toBe(true)
    expect(tab.found.isMine).toBe(false)
  })

  test('is another for a second tab, and for a duplicated one', async () => {
    const browser = new FakeBrowser()
    const first = await browser.open()
    const second = await browser.open()
    const copy = await browser.open(copyOf(first.session))
    expect(new Set([first, second, copy].map(({ found }) => found.name)).size).toBe(3)
    for (const { found } of [first, second, copy]) expect(found.isMine).toBe(true)
  })

  test('is adopted from a closed tab: from one with unsent changes first, then from the last one used', async () => {
    const browser = new FakeBrowser()
    const tabs = [await browser.open(), await browser.open(), await browser.open()]
    for (const [index, tab] of tabs.entries()) {
      browser.nowMs = index * dayMs
      tab.found.note(index === 0)
      gone(tab)
    }
    const names: string[] = []
    for (let i = 0; i < 4; i++) names.push((await browser.open()).found.name)
    const [first, second, third] = tabs.map(({ found }) => found.name)
    expect(names.slice(0, 3)).toEqual([first, third, second])
    expect(new Set(names).size).toBe(4)
  })

  test('is never given to two of several tabs that ask at once', async () => {
    for (let count = 2; count < 6; count++) {
      const browser = new FakeBrowser()
      const tab = await browser.open()
      gone(tab)
      // One of them is that tab, loaded again; others are copies of it, and new ones.
      const sessions = [tab.session, copyOf(tab.session), ...Array.from({ length: count - 2 }, () => forgetful())]
      const asking = sessions.map(session => browser.begin(session))
      browser.pass()
      const found = await Promise.all(asking.map(({ tenancy }) => tenancy))
      expect(new Set(found.map(({ name }) => name)).size).toBe(count)
      expect(found.map(({ name }) => name)).toContain(tab.found.name)
      expect(found.every(({ isMine }) => isMine)).toBe(true)
    }
  })

  test('stays with the tab that had it, when a new one would adopt it at the same time', async () => {
    const browser = new FakeBrowser()
    const tab = await browser.open()
    gone(tab)
    const adopting = browser.begin()
    const reloaded = browser.begin(tab.session)
    browser.pass()
    expect((await reloaded.tenancy).name).toBe(tab.found.name)
    expect((await adopting.tenancy).name).not.toBe(tab.found.name)
  })

  test('is lost to a tab that could not answer because it was frozen, which then knows it', async () => {
    const browser = new FakeBrowser()
    const frozen = await browser.open()
    for (const channel of frozen.channels) channel.frozen = true
    const adopting = await browser.open()
    expect(adopting.found.name).toBe(frozen.found.name)
    expect(frozen.found.isMine).toBe(false)
    frozen.found.note(true)
    expect(adopting.found.isMine).toBe(true)

    frozen.found.leave()
    expect((await browser.open(frozen.session)).found.name).not.toBe(adopting.found.name)
  })

  test('is removed when nobody has used it for a month and it holds nothing unsent', async () => {
    const browser = new FakeBrowser()
    const [sent, unsent] = [await browser.open(), await browser.open()]
    sent.found.note(false)
    unsent.found.note(true)
    gone(sent)
    gone(unsent)
    browser.nowMs = 31 * dayMs
    const next = await browser.open()
    expect(next.found.name).toBe(unsent.found.name)
    expect(next.found.stale).toEqual([sent.found.name])
    next.found.forget(sent.found.name)
    expect((await browser.open()).found.stale).toEqual([])
  })

  test('is another after one that cannot be used', async () => {
    const browser = new FakeBrowser()
    const { found, session } = await browser.open()
    const { name } = found
    found.startAfresh()
    expect(found.name).not.toBe(name)
    gone({ session, tenancy: Promise.resolve(found), channels: [...browser.channels] })
    expect((await browser.open(session)).found.name).toBe(found.name)
  })
})
