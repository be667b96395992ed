import { canonicalJson, type LosslessJson } from 'meldwork/document'
import type { Colours } from '../commands/terminal.js'
import { type FieldChange, type ObjectChange, referenced } from './document-diff.js'
import { plainText } from './plain-text.js'

/** Changes as lines for people: `+` what has come, `-` what has gone, `~` what has changed; a list item by item. */
export function diffText(changes: readonly ObjectChange[], colours: Colours): string {
  const marks = { created: colours.green('+'), deleted: colours.red('-'), changed: colours.yellow('~') }
  return changes
    .map(({ object, change, fields }) => {
      const lines = fields.flatMap(field => fieldLines(field, change, colours))
      return [`${marks[change]} ${colours.bold(plainText(object))}`, ...lines.map(line => `    ${line}`), ''].join('\n')
    })
    .join('')
}

function fieldLines(
  { field: name, before, after }: FieldChange,
  change: ObjectChange['change'],
  { green, red, dim }: Colours,
): string[] {
  const field = plainText(name)
  if (Array.isArray(before) && Array.isArray(after) && field.endsWith('♭'))
    return listLines(field, before, after, { green, red, dim })
  if (before === undefined) return [`${field} ${change === 'changed' ? green('+ ') : ''}${shown(after!)}`]
  if (after === undefined) return [`${field} ${change === 'changed' ? red('- ') : ''}${shown(before)}`]
  return [`${field} ${red(shown(before))} ${dim('→')} ${green(shown(after))}`]
}

/** Which items have come and gone, and the whole order when those that stayed stand otherwise. */
function listLines(
  field: string,
  before: readonly LosslessJson[],
  after: readonly LosslessJson[],
  { green, red }: Pick<Colours, 'green' | 'red' | 'dim'>,
): string[] {
  const [old, present] = [before.map(shown), after.map(shown)]
  const stayed = (items: readonly string[], others: readonly string[]) => items.filter(item => others.includes(item))
  const moved = stayed(old, present).join() !== stayed(present, old).join()
  return [
    ...present.filter(item => !old.includes(item)).map(item => `${field} ${green(`+ ${item}`)}`),
    ...old.filter(item => !present.includes(item)).map(item => `${field} ${red(`- ${item}`)}`),
    ...(moved ? [`${field} in the order ${present.join(', ')}`] : []),
  ]
}

const shown = (value: LosslessJson): string => {
  const id = referenced(value)
  if (id !== undefined) return plainText(id)
  return Array.isArray(value) ? `[${value.map(shown).join(', ')}]` : plainText(canonicalJson(value))
}
