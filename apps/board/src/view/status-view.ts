import type { StatusText } from '../status-text.js'
import { element, setText } from './elements.js'

/** What passes sooner is shown by the dot alone: words that come and go at each key pressed help nobody. */
const patienceMs = 500

/** Shows how the clone is doing: a dot and a few words, and on request what they mean. */
export class StatusView {
  private readonly root: HTMLDetailsElement
  private readonly label = element('span', { className: 'status-label' })
  private readonly detail = element('p', { className: 'status-detail' })
  private readonly announce: (text: string) => void
  private shown: StatusText | undefined
  private next: StatusText | undefined
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(root: HTMLDetailsElement, announce: (text: string) => void) {
    this.root = root
    this.announce = announce
    const dot = element('span', { className: 'status-dot', attributes: { 'aria-hidden': 'true' } })
    root.replaceChildren(element('summary', {}, dot, this.label), this.detail)
    root.addEventListener('keydown', event => {
      if (event.key === 'Escape') root.open = false
    })
    document.addEventListener('pointerdown', event => {
      if (!root.contains(event.target as Node)) root.open = false
    })
  }

  update(text: StatusText): void {
    this.root.dataset.tone = text.tone
    this.next = text
    const patient = text.tone === 'busy' && this.shown?.tone === 'good'
    if (patient) this.timer ??= setTimeout(() => this.show(), patienceMs)
    else this.show()
  }

  private show(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    const { next, shown } = this
    if (next === undefined) return
    this.shown = next
    setText(this.label, next.label)
    setText(this.detail, next.detail)
    const isWorthTelling = (text: StatusText) => text.tone === 'away' || text.tone === 'trouble'
    if (shown !== undefined && shown.tone !== next.tone && (isWorthTelling(shown) || isWorthTelling(next)))
      this.announce(next.label)
  }
}
