import type { Offer } from '../conflicts.js'
import { shown } from '../values.js'
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
  private offered: readonly Offer[] = []

  constructor(what: string, choose: (text: string) => void) {
    this.what = what
    this.choose = choose
  }

  /** Offers the texts, when there are several. */
  update(offers: readonly Offer[]): void {
    if (isSame(offers, this.offered)) return
    this.offered = offers
    this.node.hidden = offers.length < 2
    if (this.node.hidden) {
      this.node.replaceChildren()
      return
    }
    const question = `${offers.length === 2 ? 'Two people' : 'Several people'} changed the ${this.what} at once. Which one stays?`
    this.node.setAttribute('aria-label', question)
    const options = offers.slice(0, maxOffered).map(offer => this.option(offer))
    this.node.replaceChildren(element('p', { className: 'choices-question', textContent: question }), ...options)
  }

  private option({ text, by }: Offer): HTMLElement {
    const label = element('span', { textContent: text.trim() === '' ? '(empty)' : shown(text) })
    const parts = by === undefined ? [label] : [label, element('span', { className: 'choice-by', textContent: by })]
    return element(
      'button',
      {
        type: 'button',
        className: 'choice',
        title: `Keep this ${this.what}`,
        onclick: () => this.choose(text),
      },
      ...parts,
    )
  }
}

const isSame = (offers: readonly Offer[], others: readonly Offer[]): boolean =>
  offers.length === others.length && offers.every(({ text, by }, i) => text === others[i].text && by === others[i].by)
