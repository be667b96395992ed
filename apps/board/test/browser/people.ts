import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { Wire } from '../../../../packages/meldwork/test/transports/relay-server.js'
import type { GatewayProcess } from './gateway.js'

/** How long something on a page may take. */
const patience = { timeout: 8000 }

/** Somebody with a browser of their own, and a network of their own. */
export class Visitor {
  readonly name: string
  readonly context: BrowserContext
  readonly wire: Wire
  /** What pages of this visitor have complained of. */
  readonly complaints: string[] = []
  private readonly address: string

  private constructor(name: string, context: BrowserContext, wire: Wire, address: string) {
    this.name = name
    this.context = context
    this.wire = wire
    this.address = address
    context.setDefaultTimeout(patience.timeout)
    context.on('page', page => {
      page.on('pageerror', error => this.complaints.push(String(error.stack)))
      page.on('dialog', dialog => this.complaints.push(dialog.message()))
    })
  }

  /** @param host a name that the browser takes for this machine */
  static async arrive(
    browser: Browser,
    gateway: GatewayProcess,
    name: string,
    options: BrowserContextOptions & { domain: string; host?: string },
  ): Promise<Visitor> {
    const { host = 'localhost', domain, ...rest } = options
    const wire = new Wire(() => gateway.port)
    const { port } = new URL(await wire.open())
    // The board's own domain needs no naming.
    const query = domain === 'board.meldwork.example' ? '' : `?domain=${domain}`
    return new Visitor(name, await browser.newContext(rest), wire, `http://${host}:${port}/${query}`)
  }

  /** Opens the board, with a name known from before. */
  async open(): Promise<BoardPage> {
    const person = JSON.stringify({ id: this.name.padEnd(20, '0'), name: this.name })
    await this.context.addInitScript(person => {
      const key = 'meldwork-board:person'
      if (location.protocol.startsWith('http') && localStorage.getItem(key) === null) localStorage.setItem(key, person)
    }, person)
    return this.openNameless()
  }

  /** Opens the board as the browser knows it. */
  async openNameless(): Promise<BoardPage> {
    const page = await this.context.newPage()
    await page.goto(this.address)
    return BoardPage.ready(page)
  }

  /** The network is cut. */
  cut(): void {
    this.wire.cut()
  }

  /** The network is back, and browsers notice. */
  async restore(): Promise<void> {
    this.wire.restore()
    for (const page of this.context.pages()) await page.evaluate(() => dispatchEvent(new Event('online')))
  }

  async leave(): Promise<void> {
    await this.context.close()
    await this.wire.close()
    expect(this.complaints).toEqual([])
  }
}

/** A page with the board, and what people do there. */
export class BoardPage {
  readonly page: Page

  private constructor(page: Page) {
    this.page = page
  }

  static async ready(page: Page): Promise<BoardPage> {
    await page.locator('#board:not([aria-busy])').waitFor()
    return new BoardPage(page)
  }

  column(title: string): Locator {
    return this.page.getByRole('region', { name: title, exact: true })
  }

  /** A card that shows a text. */
  card(text: string, within: Locator | Page = this.page): Locator {
    return within.locator('.card:not(.ghost)').filter({ hasText: text })
  }

  /** The button that is a card's title. */
  title(text: string): Locator {
    return this.page.locator('.card-title').filter({ hasText: text })
  }

  /** The mark of a card that has several titles. */
  mark(title: string): Locator {
    return this.card(title).getByRole('button', { name: /: choose one$/ })
  }

  /** One of the texts that a card offers. */
  choice(text: string): Locator {
    return this.page.locator('.board .choice').filter({ hasText: text })
  }

  get status(): Locator {
    return this.page.locator('.status-label')
  }

  async addColumn(title: string): Promise<void> {
    await this.page.getByLabel('Add a column').fill(title)
    await this.page.keyboard.press('Enter')
    await this.column(title).waitFor()
  }

  async addCard(column: string, title: string): Promise<void> {
    await this.page.getByLabel(`Add a card to ${column}`).fill(title)
    await this.page.keyboard.press('Enter')
    await this.card(title, this.column(column)).waitFor()
  }

  /** Edits one field of a card in its dialog. */
  async edit(title: string, field: 'Title' | 'Assignee' | 'Note', text: string): Promise<void> {
    await this.title(title).click()
    await this.field(field).fill(text)
    await this.page.getByRole('button', { name: 'Close' }).last().click()
  }

  field(label: string): Locator {
    return this.page.locator('.card-dialog').getByLabel(label, { exact: true })
  }

  /** The titles of a column's cards, from top to bottom. */
  titles(column: string): Promise<string[]> {
    return this.column(column).locator('.card-title').allTextContents()
  }

  async sees(column: string, titles: readonly string[]): Promise<void> {
    await expect.poll(() => this.titles(column), patience).toEqual(titles)
  }

  async says(status: string | RegExp): Promise<void> {
    await this.status.filter({ hasText: status }).waitFor()
  }

  /** Everything written here has reached somebody, and everything of the others is here. The dot tells it sooner than the words. */
  async isUpToDate(): Promise<void> {
    await this.page.locator('#status[data-tone=good]').waitFor()
  }

  /** Drags by mouse, to the upper part of a card: before it. */
  async drag(from: Locator, to: Locator): Promise<void> {
    const [start, end] = [await within(from, 0.5), await within(to, 0.2)]
    const { mouse } = this.page
    await mouse.move(start.x, start.y)
    await mouse.down()
    await mouse.move(start.x + 10, start.y + 10, { steps: 2 })
    await mouse.move(end.x, end.y, { steps: 4 })
    await mouse.up()
  }
}

async function within(element: Locator, part: number): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = (await element.boundingBox())!
  return { x: x + width / 2, y: y + height * part }
}
