import { hueOf, initials, type Person } from '../person.js'
import { element } from './elements.js'

/** So many people have a chip of their own. */
const maxShown = 8

/** Shows who is here: oneself first, as a button to change one's name. */
export class PeopleView {
  private readonly root: HTMLElement
  private readonly rename: () => void
  private readonly own = element('button', { type: 'button', className: 'person own' })

  constructor(root: HTMLElement, rename: () => void) {
    this.root = root
    this.rename = rename
    this.own.onclick = () => this.rename()
    root.append(element('li', {}, this.own))
  }

  update(own: Person, others: readonly Person[]): void {
    this.own.replaceChildren(...this.chip(own))
    this.own.setAttribute('aria-label', `You are ${own.name || 'a guest'}: change your name`)
    const nodes = others.slice(0, maxShown).map(person => {
      const chip = element('li', { className: 'person', title: person.name }, ...this.chip(person))
      return chip
    })
    if (others.length > maxShown)
      nodes.push(element('li', { className: 'person', textContent: `and ${others.length - maxShown} more` }))
    while (this.root.children.length > 1) this.root.lastElementChild!.remove()
    this.root.append(...nodes)
  }

  private chip({ name }: Person): HTMLElement[] {
    const badge = element('span', { className: 'badge', textContent: initials(name) || '?' })
    badge.setAttribute('aria-hidden', 'true')
    badge.style.setProperty('--hue', String(hueOf(name)))
    return [badge, element('span', { className: 'person-name', textContent: name || 'Guest' })]
  }
}
