import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, type LaunchedChromium, launchChromium, noChromium } from '../../../../test/browser/chromium.js'
import { GatewayProcess } from './gateway.js'
import { type BoardPage, Visitor } from './people.js'

const executable = await findChromium()
/** A name that is not this machine's: over plain http, an insecure context. */
const flags = ['--host-resolver-rules=MAP board.lan 127.0.0.1']
const artifacts = fileURLToPath(new URL('../../../../artifacts/', import.meta.url))
/** The first is the board's own; the others are for one test each. */
const domains = ['board.meldwork.example', ...Array.from({ length: 8 }, (_, i) => `board-${i}.example`)]

describe.skipIf(!executable)(`the board in Chromium${executable ? '' : ` (${noChromium})`}`, () => {
  let chromium: LaunchedChromium
  let browser: Browser
  /** Of most tests, each with a domain of its own. */
  let shared: GatewayProcess
  let gateway: GatewayProcess
  let used = 0
  let domain = domains[0]
  const visitors: Visitor[] = []

  beforeAll(async () => {
    mkdirSync(artifacts, { recursive: true })
    chromium = await launchChromium(executable!, { flags })
    browser = chromium.context.browser()!
    shared = new GatewayProcess(domains.flatMap(each => ['--domain', each]))
    await shared.start()
  }, 60_000)
  afterAll(async () => {
    await chromium?.close()
    await shared?.remove()
  })

  /** A board with nothing on it. */
  const begin = () => {
    gateway = shared
    domain = domains[used++]
  }
  /** A board on a gateway of its own. */
  const beginAlone = async (...options: string[]) => {
    gateway = new GatewayProcess(options)
    domain = domains[0]
    await gateway.start()
  }
  const arrive = async (name: string, options: BrowserContextOptions & { host?: string } = {}) => {
    const visitor = await Visitor.arrive(browser, gateway, name, { ...options, domain })
    visitors.push(visitor)
    return visitor
  }
  const picture = (board: BoardPage, name: string) => board.page.screenshot({ path: `${artifacts}board-${name}.png` })

  afterEach(async () => {
    try {
      await Promise.all(visitors.splice(0).map(visitor => visitor.leave()))
    } finally {
      if (gateway !== shared) await gateway?.remove()
    }
  })

  test('asks for a name once, offers an example, and shows two people each other and their changes at once', async () => {
    begin()
    const ada = await arrive('Ada Lovelace')
    const hers = await ada.openNameless()
    await hers.page.getByRole('textbox', { name: 'Your name' }).fill('Ada Lovelace')
    await hers.page.keyboard.press('Enter')
    await hers.page.getByRole('button', { name: 'Begin with an example' }).click()
    await hers.column('Doing').waitFor()
    await hers.isUpToDate()

    const bob = await arrive('Bob', { colorScheme: 'dark' })
    const his = await bob.open()
    await his.sees('To do', await hers.titles('To do'))
    await hers.page.locator('.person', { hasText: 'Bob' }).waitFor()
    await his.page.locator('.person', { hasText: 'Ada Lovelace' }).waitFor()

    await his.addCard('Doing', 'Buy milk')
    await hers.card('Buy milk', hers.column('Doing')).waitFor()
    await hers.edit('Buy milk', 'Assignee', 'Bob')
    await hers.edit('Buy milk', 'Note', 'Two bottles.\nThe blue ones.')
    await his.card('Buy milk').getByText('The blue ones').waitFor()
    await his.drag(his.card('Buy milk'), his.card('Cut the network'))
    await hers.card('Buy milk', hers.column('To do')).waitFor()
    await hers.sees('To do', await his.titles('To do'))
    await hers.page.getByRole('checkbox', { name: '“Buy milk” is done' }).check()
    await his.page.locator('.card.is-done', { hasText: 'Buy milk' }).waitFor()
    await his.title('Drag a card').click()
    await hers.card('Drag a card').locator('.watchers .badge').waitFor()
    await hers.page.mouse.move(600, 700)
    await picture(hers, 'desktop')
    await picture(his, 'dark-dialog')
    await his.page.keyboard.press('Escape')
    await picture(his, 'dark')

    await hers.page.reload()
    await hers.column('Doing').waitFor()
    expect(await hers.page.getByRole('dialog').count()).toBe(0)
  })

  test('marks a card that got two titles, one of them offline, until one is chosen', async () => {
    begin()
    const [ada, bob] = [await arrive('Ada'), await arrive('Bob')]
    const [hers, his] = [await ada.open(), await bob.open()]
    await hers.addColumn('To do')
    await hers.addCard('To do', 'Tea')
    await hers.addCard('To do', 'Water the plants')
    await his.card('Tea').waitFor()

    bob.cut()
    await his.says('Offline')
    await his.edit('Tea', 'Title', 'Green tea')
    await his.says('Offline, 1 change not sent')
    await picture(his, 'offline')
    await hers.edit('Tea', 'Title', 'Black tea')
    await bob.restore()
    await his.isUpToDate()
    // The later one is shown by both, and both say that there is another.
    for (const board of [hers, his]) {
      await board.sees('To do', ['Black tea', 'Water the plants'])
      await board.mark('Black tea').waitFor()
      expect(await board.page.locator('.mark:visible').count()).toBe(1)
    }
    await picture(hers, 'conflict-mark')

    // Unfolded and folded by keyboard; who wrote what is said.
    await hers.mark('Black tea').press('Enter')
    await hers
      .choice('Green tea')
      .getByText(/^Bob, /)
      .waitFor()
    await hers
      .choice('Black tea')
      .getByText(/^You, .*, shown now$/)
      .waitFor()
    await picture(hers, 'conflict')
    await hers.choice('Green tea').focus()
    await hers.page.keyboard.press('Escape')
    await hers.choice('Green tea').waitFor({ state: 'hidden' })
    expect(await hers.mark('Black tea').evaluate(mark => mark === document.activeElement)).toBe(true)

    await his.title('Black tea').click()
    await his.page.locator('.card-dialog').getByRole('button', { name: 'Green tea' }).waitFor()
    await picture(his, 'conflict-dialog')
    await his.page.keyboard.press('Escape')
    await his.mark('Black tea').press('Enter')
    await his.page.keyboard.press('Tab')
    await his.page.keyboard.press('Tab')
    expect(await his.choice('Green tea').evaluate(choice => choice === document.activeElement)).toBe(true)
    await his.page.keyboard.press('Enter')
    for (const board of [hers, his]) {
      await board.page.locator('.mark:visible').waitFor({ state: 'detached' })
      await board.sees('To do', ['Green tea', 'Water the plants'])
    }
  })

  test('marks cards that had two titles before there was the rule, and the gateway has the rule, too', async () => {
    await beginAlone()
    const url = `ws://127.0.0.1:${gateway.port}`
    const transport = new WebSocketTransport(url)
    const old = await openClone({ domain, store: new MemoryStore(), transport })
    await old.status.becomes({ online: true, outdated: false }, { timeoutMs: 8000 })
    const column = { '@id': 'todo', '@type': 'Column', title: 'To do', order: 'a1' }
    const card = { '@id': 'old', '@type': 'Card', title: ['One', 'Two'], column: { '@id': 'todo' }, order: 'a1' }
    await old.write([column, card])
    await old.sent({ timeoutMs: 8000 })
    const ada = await arrive('Ada')
    const hers = await ada.open()
    await hers.sees('To do', ['Two'])
    await hers.mark('Two').click()
    await hers
      .choice('One')
      .getByText(/^Somebody, /)
      .waitFor()
    await hers.choice('One').click()
    await hers.sees('To do', ['One'])
    await hers.isUpToDate()
    await old.status.becomes({ ticks: 2 }, { timeoutMs: 8000 })
    expect(old.get('old')).toEqual({ ...card, title: 'One' })
    await old.close()
    await transport.close()
    // A clone without the rule was there: nobody else differs.
    const { out } = await gateway.command('rules', '--domain', domain, '--url', url)
    expect(JSON.parse(out)).toMatchObject({ inForce: [{ declaration: { '@type': 'single-valued' } }], differ: false })
  })

  test('leaves alone what somebody is typing while others change it', async () => {
    begin()
    const [ada, bob] = [await arrive('Ada'), await arrive('Bob')]
    const [hers, his] = [await ada.open(), await bob.open()]
    await hers.addColumn('To do')
    await hers.addCard('To do', 'Tea')
    await his.title('Tea').click()
    const field = his.field('Title')
    await his.page.keyboard.press('Home')
    await his.page.keyboard.type('Green ')
    await hers.edit('Tea', 'Title', 'Black tea')
    await his.page.getByText('Meanwhile, somebody wrote “Black tea”').waitFor()
    await his.page.keyboard.type('and hot ')
    expect(await field.inputValue()).toBe('Green and hot Tea')
    expect(await field.evaluate(input => input === document.activeElement)).toBe(true)
    await picture(his, 'meanwhile')

    // What nobody is typing follows, with the caret where it was.
    await his.page.getByRole('button', { name: 'Take it' }).click()
    await his.page.keyboard.press('Home')
    await hers.edit('Black tea', 'Title', 'White tea')
    await expect.poll(() => field.inputValue()).toBe('White tea')
    expect(await field.evaluate(input => (input as HTMLInputElement).selectionStart)).toBe(0)

    // Nor does an unfinished card lose the keyboard when columns move under it.
    await his.page.keyboard.press('Escape')
    await hers.addColumn('Doing')
    await his.column('Doing').waitFor()
    await his.page.getByLabel('Add a card to Doing').focus()
    await his.page.keyboard.type('Unfinished')
    await his.page.keyboard.press('ArrowLeft')
    await hers.page.getByRole('button', { name: 'Column Doing' }).focus()
    await hers.page.keyboard.press('Alt+ArrowLeft')
    await expect.poll(() => his.page.locator('.column-title').allTextContents()).toEqual(['Doing', 'To do'])
    await his.page.keyboard.type('-')
    expect(await his.page.getByLabel('Add a card to Doing').inputValue()).toBe('Unfinishe-d')
  })

  test('opens again without a network, works on, and converges when it is back', async () => {
    begin()
    const [ada, bob] = [await arrive('Ada'), await arrive('Bob')]
    const [hers, his] = [await ada.open(), await bob.open()]
    await hers.addColumn('To do')
    await hers.addCard('To do', 'Tea')
    await his.card('Tea').waitFor()
    await his.page.evaluate(() => navigator.serviceWorker.ready)

    bob.cut()
    await his.says('Offline')
    await his.page.reload()
    await his.card('Tea').waitFor()
    await his.says('Offline')
    await his.addCard('To do', 'Written offline')
    await his.says(/[0-9]+ changes? not sent/)
    await his.page.reload()
    await his.card('Written offline').waitFor()
    await hers.addCard('To do', 'Written meanwhile')
    await bob.restore()
    await his.isUpToDate()
    await hers.card('Written offline').waitFor()
    const titles = await hers.titles('To do')
    expect(titles.toSorted()).toEqual(['Tea', 'Written meanwhile', 'Written offline'])
    await his.sees('To do', titles)
  })

  test('works on a host name of the local network, where browsers allow less', async () => {
    await beginAlone('--host', '0.0.0.0')
    const [ada, bob] = [await arrive('Ada', { host: 'board.lan' }), await arrive('Bob')]
    const [hers, his] = [await ada.open(), await bob.open()]
    expect(
      await hers.page.evaluate(() => [isSecureContext, 'serviceWorker' in navigator, 'locks' in navigator]),
    ).toEqual([false, false, false])
    await hers.addColumn('To do')
    await hers.addCard('To do', 'From the network')
    await his.card('From the network').waitFor()
    ada.cut()
    await hers.says('Offline')
    await hers.addCard('To do', 'Written offline')
    await ada.restore()
    await his.card('Written offline').waitFor()
    await hers.page.reload()
    await hers.sees('To do', ['From the network', 'Written offline'])
    await hers.isUpToDate()
  })

  test('has everything after the server was stopped and started again, with all browsers closed', async () => {
    await beginAlone()
    const ada = await arrive('Ada')
    const hers = await ada.open()
    await hers.addColumn('To do')
    await hers.addCard('To do', 'Tea')
    await hers.isUpToDate()
    await gateway.stop()
    await hers.says('Offline')
    await hers.page.close()
    await gateway.start()
    const bob = await arrive('Bob')
    await (await bob.open()).sees('To do', ['Tea'])
  })

  test('can be used with the keyboard alone', async () => {
    begin()
    const ada = await arrive('Ada')
    const hers = await ada.open()
    const { keyboard } = hers.page
    await hers.page.getByLabel('Add a column').focus()
    await keyboard.type('To do')
    await keyboard.press('Enter')
    await hers.column('To do').waitFor()
    for (const title of ['Tea', 'Cake']) {
      await keyboard.type(title)
      await keyboard.press('Enter')
      await hers.card(title).waitFor()
    }
    await hers.page.getByLabel('Add a column').focus()
    await keyboard.type('Done')
    await keyboard.press('Enter')
    await hers.column('Done').waitFor()

    await hers.title('Cake').focus()
    await keyboard.press('Alt+ArrowUp')
    await hers.sees('To do', ['Cake', 'Tea'])
    await keyboard.press('Alt+ArrowRight')
    await hers.sees('Done', ['Cake'])
    const focused = () => hers.page.evaluate(() => document.activeElement?.textContent)
    expect(await focused()).toBe('Cake')
    await hers.page.locator('#done', { hasText: 'Moved to “Done”, 1 of 1.' }).waitFor({ state: 'attached' })
    await keyboard.press('ArrowLeft')
    expect(await focused()).toBe('Tea')
    await keyboard.press('Enter')
    await keyboard.type(' and biscuits')
    await keyboard.press('Enter')
    await hers.sees('To do', ['Tea and biscuits'])
    await expect.poll(focused).toBe('Tea and biscuits')

    await keyboard.press('Delete')
    await hers.sees('To do', [])
    await hers.page.getByLabel('Add a card to To do').and(hers.page.locator(':focus')).waitFor()
    await hers.title('Cake').focus()
    await keyboard.press('Control+z')
    await hers.sees('To do', ['Tea and biscuits'])

    // A column goes with its cards, and comes back with them.
    await hers.page.getByRole('button', { name: 'Column To do' }).press('Enter')
    await hers.page.getByRole('button', { name: 'Delete with its cards' }).press('Enter')
    await hers.column('To do').waitFor({ state: 'detached' })
    expect(await hers.card('Tea and biscuits').count()).toBe(0)
    await hers.page.getByRole('button', { name: 'Undo' }).press('Enter')
    await hers.sees('To do', ['Tea and biscuits'])
  })

  test('fits a phone, where a finger drags by the handle or chooses where to', async () => {
    begin()
    const ada = await arrive('Ada', { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true })
    const hers = await ada.open()
    await hers.page.getByRole('button', { name: 'Begin with an example' }).tap()
    await hers.column('To do').waitFor()
    const [first, second] = await hers.titles('To do')
    await hers.page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur())
    await picture(hers, 'phone')
    expect(await hers.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)

    await hers.card(second).locator('.card-move').tap()
    await hers.page.getByRole('button', { name: 'To Done' }).waitFor()
    await picture(hers, 'phone-move')
    await hers.page.getByRole('button', { name: 'To Done' }).tap()
    await hers.card(second, hers.column('Done')).waitFor()
    await hers.card(first).locator('.card-title').tap()
    await hers.field('Note').waitFor()
    await picture(hers, 'phone-card')
    await hers.page.locator('.card-dialog').getByRole('button', { name: 'Close' }).first().tap()

    await hers.addCard('To do', 'Dragged')
    const touch = await ada.context.newCDPSession(hers.page)
    const handle = (await hers.card('Dragged').locator('.card-move').boundingBox())!
    const target = (await hers.card(first).boundingBox())!
    const x = handle.x + handle.width / 2
    const put = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...ys: number[]) =>
      touch.send('Input.dispatchTouchEvent', { type, touchPoints: ys.map(y => ({ x, y })) })
    await put('touchStart', handle.y + 10)
    await put('touchMove', handle.y - 10)
    await put('touchMove', target.y + 10)
    await put('touchEnd')
    await hers.sees('To do', ['Dragged', first])
  })

  test('gives each tab a database of its own, a duplicated one too, and what a closed one left to the next', async () => {
    begin()
    const ada = await arrive('Ada')
    const first = await ada.open()
    await first.addColumn('To do')
    const databaseOf = ({ page }: BoardPage) =>
      page.evaluate(domain => sessionStorage.getItem(`meldwork-board:database:${domain}`), domain)
    const own = await databaseOf(first)

    // A window that a page opens begins with a copy of its session storage, as a duplicated tab does.
    const [copy] = await Promise.all([
      ada.context.waitForEvent('page'),
      first.page.evaluate(() => void open(location.href)),
    ])
    await copy.locator('#board:not([aria-busy])').waitFor()
    const names = await ada.context
      .pages()
      .at(-1)!
      .evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
    expect(names).toHaveLength(2)
    const other = await copy.evaluate(domain => sessionStorage.getItem(`meldwork-board:database:${domain}`), domain)
    expect(other).not.toBe(own)
    await first.page.reload()
    await first.column('To do').waitFor()
    expect(await databaseOf(first)).toBe(own)

    await copy.close()
    ada.cut()
    await first.says('Offline')
    await first.addCard('To do', 'Not sent yet')
    await first.says(/[0-9]+ changes? not sent/)
    await first.page.close()
    await ada.restore()
    const next = await ada.open()
    await next.card('Not sent yet').waitFor()
    expect(await databaseOf(next)).toBe(own)
    await next.isUpToDate()
    const bob = await arrive('Bob')
    await (await bob.open()).sees('To do', ['Not sent yet'])
  })

  test('shows as text whatever strangers write', async () => {
    begin()
    const ada = await arrive('Ada', { viewport: { width: 1280, height: 1300 } })
    const hers = await ada.open()
    await hers.addColumn('To do')
    const store = new MemoryStore()
    const transport = new WebSocketTransport(`ws://127.0.0.1:${gateway.port}/`)
    const stranger = await openClone({ domain, store, transport })
    try {
      const columns = () => stranger.read({ '@describe': '?c', '@where': { '@id': '?c', '@type': 'Column' } })
      await expect.poll(columns).toHaveLength(1)
      const [column] = columns()
      const place = { '@type': 'Card', column: { '@id': column['@id'] } }
      const markup = '<img src=x onerror="alert(1)">'
      await stranger.write([
        { ...place, '@id': '__proto__', title: markup, note: '<script>alert(2)</script>', assignee: markup },
        { ...place, '@id': 'constructor', title: 7, done: 'yes', order: { '@id': 'elsewhere' }, note: [true, 1n, 'x'] },
        { ...place, title: { '@type': '@json', '@value': { toString: 1 } }, order: ['\u0000', 'zzz', 'a0'] },
        { ...place, title: new Uint8Array([1, 2, 3]), column: [{ '@id': 'nowhere' }, 'text', 5] },
        { ...place, title: 'long '.repeat(20_000), assignee: 'x'.repeat(5000) },
        { '@id': column['@id'], title: markup },
      ])
      stranger.presence.announce({ id: '__proto__', name: markup, hue: 'url(x)', at: '__proto__' })
      await expect.poll(() => hers.page.locator('.card').count()).toBe(5)
      await hers.page.locator('.card-title', { hasText: markup }).waitFor()
      await hers.page.locator('.person', { hasText: markup }).waitFor()
      await hers.page.locator('.card-title', { hasText: /^7$/ }).click()
      await hers.page.keyboard.press('Escape')
      expect(await hers.page.locator('.board img, .board script, .people img').count()).toBe(0)
      await picture(hers, 'strange')
      await hers.page.locator('.column-head + .choices .choice', { hasText: 'To do' }).click()
      await hers.addCard('To do', 'And the page goes on')
      await hers.drag(hers.card('And the page goes on'), hers.column('To do').locator('.card').first())
      await expect.poll(async () => (await hers.titles('To do'))[0]).toBe('And the page goes on')
    } finally {
      await stranger.close()
      await transport.close()
    }
  })
})
