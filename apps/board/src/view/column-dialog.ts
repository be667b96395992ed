import type { Actions } from '../actions.js'
import type { Model } from '../model.js'
import { Dialog } from './dialog.js'
import { element, icon } from './elements.js'
import { TextEditor } from './text-editor.js'

/** What the dialog needs of the page. */
export interface ColumnDialogHost {
  readonly model: Model
  readonly actions: Actions
  deleteColumn(id: string): void
}

/** Renames, moves and deletes a column. */
export class ColumnDialog {
  private readonly host: ColumnDialogHost
  private readonly dialog = new Dialog('sheet', 'Column')
  private readonly editor: TextEditor
  private readonly left = element('button', { type: 'button' }, icon('left'), 'Move left')
  private readonly right = element('button', { type: 'button' }, icon('right'), 'Move right')
  private id = ''

  constructor(host: ColumnDialogHost) {
    this.host = host
    const field = element('input', { type: 'text', autocomplete: 'off', maxLength: 200 })
    this.editor = new TextEditor('Title', field, title => host.actions.renameColumn(this.id, title))
    this.left.onclick = () => this.move(-1)
    this.right.onclick = () => this.move(1)
    const remove = element('button', { type: 'button', className: 'danger' }, icon('trash'), 'Delete with its cards')
    remove.onclick = () => {
      this.editor.revert()
      this.dialog.close()
      host.deleteColumn(this.id)
    }
    this.dialog.body.append(
      this.editor.node,
      element('div', { className: 'choices-list' }, this.left, this.right, remove),
    )
    field.addEventListener('keydown', event => {
      if (event.isComposing) return
      if (event.key === 'Enter') this.dialog.close()
      if (event.key === 'Escape' && this.editor.revert()) event.preventDefault()
    })
  }

  /** @param closed is called when it closes */
  open(id: string, closed: () => void): void {
    const column = this.host.model.column(id)
    if (column === undefined) return
    this.id = id
    this.editor.begin(column.title)
    this.bounds()
    this.dialog.open(() => {
      this.editor.commit()
      closed()
    })
  }

  /** Something on the board has changed. */
  refresh(): void {
    if (!this.dialog.isOpen) return
    const column = this.host.model.column(this.id)
    if (column === undefined) this.dialog.close()
    else this.editor.update(column.title)
    this.bounds()
  }

  private get index(): number {
    return this.host.model.columns.findIndex(column => column.id === this.id)
  }

  private bounds(): void {
    this.left.disabled = this.index <= 0
    this.right.disabled = this.index >= this.host.model.columns.length - 1
  }

  private move(by: number): void {
    this.host.actions.moveColumn(this.id, this.index + by)
    this.bounds()
  }
}
