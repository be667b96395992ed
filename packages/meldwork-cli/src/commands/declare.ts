import type { Command } from 'commander'
import type { Constraint } from 'meldwork'
import { addDomainOptions, type DomainOptions } from './domain-options.js'
import { readJson } from './json.js'
import { conflictsText } from './rule-text.js'
import { withClone } from './session.js'
import { note, printJson, type Terminal } from './terminal.js'

const help = `
Declares a rule for the whole domain: it becomes data, and is in force at every clone. Nothing is deleted by it: what it hides is among the conflicts.
Try it with --dry-run before. To withdraw it, delete its subject. docs/rules.md has the types of rules and their parameters.
Prints {"id", "conflicts", "sent"}: the id of its subject, and what it hides, or would hide, of what is there.

Examples:
  meldwork declare '{"@type": "single-valued", "property": "title"}' --dry-run
  meldwork declare '{"@id": "one-title", "@type": "single-valued", "property": "title", "class": "Card"}'
  meldwork declare '{"@type": "unique", "property": "email", "class": "Person"}'
  meldwork declare @rule.json --domain board.example --url ws://localhost:7330
  meldwork write '{"@delete": {"@id": "one-title"}}'                 withdraws it`

interface DeclareOptions extends DomainOptions {
  readonly dryRun?: true
}

/** `meldwork declare JSON`. */
export function addDeclare(program: Command, terminal: Terminal): void {
  const command = program
    .command('declare')
    .summary('declare a rule for the whole domain')
    .description('Declare a rule for the whole domain, and say what it hides.')
    .argument('<json>', 'the rule; @file for what a file holds, - for standard input')
    .option('--dry-run', 'only say what it would hide')
  addDomainOptions(command)
    .addHelpText('after', help)
    .action((json: string, options: DeclareOptions) => declare(json, options, terminal))
}

async function declare(argument: string, options: DeclareOptions, terminal: Terminal): Promise<void> {
  const constraint = (await readJson(argument, terminal.input)) as Constraint
  const dryRun = options.dryRun === true
  const result = await withClone(options, terminal, async ({ clone, caughtUp, delivered }) => {
    await caughtUp()
    const declaration = await clone.declare(constraint, { dryRun })
    return { ...declaration, sent: dryRun ? undefined : await delivered() }
  })
  const { id, conflicts } = result
  const count =
    conflicts.length === 0 ? 'nothing' : conflicts.length === 1 ? 'at 1 place' : `at ${conflicts.length} places`
  note(terminal, dryRun ? `it would hide ${count}; nothing was declared` : `declared as ${id}; it hides ${count}`)
  if (terminal.outIsShown && options.json !== true) await terminal.out(conflictsText(conflicts))
  else await printJson(terminal, result, options.json)
}
