import { shown, type Texts } from '../values.js'
import { element } from './elements.js'

/** So many texts are offered: more is no difference of opinion, but somebody's mischief. */
const maxOffered = 6

/**
 * Shows what several people wrote into one field at once, and lets one be chosen.
 * @param what the name of the field
 * @param choose is given the text that shall stand
 */
export class Choices {
  readonly node = element('div', { className: 'choices', hidden: true, attributes: { role: 'group' } })
  private readonly what: string
  private readonly choose: (text: string) => void
  private offered: Texts = []

  constructor(what: string, choose: (text: string) => void) {
    this.what = what
    this.choose = choose
  }

  /** Offers the texts, when there are several. */
  update(texts: Texts): void {
    if (texts.length === this.offered.length && texts.every((text, i) => text === this.offered[i])) return
    this.offered = texts
    this.node.hidden = texts.length < 2
    if (this.node.hidden) {
      this.node.replaceChildren()
      return
    }
    const question = `${texts.length === 2 ? 'Two people' : 'Several people'} changed the ${this.what} at once. Which one stays?`
    this.node.setAttribute('aria-label', question)
    const options = texts.slice(0, maxOffered).map(text => this.option(text))
    this.node.replaceChildren(element('p', { className: 'choices-question', textContent: question }), ...options)
  }

  private option(text: string): HTMLElement {
    const label = text.trim() === '' ? '(empty)' : shown(text)
    return element('button', {
      type: 'button',
      className: 'choice',
      textContent: label,
      title: `Keep this ${this.what}`,
      onclick: () => this.choose(text),
    })
  }
}
