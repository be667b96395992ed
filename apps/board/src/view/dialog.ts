import { element, icon, uniqueId } from './elements.js'

/** A dialog over the page: has a title, closes with Escape, with its button, or with a press beside it. */
export class Dialog {
  readonly node: HTMLDialogElement
  readonly title = element('h2', { className: 'dialog-title', id: uniqueId() })
  readonly body = element('div', { className: 'dialog-body' })
  private onClose: () => void = () => {}

  constructor(className: string, title = '') {
    this.title.textContent = title
    const close = element('button', { type: 'button', className: 'quiet dialog-close' }, icon('close'))
    close.setAttribute('aria-label', 'Close')
    close.onclick = () => this.node.close()
    const head = element('header', { className: 'dialog-head' }, this.title, close)
    this.node = element('dialog', { className: `dialog ${className}` }, head, this.body)
    this.node.setAttribute('aria-labelledby', this.title.id)
    this.node.addEventListener('close', () => this.onClose())
    let pressedBeside = false
    this.node.addEventListener('pointerdown', event => {
      pressedBeside = event.target === this.node
    })
    this.node.addEventListener('click', event => {
      if (pressedBeside && event.target === this.node) this.node.close()
    })
    document.body.append(this.node)
  }

  /** @param closed is called once, however it closes */
  open(closed: () => void = () => {}): void {
    this.onClose = () => {
      this.onClose = () => {}
      closed()
    }
    if (!this.node.open) this.node.showModal()
  }

  close(): void {
    this.node.close()
  }

  get isOpen(): boolean {
    return this.node.open
  }
}
