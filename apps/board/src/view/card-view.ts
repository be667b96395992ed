import type { CardField } from '../actions.js'
import { type Offer, offersOfTexts } from '../conflicts.js'
import type { Card } from '../model.js'
import { shortTitle } from '../news.js'
import { hueOf, initials, type Person } from '../person.js'
import { mainText, shown } from '../values.js'
import { Choices } from './choices.js'
import { ConflictMark } from './conflict-mark.js'
import { element, icon, setText } from './elements.js'

/** What people do with a card. */
export interface CardHandlers {
  open(id: string): void
  setDone(id: string, done: boolean): void
  choose(id: string, field: CardField, text: string): void
  /** Asks where to. */
  askMove(id: string): void
}

/** A card in its column. */
export class CardView {
  readonly node: HTMLLIElement
  readonly id: string
  private readonly title = element('button', { type: 'button', className: 'card-title' })
  private readonly done = element('input', { type: 'checkbox', className: 'card-done' })
  private readonly mover = element('button', { type: 'button', className: 'card-move' }, icon('grip'))
  private readonly note = element('p', { className: 'card-note' })
  private readonly badge = element('span', { className: 'badge', attributes: { 'aria-hidden': 'true' } })
  private readonly name = element('span')
  private readonly assignee = element('p', { className: 'card-assignee' }, this.badge, this.name)
  private readonly watchers = element('ul', { className: 'watchers' })
  private readonly conflict: ConflictMark
  private readonly choices: Record<'assignee' | 'note', Choices>
  private offers: readonly Offer[] = []
  private spoken = ''

  constructor(id: string, handlers: CardHandlers) {
    this.id = id
    const choices = (field: CardField) => new Choices(field, text => handlers.choose(id, field, text))
    this.conflict = new ConflictMark('title', text => handlers.choose(id, 'title', text))
    this.choices = { assignee: choices('assignee'), note: choices('note') }
    this.title.onclick = () => handlers.open(id)
    this.done.onchange = () => handlers.setDone(id, this.done.checked)
    this.mover.onclick = () => handlers.askMove(id)
    this.node = element(
      'li',
      { className: 'card' },
      element('div', { className: 'card-top' }, this.done, this.title, this.mover),
      this.conflict.node,
      this.note,
      this.choices.note.node,
      this.assignee,
      this.choices.assignee.node,
      this.watchers,
    )
    this.node.dataset.card = id
  }

  update(card: Card): void {
    const title = mainText(card.title)
    const spoken = shortTitle(title)
    setText(this.title, title.trim() === '' ? 'Without a title' : shown(title))
    this.title.classList.toggle('is-empty', title.trim() === '')
    this.done.checked = card.done
    this.done.setAttribute('aria-label', `${spoken} is done`)
    this.mover.setAttribute('aria-label', `Move ${spoken}`)
    this.mover.title = 'Drag, or press to choose where to'
    this.node.classList.toggle('is-done', card.done)
    const note = mainText(card.note)
    setText(this.note, shown(note))
    this.note.hidden = note.trim() === ''
    this.showAssignee(mainText(card.assignee))
    this.spoken = spoken
    this.conflict.update(this.offers, spoken)
    for (const field of ['assignee', 'note'] as const) this.choices[field].update(offersOfTexts(card[field]))
    // What is asked about is not shown twice.
    this.note.hidden ||= card.note.length > 1
    this.assignee.hidden ||= card.assignee.length > 1
  }

  /** The titles that it was given at once, to choose from. */
  showOffers(offers: readonly Offer[]): void {
    this.offers = offers
    this.conflict.update(offers, this.spoken)
  }

  /** Who looks at the card now. */
  showWatchers(people: readonly Person[]): void {
    const marks = people.slice(0, 4).map(({ name }) => {
      const mark = element('li', {
        className: 'badge',
        textContent: initials(name),
        title: `${name} is looking at this`,
      })
      mark.style.setProperty('--hue', String(hueOf(name)))
      return mark
    })
    this.watchers.replaceChildren(...marks)
    this.watchers.hidden = marks.length === 0
    this.watchers.setAttribute('aria-label', 'Looking at this card')
  }

  /** Draws a glance to what somebody else has changed. */
  flash(): void {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
    const from = getComputedStyle(this.node).getPropertyValue('--flash')
    this.node.animate([{ boxShadow: `0 0 0 3px ${from}` }, { boxShadow: '0 0 0 3px transparent' }], 1200)
  }

  focus(): void {
    this.title.focus()
  }

  focusMover(): void {
    this.mover.focus()
  }

  private showAssignee(assignee: string): void {
    setText(this.name, shown(assignee))
    setText(this.badge, initials(assignee))
    this.badge.style.setProperty('--hue', String(hueOf(assignee)))
    this.assignee.hidden = assignee.trim() === ''
  }
}
