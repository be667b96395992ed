import { Dialog } from './dialog.js'
import { element, uniqueId } from './elements.js'

/** Asks for one line. @returns undefined when nothing was answered */
export function ask(question: {
  readonly title: string
  readonly label: string
  readonly explanation: string
  readonly value?: string
  readonly secret?: boolean
  readonly button: string
}): Promise<string | undefined> {
  const dialog = new Dialog('question', question.title)
  const field = element('input', {
    type: question.secret ? 'password' : 'text',
    value: question.value ?? '',
    autocomplete: 'off',
    maxLength: question.secret ? 1000 : 40,
    id: uniqueId(),
    required: true,
  })
  const explanation = element('p', { className: 'explanation', textContent: question.explanation, id: uniqueId() })
  field.setAttribute('aria-describedby', explanation.id)
  const caption = element('label', { textContent: question.label, htmlFor: field.id })
  const send = element('button', { type: 'submit', className: 'primary', textContent: question.button })
  const line = element('div', { className: 'field' }, caption, element('div', { className: 'beside' }, field, send))
  const form = element('form', {}, line, explanation)
  dialog.body.append(form)
  return new Promise(resolve => {
    let answer: string | undefined
    form.onsubmit = event => {
      event.preventDefault()
      if (field.value.trim() === '') return
      answer = field.value.trim()
      dialog.close()
    }
    dialog.open(() => {
      dialog.node.remove()
      resolve(answer)
    })
    field.focus()
    field.select()
  })
}
