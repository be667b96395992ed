import { type Card, loose, type Model } from '../model.js'
import type { BoardView } from './board-view.js'

/** What keys do. */
export interface KeyHandlers {
  moveCard(id: string, column: string, index: number): void
  moveColumn(id: string, index: number): void
  deleteCard(id: string): void
  /** Undoes a deletion. @returns whether there was one to undo */
  undo(): boolean
}

/**
 * The board by keyboard: arrows go from card to card, Alt and arrows move a card or a column, Delete deletes a card, Control and Z takes the
 * deletion back. All that keys do can be done without them, too.
 */
export class Keyboard {
  private readonly model: Model
  private readonly board: BoardView
  private readonly handlers: KeyHandlers

  constructor(root: HTMLElement, model: Model, board: BoardView, handlers: KeyHandlers) {
    this.model = model
    this.board = board
    this.handlers = handlers
    root.addEventListener('keydown', event => {
      if (this.handle(event)) event.preventDefault()
    })
    document.addEventListener('keydown', event => {
      const isTyping = event.target instanceof Element && event.target.matches('input, textarea, select, dialog *')
      const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === 'z'
      if (isUndo && !isTyping && this.handlers.undo()) event.preventDefault()
    })
  }

  private handle(event: KeyboardEvent): boolean {
    const target = event.target as HTMLElement
    if (event.ctrlKey || event.metaKey || event.shiftKey || target.matches('input:not([type=checkbox])')) return false
    const card = this.model.card(target.closest<HTMLElement>('.card')?.dataset.card ?? loose)
    if (card !== undefined) return event.altKey ? this.moveCard(card, event.key) : this.goFrom(card, event.key, target)
    const column = target.closest<HTMLElement>('.column-head')?.parentElement?.dataset.column
    if (column === undefined || !event.altKey) return false
    const index = this.model.columns.findIndex(({ id }) => id === column)
    const to = index + ({ ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? Number.NaN)
    if (Number.isNaN(to)) return false
    if (this.model.columns[to] !== undefined) this.handlers.moveColumn(column, to)
    return true
  }

  private moveCard(card: Card, key: string): boolean {
    const index = this.model.cardsIn(card.column).indexOf(card)
    switch (key) {
      case 'ArrowUp':
        if (index > 0) this.handlers.moveCard(card.id, card.column, index - 1)
        return true
      case 'ArrowDown':
        if (index < this.model.cardsIn(card.column).length - 1) this.handlers.moveCard(card.id, card.column, index + 1)
        return true
      case 'ArrowLeft':
      case 'ArrowRight': {
        const beside = this.beside(card.column, key)
        if (beside !== undefined) this.handlers.moveCard(card.id, beside, index)
        return true
      }
      default:
        return false
    }
  }

  private goFrom(card: Card, key: string, target: HTMLElement): boolean {
    const cards = this.model.cardsIn(card.column)
    const index = cards.indexOf(card)
    switch (key) {
      case 'ArrowUp':
        return this.go(cards[index - 1])
      case 'ArrowDown':
        return this.go(cards[index + 1])
      case 'ArrowLeft':
      case 'ArrowRight': {
        const beside = this.model.cardsIn(this.beside(card.column, key) ?? card.column)
        return this.go(beside[Math.min(index, beside.length - 1)])
      }
      case 'Delete':
        if (!target.matches('.card-title, .card-move')) return false
        this.handlers.deleteCard(card.id)
        return true
      default:
        return false
    }
  }

  private go(card: Card | undefined): boolean {
    if (card !== undefined) this.board.cardView(card.id)?.focus()
    return true
  }

  private beside(column: string, key: string): string | undefined {
    const { columns } = this.model
    const index = columns.findIndex(({ id }) => id === column)
    return columns[index + (key === 'ArrowLeft' ? -1 : 1)]?.id
  }
}
