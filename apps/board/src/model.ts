import { type Difference, Facts, type FoundSubject } from './facts.js'
import { compareOrdered, type Ordered, placeOf } from './order.js'
import { doneOf, orderOf, referencesOf, type Texts, textsOf } from './values.js'

/** A card as it is shown. Replaced whole when anything of it changes. */
export interface Card extends Ordered {
  readonly title: Texts
  readonly assignee: Texts
  readonly note: Texts
  readonly done: boolean
  /** The column in which it is shown; {@link loose} when it has none that exists. */
  readonly column: string
  /** Every column that it names: several after two people have moved it at once. */
  readonly columns: readonly string[]
}

/** A column as it is shown. */
export interface Column extends Ordered {
  readonly title: Texts
}

/** Where cards are shown whose column is gone. No subject has this id. */
export const loose = ''

/** What of the view has changed. */
export interface ModelChange {
  /** Cards that are new, gone, or different. */
  readonly cards: ReadonlySet<string>
  /** Columns that are new, gone, or different. */
  readonly columns: ReadonlySet<string>
  /** Columns in which the sequence of cards has changed. */
  readonly lists: ReadonlySet<string>
}

/** A change that is being made. */
interface Draft {
  cards: Set<string>
  columns: Set<string>
  lists: Set<string>
}

/**
 * The board as people see it, kept by the clone's updates: each costs what it changes (finding a place in a sorted list aside), not
 * what the board holds. Properties with several values, or values of odd types, are read as `values.ts` says.
 *
 * A card that names several columns stands in the first by id that exists.
 */
export class Model {
  private readonly facts = new Facts()
  private readonly cardById = new Map<string, Card>()
  private readonly columnById = new Map<string, Column>()
  private readonly sortedColumns: Column[] = []
  private readonly lists = new Map<string, Card[]>()
  /** Which cards name a column, whether it exists or not. */
  private readonly naming = new Map<string, Set<string>>()

  /** Takes in what the clone holds already. */
  load(subjects: readonly FoundSubject[]): ModelChange {
    return this.apply({ '@delete': [], '@insert': subjects })
  }

  /** Takes in an update. */
  apply(difference: Difference): ModelChange {
    const draft: Draft = { cards: new Set(), columns: new Set(), lists: new Set() }
    const touched = this.facts.apply(difference)
    const moved = new Set<string>()
    for (const id of touched) for (const card of this.refreshColumn(id, draft)) moved.add(card)
    for (const id of touched) moved.add(id)
    for (const id of moved) this.refreshCard(id, draft)
    return draft
  }

  /** All columns, in their order. */
  get columns(): readonly Column[] {
    return this.sortedColumns
  }

  /** The cards of a column, or the {@link loose} ones, in their order. */
  cardsIn(column: string): readonly Card[] {
    return this.lists.get(column) ?? []
  }

  card(id: string): Card | undefined {
    return this.cardById.get(id)
  }

  column(id: string): Column | undefined {
    return this.columnById.get(id)
  }

  /** How many cards there are. */
  get cardCount(): number {
    return this.cardById.size
  }

  get isEmpty(): boolean {
    return this.cardById.size === 0 && this.columnById.size === 0
  }

  /** @returns the cards that may have to move because the column has appeared or gone */
  private refreshColumn(id: string, draft: Draft): Iterable<string> {
    const known = this.columnById.get(id)
    const now = this.readColumn(id)
    if (known === undefined && now === undefined) return []
    draft.columns.add(id)
    if (known !== undefined) this.sortedColumns.splice(placeOf(this.sortedColumns, known), 1)
    if (now === undefined) this.columnById.delete(id)
    else {
      this.columnById.set(id, now)
      this.sortedColumns.splice(placeOf(this.sortedColumns, now), 0, now)
    }
    return (known === undefined) === (now === undefined) ? [] : (this.naming.get(id) ?? [])
  }

  private refreshCard(id: string, draft: Draft): void {
    const known = this.cardById.get(id)
    const now = this.readCard(id)
    if (known === undefined && now === undefined) return
    draft.cards.add(id)
    const stays = known && now && known.column === now.column && compareOrdered(known, now) === 0
    if (known !== undefined) {
      const list = this.lists.get(known.column)!
      const place = placeOf(list, known)
      if (stays) list[place] = now
      else {
        list.splice(place, 1)
        draft.lists.add(known.column)
        if (list.length === 0) this.lists.delete(known.column)
      }
      for (const column of known.columns) this.forget(column, id)
    }
    if (now === undefined) {
      this.cardById.delete(id)
      return
    }
    this.cardById.set(id, now)
    for (const column of now.columns) this.remember(column, id)
    if (stays) return
    const list = this.lists.get(now.column) ?? []
    this.lists.set(now.column, list)
    list.splice(placeOf(list, now), 0, now)
    draft.lists.add(now.column)
  }

  private readColumn(id: string): Column | undefined {
    if (!this.isA(id, 'Column')) return undefined
    return { id, title: this.texts(id, 'title'), order: orderOf(this.facts.values(id, 'order')) }
  }

  private readCard(id: string): Card | undefined {
    if (!this.isA(id, 'Card') || this.columnById.has(id)) return undefined
    const columns = referencesOf(this.facts.values(id, 'column'))
    return {
      id,
      title: this.texts(id, 'title'),
      assignee: this.texts(id, 'assignee'),
      note: this.texts(id, 'note'),
      done: doneOf(this.facts.values(id, 'done')),
      column: columns.find(column => this.columnById.has(column)) ?? loose,
      columns,
      order: orderOf(this.facts.values(id, 'order')),
    }
  }

  private isA(id: string, type: string): boolean {
    return this.facts.values(id, '@type').includes(type)
  }

  private texts(id: string, property: string): Texts {
    return textsOf(this.facts.values(id, property))
  }

  private remember(column: string, card: string): void {
    const cards = this.naming.get(column)
    if (cards === undefined) this.naming.set(column, new Set([card]))
    else cards.add(card)
  }

  private forget(column: string, card: string): void {
    const cards = this.naming.get(column)
    cards?.delete(card)
    if (cards?.size === 0) this.naming.delete(column)
  }
}
