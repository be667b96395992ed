import type { Offer } from '../conflicts.js'
import { Choices } from './choices.js'
import { element, icon, setText, uniqueId } from './elements.js'

/**
 * A small mark on what two people have written at once: says so, and unfolds the texts to choose from.
 * @param what the name of the field
 */
export class ConflictMark {
  readonly node: HTMLElement
  private readonly what: string
  private readonly label = element('span')
  private readonly button = element('button', { type: 'button', className: 'mark' }, icon('fork'), this.label)
  private readonly choices: Choices

  constructor(what: string, choose: (text: string) => void) {
    this.what = what
    this.choices = new Choices(what, text => {
      this.unfold(false)
      choose(text)
    })
    const { node } = this.choices
    node.id = uniqueId()
    this.button.setAttribute('aria-controls', node.id)
    this.button.onclick = () => this.unfold(Boolean(node.hidden))
    this.node = element('div', { className: 'conflict', hidden: true }, this.button, node)
    this.node.addEventListener('keydown', event => {
      if (event.key !== 'Escape' || node.hidden) return
      event.preventDefault()
      this.unfold(false)
      this.button.focus()
    })
    this.unfold(false)
  }

  /**
   * Offers the texts, when there are several.
   * @param where what has the field, as it is read out
   */
  update(offers: readonly Offer[], where: string): void {
    const isUnfolded = !this.choices.node.hidden
    this.choices.update(offers)
    this.node.hidden = offers.length < 2
    this.unfold(isUnfolded && !this.node.hidden)
    setText(this.label, `${offers.length} ${this.what}s`)
    this.button.setAttribute('aria-label', `${where} has ${offers.length} ${this.what}s: choose one`)
  }

  private unfold(yes: boolean): void {
    this.choices.node.hidden = !yes
    this.button.setAttribute('aria-expanded', String(yes))
  }
}
