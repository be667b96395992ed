import { offersOfTexts } from '../conflicts.js'
import { type Card, type Column, loose } from '../model.js'
import { mainText, shown } from '../values.js'
import type { CardView } from './card-view.js'
import { Choices } from './choices.js'
import { arrange, element, icon, setText, uniqueId } from './elements.js'

/** What people do with a column. */
export interface ColumnHandlers {
  addCard(column: string, title: string): void
  openColumn(id: string): void
  chooseTitle(id: string, title: string): void
}

/** A column with its cards; or, without a column, those cards that have none. */
export class ColumnView {
  readonly node: HTMLElement
  readonly list = element('ul', { className: 'cards' })
  private readonly id: string
  private readonly title = element('h2', { className: 'column-title', id: uniqueId() })
  private readonly count = element('span', { className: 'count' })
  private readonly menu = element('button', { type: 'button', className: 'quiet column-menu' }, icon('more'))
  private readonly input = element('input', { className: 'add-input', placeholder: '+ Add a card', maxLength: 500 })
  private readonly choices: Choices

  constructor(id: string, handlers: ColumnHandlers) {
    this.id = id
    this.choices = new Choices('title', text => handlers.chooseTitle(id, text))
    this.menu.onclick = () => handlers.openColumn(id)
    const form = element('form', { className: 'add' }, this.input)
    form.onsubmit = event => {
      event.preventDefault()
      const text = this.input.value.trim()
      if (text === '') return
      this.input.value = ''
      handlers.addCard(id, text)
    }
    this.input.enterKeyHint = 'done'
    const head = element('header', { className: 'column-head' }, this.title, this.count, this.menu)
    this.node = element('section', { className: 'column' }, head, this.choices.node, this.list, form)
    this.node.setAttribute('aria-labelledby', this.title.id)
    this.list.setAttribute('aria-labelledby', this.title.id)
    this.node.dataset.column = id
    this.menu.hidden = form.hidden = id === loose
    if (id === loose) this.name('Without a column')
  }

  update(column: Column): void {
    const title = mainText(column.title)
    this.name(title.trim() === '' ? 'Without a title' : shown(title))
    this.choices.update(offersOfTexts(column.title))
  }

  /** Brings the cards into their order. Those that are gone have been removed before. */
  arrange(cards: readonly Card[], viewOf: (card: Card) => CardView): void {
    arrange(
      this.list,
      cards.map(card => viewOf(card).node),
      child => child.classList.contains('card'),
    )
    setText(this.count, String(cards.length))
    this.count.setAttribute('aria-label', cards.length === 1 ? '1 card' : `${cards.length} cards`)
  }

  focusMenu(): void {
    this.menu.focus()
  }

  /** Where the keyboard goes when the last card is gone. */
  focusInput(): void {
    if (this.id !== loose) this.input.focus()
  }

  private name(title: string): void {
    setText(this.title, title)
    this.menu.setAttribute('aria-label', `Column ${title}: rename, move, delete`)
    this.input.setAttribute('aria-label', `Add a card to ${title}`)
  }
}
