import { type Offer, offersOfTexts } from '../conflicts.js'
import { mainText, shown, type Texts } from '../values.js'
import { Choices } from './choices.js'
import { element, keepingFocus, setText, uniqueId } from './elements.js'

/** A field that edits one line, or a longer text. */
type Field = HTMLInputElement | HTMLTextAreaElement

/**
 * Edits a text that others may change meanwhile. What is being typed is never touched: the change of the others is told beside it, and
 * can be taken instead. A text that nobody is typing follows the others.
 */
export class TextEditor {
  readonly node: HTMLElement
  readonly field: Field
  private readonly save: (text: string) => void
  private readonly choices: Choices
  private readonly theirs = element('span')
  private readonly meanwhile: HTMLElement
  /** What was there when editing began, or what the others have made of it since. */
  private known: Texts = []

  /**
   * @param label names the field
   * @param save is given a text that has been changed
   */
  constructor(label: string, field: Field, save: (text: string) => void) {
    this.field = field
    this.save = save
    this.choices = new Choices(label.toLowerCase(), text => this.choose(text))
    field.id = uniqueId()
    const take = element('button', { type: 'button', className: 'choice', textContent: 'Take it' })
    take.onclick = () => this.choose(mainText(this.known))
    this.meanwhile = element('p', { className: 'meanwhile', hidden: true, role: 'status' }, this.theirs, take)
    const caption = element('label', { textContent: label, htmlFor: field.id })
    this.node = element('div', { className: 'field' }, caption, field, this.choices.node, this.meanwhile)
    // Leaving the field saves it; going to what is offered beside it does not.
    this.node.addEventListener('focusout', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.node.contains(relatedTarget))) this.commit()
    })
    for (const offered of [this.choices.node, this.meanwhile])
      offered.addEventListener('mousedown', event => event.preventDefault())
  }

  /**
   * Begins with the texts that are there.
   * @param offers those to choose from
   */
  begin(texts: Texts, offers = offersOfTexts(texts)): void {
    this.known = texts
    this.field.value = mainText(texts)
    this.meanwhile.hidden = true
    this.choices.update(offers)
  }

  /** The others have changed it, perhaps. */
  update(texts: Texts, offers: readonly Offer[] = offersOfTexts(texts)): void {
    const isTyped = this.isDirty
    this.choices.update(offers)
    if (texts.join('\0') === this.known.join('\0')) return
    this.known = texts
    const text = mainText(texts)
    if (!isTyped) keepingCaret(this.field, text)
    this.meanwhile.hidden = !this.isDirty
    setText(
      this.theirs,
      text === '' ? 'Somebody has emptied this meanwhile.' : `Meanwhile, somebody wrote “${shown(text)}”.`,
    )
  }

  /** Saves what has been typed. */
  commit(): void {
    this.meanwhile.hidden = true
    if (!this.isDirty) return
    const text = this.field.value.trim()
    this.known = text === '' ? [] : [text]
    this.field.value = text
    this.save(text)
  }

  /** Goes back to what was there. @returns whether there was anything to go back from */
  revert(): boolean {
    if (!this.isDirty) return false
    this.field.value = mainText(this.known)
    this.meanwhile.hidden = true
    return true
  }

  private get isDirty(): boolean {
    // A line has no breaks, and a long text has breaks of one kind: what the field has made of a text is not typed.
    return this.field.value.replace(/[\r\n]+/g, '') !== mainText(this.known).replace(/[\r\n]+/g, '')
  }

  private choose(text: string): void {
    keepingFocus(() => {
      this.known = text === '' ? [] : [text]
      this.choices.update(offersOfTexts(this.known))
    })
    this.field.value = text
    this.meanwhile.hidden = true
    this.save(text)
    this.field.focus()
  }
}

/** Replaces a text under the caret without moving it. */
function keepingCaret(field: Field, text: string): void {
  const { selectionStart, selectionEnd } = field
  field.value = text
  if (field === document.activeElement && selectionStart !== null) field.setSelectionRange(selectionStart, selectionEnd)
}
