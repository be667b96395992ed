import type { Actions, CardField } from '../actions.js'
import { type Offer, offersOfTexts } from '../conflicts.js'
import { type Card, loose, type Model } from '../model.js'
import { mainText, shown } from '../values.js'
import { Dialog } from './dialog.js'
import { element, icon } from './elements.js'
import { TextEditor } from './text-editor.js'

/** What the dialog needs of the page. */
export interface CardDialogHost {
  readonly model: Model
  readonly actions: Actions
  /** Replaces what a field has; of a title that is to be chosen, one of those offered settles that. */
  write(id: string, field: CardField, text: string): void
  /** The titles of a card of which one is to be chosen. */
  offersOf(id: string): readonly Offer[]
  /** Names that may be meant. */
  names(): readonly string[]
  ownName(): string
  deleteCard(id: string): void
  /** The dialog shows a card now, or none. */
  watching(id: string | undefined): void
}

/** Shows all of a card, and edits it. Each field is saved when it is left. */
export class CardDialog {
  private readonly host: CardDialogHost
  private readonly dialog = new Dialog('card-dialog', 'Card')
  private readonly editors: Record<CardField, TextEditor>
  private readonly names = element('datalist', { id: 'names' })
  private readonly done = element('input', { type: 'checkbox' })
  private readonly column = element('select', { id: 'card-column' })
  private readonly gone = element('p', { className: 'notice', hidden: true, role: 'status' })
  private id: string | undefined

  constructor(host: CardDialogHost) {
    this.host = host
    const line = (more: object = {}) =>
      element('input', { type: 'text', autocomplete: 'off', maxLength: 1000, ...more })
    const assignee = line({ attributes: { list: 'names' } })
    const note = element('textarea', { rows: 6 })
    const editor = (field: CardField, label: string, input: HTMLInputElement | HTMLTextAreaElement) =>
      new TextEditor(label, input, text => this.id !== undefined && host.write(this.id, field, text))
    this.editors = {
      title: editor('title', 'Title', line()),
      assignee: editor('assignee', 'Assignee', assignee),
      note: editor('note', 'Note', note),
    }
    this.done.onchange = () => this.id !== undefined && host.actions.setDone(this.id, this.done.checked)
    this.column.onchange = () => this.move()
    this.dialog.body.append(
      this.gone,
      this.editors.title.node,
      this.row(),
      this.editors.note.node,
      this.names,
      this.foot(),
    )
    this.dialog.node.addEventListener('keydown', event => this.onKey(event))
    // Whatever happens to the page next: what was typed is saved.
    document.addEventListener('visibilitychange', () => document.hidden && this.commit())
  }

  /** @param closed is called when it closes */
  open(id: string, closed: () => void): void {
    const card = this.host.model.card(id)
    if (card === undefined) return
    this.id = id
    for (const field of ['title', 'assignee', 'note'] as const)
      this.editors[field].begin(card[field], this.offers(card, field))
    const options = this.host.names().map(name => element('option', { value: name }))
    this.names.replaceChildren(...options)
    this.refresh()
    this.dialog.open(() => {
      this.commit()
      this.id = undefined
      this.host.watching(undefined)
      closed()
    })
    this.host.watching(id)
    const { field } = this.editors.title
    field.focus()
    field.setSelectionRange(field.value.length, field.value.length)
  }

  /** Something on the board has changed. */
  refresh(): void {
    if (this.id === undefined) return
    const card = this.host.model.card(this.id)
    this.gone.hidden = card !== undefined
    if (card === undefined) {
      this.gone.textContent = 'Somebody has deleted this card. A text that you save here brings it back.'
      return
    }
    for (const field of ['title', 'assignee', 'note'] as const)
      this.editors[field].update(card[field], this.offers(card, field))
    this.done.checked = card.done
    this.showColumns(card.column)
  }

  private offers(card: Card, field: CardField): readonly Offer[] {
    return field === 'title' ? this.host.offersOf(card.id) : offersOfTexts(card[field])
  }

  private row(): HTMLElement {
    const me = element('button', { type: 'button', textContent: 'Me' })
    me.setAttribute('aria-label', 'Assign to me')
    me.onclick = () => {
      const { assignee } = this.editors
      assignee.field.value = this.host.ownName()
      assignee.commit()
    }
    const { node, field } = this.editors.assignee
    const beside = element('div', { className: 'beside' })
    field.replaceWith(beside)
    beside.append(field, me)
    const label = element('label', { textContent: 'Column', htmlFor: this.column.id })
    return element('div', { className: 'row' }, node, element('div', { className: 'field' }, label, this.column))
  }

  private foot(): HTMLElement {
    const remove = element('button', { type: 'button', className: 'quiet danger' }, icon('trash'), 'Delete')
    remove.onclick = () => {
      const { id } = this
      for (const editor of Object.values(this.editors)) editor.revert()
      this.dialog.close()
      if (id !== undefined) this.host.deleteCard(id)
    }
    const done = element('label', { className: 'check' }, this.done, 'Done')
    const close = element('button', { type: 'button', className: 'primary', textContent: 'Close' })
    close.onclick = () => this.dialog.close()
    return element('div', { className: 'dialog-foot' }, remove, done, close)
  }

  private onKey(event: KeyboardEvent): void {
    const editor = Object.values(this.editors).find(({ field }) => field === event.target)
    if (editor === undefined || event.isComposing) return
    if (event.key === 'Escape' && editor.revert()) event.preventDefault()
    const isDone = event.key === 'Enter' && (editor.field instanceof HTMLInputElement || event.ctrlKey || event.metaKey)
    if (!isDone) return
    event.preventDefault()
    this.dialog.close()
  }

  private commit(): void {
    if (this.id !== undefined) for (const editor of Object.values(this.editors)) editor.commit()
  }

  private move(): void {
    const { model, actions } = this.host
    const column = this.column.value
    if (this.id !== undefined && model.column(column) !== undefined)
      actions.moveCard(this.id, column, model.cardsIn(column).length)
  }

  private showColumns(current: string): void {
    const columns = this.host.model.columns.map(({ id, title }) => [id, shown(mainText(title))] as const)
    const wanted = current === loose ? [[loose, 'None'] as const, ...columns] : columns
    const found = Array.from(this.column.options, option => [option.value, option.text])
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      this.column.replaceChildren(...wanted.map(([value, text]) => element('option', { value, text })))
    this.column.value = current
  }
}
