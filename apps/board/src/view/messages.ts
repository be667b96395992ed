import { element } from './elements.js'

/** How long a message with an offer stays. */
const toastMs = 10_000
/** News that come together are told together. */
const gatherMs = 800

/** Tells those who do not see the board what happens on it. */
export class Announcer {
  private readonly root: HTMLElement
  private readonly ownRoot: HTMLElement
  private waiting: string[] = []

  /**
   * @param root for news
   * @param ownRoot for what one's own action has done: so that no news takes its place
   */
  constructor(root: HTMLElement, ownRoot: HTMLElement) {
    this.root = root
    this.ownRoot = ownRoot
  }

  /** Tells what one has just done oneself. */
  confirm(text: string): void {
    this.ownRoot.textContent = text
  }

  /** Tells news, soon. */
  announce(text: string): void {
    if (text === '') return
    this.waiting.push(text)
    if (this.waiting.length > 1) return
    setTimeout(() => {
      const texts = this.waiting
      this.waiting = []
      this.root.textContent = texts.length > 3 ? `${texts.length} changes on the board.` : texts.join(' ')
    }, gatherMs)
  }
}

/** A message at the bottom of the page, with something to do about it. */
export class Toast {
  private readonly root: HTMLElement
  private timer: ReturnType<typeof setTimeout> | undefined
  private offer: (() => void) | undefined

  constructor(root: HTMLElement) {
    this.root = root
    const stay = () => clearTimeout(this.timer)
    const go = () => this.hideLater()
    root.addEventListener('pointerenter', stay)
    root.addEventListener('focusin', stay)
    root.addEventListener('pointerleave', go)
    root.addEventListener('focusout', go)
  }

  /** @param label of the button that calls `action`; it goes by itself after a while */
  show(text: string, label?: string, action?: () => void): void {
    const message = element('span', { className: 'toast-text', textContent: text })
    this.root.replaceChildren(message)
    this.offer =
      action &&
      (() => {
        this.hide()
        action()
      })
    if (this.offer !== undefined && label !== undefined) {
      const button = element('button', { type: 'button', className: 'toast-action', textContent: label })
      button.onclick = () => this.offer?.()
      this.root.append(button)
    }
    this.root.hidden = false
    this.hideLater()
  }

  /** Takes up the offer of the message that is shown. @returns whether there was one */
  accept(): boolean {
    const { offer } = this
    offer?.()
    return offer !== undefined
  }

  private hideLater(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.hide(), toastMs)
  }

  private hide(): void {
    this.root.hidden = true
    this.offer = undefined
  }
}
