import type { Model } from '../model.js'
import { shortTitle } from '../news.js'
import { mainText, shown } from '../values.js'
import { Dialog } from './dialog.js'
import { element, icon } from './elements.js'

/** What the dialog needs of the page. */
export interface MoveDialogHost {
  readonly model: Model
  /** @param index in the column without this card */
  moveCard(id: string, column: string, index: number): void
}

/** Asks where a card shall go: what dragging does, for fingers and keys. */
export class MoveDialog {
  private readonly host: MoveDialogHost
  private readonly dialog = new Dialog('sheet', 'Move')

  constructor(host: MoveDialogHost) {
    this.host = host
  }

  /** @param closed is called when it closes */
  open(id: string, closed: () => void): void {
    const { model } = this.host
    const card = model.card(id)
    if (card === undefined) return
    this.dialog.title.textContent = `Move ${shortTitle(mainText(card.title))}`
    const cards = model.cardsIn(card.column)
    const index = cards.indexOf(card)
    const within = [
      this.option('Up', 'up', index <= 0, () => this.host.moveCard(id, card.column, index - 1)),
      this.option('Down', 'down', index >= cards.length - 1, () => this.host.moveCard(id, card.column, index + 1)),
    ]
    const columns = model.columns
      .filter(column => column.id !== card.column)
      .map(column => {
        const title = shown(mainText(column.title)) || 'Without a title'
        return this.option(`To ${title}`, 'columns', false, () => this.host.moveCard(id, column.id, 0))
      })
    const options = model.column(card.column) === undefined ? columns : [...within, ...columns]
    this.dialog.body.replaceChildren(element('div', { className: 'choices-list' }, ...options))
    this.dialog.open(closed)
  }

  private option(
    text: string,
    picture: Parameters<typeof icon>[0],
    disabled: boolean,
    action: () => void,
  ): HTMLElement {
    const button = element('button', { type: 'button', disabled }, icon(picture), text)
    button.onclick = () => {
      this.dialog.close()
      action()
    }
    return button
  }
}
