import type { Model, ModelChange } from './model.js'
import { mainText } from './values.js'

const titleLength = 60

/** What cards were called, to tell of those that are gone. */
export type Titles = ReadonlyMap<string, string | undefined>

/** The titles of cards now: asked before an update, to be compared with what is after it. */
export function titlesOf(model: Model, cards: Iterable<string>): Titles {
  const titles = new Map<string, string | undefined>()
  for (const id of cards) {
    const card = model.card(id)
    titles.set(id, card && shortTitle(mainText(card.title)))
  }
  return titles
}

/**
 * A sentence for those who do not see the board: what others have just changed.
 * @param before the titles of the cards before
 */
export function newsOf(model: Model, change: ModelChange, before: Titles): string {
  if (change.cards.size + change.columns.size === 0) return ''
  if (change.cards.size !== 1)
    return change.cards.size > 1 ? `Others changed ${change.cards.size} cards.` : 'Others changed the columns.'
  const [id] = change.cards
  const card = model.card(id)
  const known = before.get(id)
  if (card === undefined) return `Somebody deleted the card ${known ?? ''}.`
  const title = shortTitle(mainText(card.title))
  const column = shortTitle(mainText(model.column(card.column)?.title ?? ['no column']))
  if (known === undefined) return `Somebody added the card ${title} to ${column}.`
  if (change.lists.size > 0) return `Somebody moved the card ${title} to ${column}.`
  return `Somebody changed the card ${title}.`
}

/** A title that can be read out. */
export function shortTitle(title: string): string {
  if (title.trim() === '') return 'without a title'
  return title.length > titleLength ? `“${title.slice(0, titleLength)}…”` : `“${title}”`
}
