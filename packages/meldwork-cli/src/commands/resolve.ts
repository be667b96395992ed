import type { Command } from 'commander'
import { type Clone, CodedError, type Conflict, type ConflictChoice, type ReadValue } from 'meldwork'
import { optionInvalid } from '../errors.js'
import { formatJson, parseJson } from '../json.js'
import { addDomainOptions, type DomainOptions } from './domain-options.js'
import { withClone } from './session.js'
import { note, printJson, type Terminal } from './terminal.js'

const help = `
The property gets the value in the place of all that it has, hidden ones too. VALUE is one of the candidates, as meldwork conflicts lists them: JSON,
or a text as it is. A value that nobody wrote needs --new: so what somebody has changed since you looked is not overwritten.
Prints {"ticks", "subject", "property", "value", "removed", "sent"}: value is null after --delete; removed are the values that are gone.

Examples:
  meldwork resolve card-1 title "Black tea"                          as meldwork conflicts has listed it
  meldwork resolve card-1 column '{"@id": "doing"}'
  meldwork resolve card-1 title "Tea" --new                          neither of them
  meldwork resolve card-1 title --delete                             no value at all
  meldwork resolve fred name Fred --constraints app-rules.json --data ./mine`

interface ResolveOptions extends DomainOptions {
  readonly delete?: true
  readonly new?: true
}

/** `meldwork resolve SUBJECT PROPERTY VALUE`. */
export function addResolve(program: Command, terminal: Terminal): void {
  const command = program
    .command('resolve')
    .summary('settle a conflict, by choosing a value')
    .description('Settle a conflict, by choosing the value that stays.')
    .argument('<subject>', 'the subject, as meldwork conflicts names it')
    .argument('<property>', 'the property')
    .argument('[value]', 'the value that stays: JSON, or a text as it is')
    .option('--delete', 'none stays')
    .option('--new', 'the value may be one that is not among the candidates')
  addDomainOptions(command)
    .addHelpText('after', help)
    .action((subject: string, property: string, value: string | undefined, options: ResolveOptions) =>
      resolve(subject, property, value, options, terminal),
    )
}

async function resolve(
  subject: string,
  property: string,
  given: string | undefined,
  options: ResolveOptions,
  terminal: Terminal,
): Promise<void> {
  if ((given === undefined) !== (options.delete === true)) throw optionInvalid('VALUE', 'given, or else --delete')
  const result = await withClone(options, terminal, async ({ clone, caughtUp, delivered }) => {
    await caughtUp()
    const conflict = conflictAt(clone, subject, property)
    const value = given === undefined ? null : choiceOf(conflict, given, options.new === true)
    const { ticks } = await clone.resolve(conflict, value)
    const stays = formatJson(value)
    const removed = [...new Set(conflict.candidates.map(({ value }) => formatJson(value)))].filter(
      text => text !== stays,
    )
    const text = value === null ? 'has no value now' : `is ${stays} now`
    note(terminal, `${property} of ${subject} ${text}${removed.length === 0 ? '' : `; gone: ${removed.join(', ')}`}`)
    const values = removed.map(text => JSON.parse(text) as unknown)
    return { ticks, subject, property, value, removed: values, sent: await delivered() }
  })
  await printJson(terminal, result, options.json)
}

/** @throws CodedError `conflict-absent`, which says where there are some */
function conflictAt(clone: Clone, subject: string, property: string): Conflict {
  const [found] = clone.conflicts({ subject, property })
  if (found !== undefined) return found
  const others = clone.conflicts().map(other => `${other.property} of ${other.subject}`)
  const some = `${others.slice(0, 5).join(', ')}${others.length > 5 ? `, and ${others.length - 5} more` : ''}`
  const where =
    others.length > 0
      ? `There are some at ${some}: meldwork conflicts shows them`
      : clone.rules.inForce.length > 0
        ? 'There is none in this domain; somebody may have settled it'
        : 'No rules are in force here: give those of the app with --constraints'
  const message = `There is no conflict at ${property} of ${subject}. ${where}`
  throw new CodedError('conflict-absent', message, { subject, property })
}

/**
 * The value that was meant.
 * @throws CodedError `input-malformed`; `conflict-outdated` for one that is no candidate, and is not said to be new
 */
function choiceOf({ subject, property, candidates }: Conflict, given: string, mayBeNew: boolean): ConflictChoice {
  const isGiven = ({ value }: { value: ReadValue }) => value === given
  if (candidates.some(isGiven)) return given
  const value = jsonOrText(given)
  const text = formatJson(value)
  const candidate = candidates.find(({ value }) => formatJson(value) === text)
  if (candidate !== undefined) return candidate.value as ConflictChoice
  if (mayBeNew || candidates.length === 0) return value
  const all = [...new Set(candidates.map(({ value }) => formatJson(value)))].join(', ')
  const message = `${text} is not among the values of ${property} of ${subject}, which are ${all}. Choose one of them, or say --new`
  throw new CodedError('conflict-outdated', message, { subject, property, resolved: false })
}

/** What is no JSON is a text, unless it begins like JSON that is more than a word. */
function jsonOrText(given: string): ConflictChoice {
  try {
    return parseJson(given, 'the argument') as ConflictChoice
  } catch (error) {
    if (/^\s*[[{"]|^-?\d+$/.test(given)) throw error
    return given
  }
}
