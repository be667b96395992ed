import type { Clone, GraphSubject, Subject } from 'meldwork'
import type { Column, Model } from './model.js'
import { type Ordered, placeAt, type Rekeyed } from './order.js'
import { newName } from './random.js'

/** The text properties of a card. */
export type CardField = 'title' | 'assignee' | 'note'

/** Writes back what was deleted. */
export type Undo = () => Promise<void>

/** What people do to a board, as writes to the clone: each is one transaction, and visible in the model when the call returns. */
export class Actions {
  private readonly clone: Pick<Clone, 'write' | 'patch' | 'get'>
  private readonly model: Model

  constructor(clone: Pick<Clone, 'write' | 'patch' | 'get'>, model: Model) {
    this.clone = clone
    this.model = model
  }

  /** @returns the new column's id */
  addColumn(title: string): string {
    const { columns } = this.model
    const id = `column-${newName()}`
    const [own, ...others] = placeAt(columns, columns.length, id)
    this.settle(this.clone.write([{ '@id': id, '@type': 'Column', title, order: own.order }]))
    this.rekey(others)
    return id
  }

  /** Adds a card at the end of a column. @returns its id */
  addCard(column: string, title: string): string {
    const cards = this.model.cardsIn(column)
    const id = `card-${newName()}`
    const [own] = placeAt(cards, cards.length, id)
    const subject = { '@id': id, '@type': 'Card', title, done: false, column: { '@id': column }, order: own.order }
    this.settle(this.clone.write(subject))
    return id
  }

  /**
   * Replaces what a text property has; an empty text removes it. Says again that it is a card: so the edit outlives a deletion by somebody
   * who did not know of it.
   */
  editCard(id: string, field: CardField, text: string): void {
    this.settle(this.clone.patch({ '@id': id, '@type': 'Card', [field]: text || null }))
  }

  setDone(id: string, done: boolean): void {
    this.settle(this.clone.patch({ '@id': id, done }))
  }

  /**
   * Moves a card, in its column or to another. Whatever several people had said about its place is replaced.
   * @param index in the column without this card
   */
  moveCard(id: string, column: string, index: number): void {
    const others = this.model.cardsIn(column).filter(card => card.id !== id)
    this.place(id, others, index, { column: { '@id': column } })
  }

  renameColumn(id: string, title: string): void {
    this.settle(this.clone.patch({ '@id': id, '@type': 'Column', title }))
  }

  /** @param index among the other columns */
  moveColumn(id: string, index: number): void {
    const others = this.model.columns.filter(column => column.id !== id)
    this.place(id, others, index, {})
  }

  deleteCard(id: string): Undo {
    return this.deleteAll([id])
  }

  /** Deletes a column with the cards that are shown in it. */
  deleteColumn(id: string): Undo {
    return this.deleteAll([id, ...this.model.cardsIn(id).map(card => card.id)])
  }

  /** Fills an empty board. */
  addStarter(): void {
    const subjects: Subject[] = []
    const columns: Column[] = []
    for (const { title, cards } of starter) {
      const id = `column-${newName()}`
      const [{ order }] = placeAt(columns, columns.length, id)
      columns.push({ id, order, title: [title] })
      subjects.push({ '@id': id, '@type': 'Column', title, order })
      const placed: Ordered[] = []
      for (const card of cards) {
        const [own] = placeAt(placed, placed.length, `card-${newName()}`)
        placed.push(own)
        subjects.push({ '@id': own.id, '@type': 'Card', done: false, column: { '@id': id }, order: own.order, ...card })
      }
    }
    this.settle(this.clone.write(subjects))
  }

  private place(id: string, others: readonly Ordered[], index: number, more: { column?: { '@id': string } }): void {
    const [own, ...rest] = placeAt(others, Math.max(0, Math.min(index, others.length)), id)
    this.settle(this.clone.patch({ '@id': id, order: own.order, ...more }))
    this.rekey(rest)
  }

  private rekey(rekeyed: readonly Rekeyed[]): void {
    for (const { id, order } of rekeyed) this.settle(this.clone.patch({ '@id': id, order }))
  }

  private deleteAll(ids: readonly string[]): Undo {
    const kept = ids.map(id => this.clone.get(id)).filter((subject): subject is GraphSubject => subject !== undefined)
    this.settle(this.clone.write({ '@delete': ids.map(id => ({ '@id': id })) }))
    return async () => {
      await this.clone.write(kept.map(subject => this.withoutTaken(subject)) as Subject[])
    }
  }

  /** A card that somebody has written to meanwhile has a title, which stays: it can have one only. */
  private withoutTaken(subject: GraphSubject): GraphSubject {
    if ((this.model.card(subject['@id'])?.title.length ?? 0) === 0) return subject
    const { title: _, ...rest } = subject
    return rest as GraphSubject
  }

  /** A store that fails is told by the clone's status, and the write is undone: nothing more to do here. */
  private settle(written: Promise<unknown>): void {
    written.catch(error => console.error('A change was refused', error))
  }
}

const starter: readonly { title: string; cards: readonly { title: string; note?: string; done?: boolean }[] }[] = [
  {
    title: 'To do',
    cards: [
      { title: 'Open this page in a second tab', note: 'Whatever you change in one is in the other at once.' },
      { title: 'Cut the network, and go on', note: 'When it is back, everything finds together.' },
    ],
  },
  { title: 'Doing', cards: [{ title: 'Drag a card, or press Alt and an arrow key' }] },
  { title: 'Done', cards: [{ title: 'Start the board', done: true }] },
]
