import type { Offer } from '../conflicts.js'
import { type Card, loose, type Model, type ModelChange } from '../model.js'
import type { Person } from '../person.js'
import { type CardHandlers, CardView } from './card-view.js'
import { type ColumnHandlers, ColumnView } from './column-view.js'
import { arrange, element, keepingFocus } from './elements.js'

/** What people do with a board. */
export interface BoardHandlers extends CardHandlers, ColumnHandlers {
  addColumn(title: string): void
}

/** When more has changed at once, nothing of it stands out. */
const maxFlashes = 20

/** The whole board. Draws what has changed, once a frame; never takes the keyboard from anybody. */
export class BoardView {
  private readonly root: HTMLElement
  private readonly model: Model
  private readonly handlers: BoardHandlers
  private readonly columns = new Map<string, ColumnView>()
  private readonly cards = new Map<string, CardView>()
  private readonly input = element('input', { className: 'add-input', placeholder: '+ Add a column', maxLength: 200 })
  private readonly adder: HTMLElement
  private readonly pending = { cards: new Set<string>(), columns: new Set<string>(), lists: new Set<string>() }
  private readonly news = new Set<string>()
  private watchers = new Map<string, Person[]>()
  private offers: ReadonlyMap<string, readonly Offer[]> = new Map()
  private scheduled = false
  private afterwards: (() => void)[] = []

  constructor(root: HTMLElement, model: Model, handlers: BoardHandlers) {
    this.root = root
    this.model = model
    this.handlers = handlers
    this.input.setAttribute('aria-label', 'Add a column')
    const form = element('form', { className: 'add add-column' }, this.input)
    form.onsubmit = event => {
      event.preventDefault()
      const title = this.input.value.trim()
      if (title === '') return
      this.input.value = ''
      handlers.addColumn(title)
    }
    this.adder = element('div', { className: 'column column-adder fixed-last' }, form)
    root.append(this.adder)
  }

  /** Takes note of a change. @param isNews whether somebody else has made it */
  changed(change: ModelChange, isNews: boolean): void {
    for (const part of ['cards', 'columns', 'lists'] as const) for (const id of change[part]) this.pending[part].add(id)
    if (isNews) for (const id of change.cards) this.news.add(id)
    this.schedule()
  }

  /** Shows who looks at which card. */
  showPeople(people: readonly Person[]): void {
    const watchers = new Map<string, Person[]>()
    for (const person of people)
      if (person.at !== undefined) watchers.set(person.at, [...(watchers.get(person.at) ?? []), person])
    for (const id of new Set([...this.watchers.keys(), ...watchers.keys()]))
      this.cards.get(id)?.showWatchers(watchers.get(id) ?? [])
    this.watchers = watchers
  }

  /** Shows of which cards the title is to be chosen. */
  showOffers(offers: ReadonlyMap<string, readonly Offer[]>): void {
    const known = this.offers
    this.offers = offers
    keepingFocus(() => {
      for (const id of new Set([...known.keys(), ...offers.keys()]))
        this.cards.get(id)?.showOffers(offers.get(id) ?? [])
    })
  }

  /** Runs something when everything changed so far has been drawn. */
  afterDrawing(action: () => void): void {
    this.afterwards.push(action)
    this.schedule()
  }

  cardView(id: string): CardView | undefined {
    return this.cards.get(id)
  }

  columnView(id: string): ColumnView | undefined {
    return this.columns.get(id)
  }

  focusAdder(): void {
    this.input.focus()
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    requestAnimationFrame(() => {
      this.scheduled = false
      this.draw()
      const actions = this.afterwards
      this.afterwards = []
      for (const action of actions) action()
    })
  }

  private draw(): void {
    const { cards, columns, lists } = this.pending
    const heir = this.heirOfFocus(cards)
    keepingFocus(() => {
      this.drawColumns(columns, lists)
      for (const id of cards) this.drawCard(id)
      for (const id of lists) this.columns.get(id)?.arrange(this.model.cardsIn(id), card => this.viewOf(card))
    })
    if (this.news.size <= maxFlashes) for (const id of this.news) this.cards.get(id)?.flash()
    for (const set of [cards, columns, lists, this.news]) set.clear()
    if (heir !== undefined && document.activeElement === document.body) heir()
  }

  private drawColumns(changed: ReadonlySet<string>, lists: ReadonlySet<string>): void {
    const looseShown = this.columns.has(loose)
    const looseWanted = this.model.cardsIn(loose).length > 0
    if (changed.size === 0 && looseShown === looseWanted) return
    for (const id of changed) {
      const column = this.model.column(id)
      if (column === undefined) this.dropColumn(id)
      else this.columnOf(id, lists).update(column)
    }
    if (looseWanted) this.columnOf(loose, lists)
    else this.dropColumn(loose)
    const ids = [...(looseWanted ? [loose] : []), ...this.model.columns.map(column => column.id)]
    const nodes = ids.map(id => this.columns.get(id)!.node)
    arrange(this.root, nodes, child => child.classList.contains('column') && child !== this.adder)
  }

  private columnOf(id: string, lists: ReadonlySet<string>): ColumnView {
    let view = this.columns.get(id)
    if (view === undefined) {
      view = new ColumnView(id, this.handlers)
      this.columns.set(id, view)
      ;(lists as Set<string>).add(id)
    }
    return view
  }

  private dropColumn(id: string): void {
    const view = this.columns.get(id)
    if (view === undefined) return
    // Its cards live on elsewhere, or are removed with the cards.
    this.columns.delete(id)
    view.node.remove()
  }

  private drawCard(id: string): void {
    const card = this.model.card(id)
    if (card !== undefined) {
      this.viewOf(card).update(card)
      return
    }
    this.cards.get(id)?.node.remove()
    this.cards.delete(id)
  }

  private viewOf(card: Card): CardView {
    let view = this.cards.get(card.id)
    if (view === undefined) {
      view = new CardView(card.id, this.handlers)
      view.update(card)
      view.showOffers(this.offers.get(card.id) ?? [])
      view.showWatchers(this.watchers.get(card.id) ?? [])
      this.cards.set(card.id, view)
    }
    return view
  }

  /** Where the keyboard goes, when the card that has it is about to go: to its neighbour. */
  private heirOfFocus(changed: ReadonlySet<string>): (() => void) | undefined {
    const node = document.activeElement?.closest<HTMLElement>('.card')
    const id = node?.dataset.card
    if (node == null || id === undefined || !changed.has(id) || this.model.card(id) !== undefined) return undefined
    const column = node.closest<HTMLElement>('.column')?.dataset.column
    for (const other of [node.nextElementSibling, node.previousElementSibling]) {
      const heir = other instanceof HTMLElement ? other.dataset.card : undefined
      if (heir !== undefined) return () => this.cards.get(heir)?.focus()
    }
    return column === undefined ? undefined : () => this.columns.get(column)?.focusInput()
  }
}
