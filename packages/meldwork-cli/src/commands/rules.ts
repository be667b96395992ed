import type { Command } from 'commander'
import { addDomainOptions, type DomainOptions } from './domain-options.js'
import { failureText, rulesText } from './rule-text.js'
import { withClone } from './session.js'
import { printJson, type Terminal, warn } from './terminal.js'

const help = `
Lists the rules that are in force, and those that are declared and are not, with the reason: they contradict others, or name a type of rule that
this command does not have (those of an app's own code). For people it is text, for programs (into a pipe, or with --json) {"inForce":
[{"declaration", "source", "id", "failure"}], "notInForce": [{"declaration", "source", "id", "code", "message"}], "differ"}. The source is
"data", for rules that are subjects of the domain, by their id; or "configuration": --constraints. "differ": another clone has other rules.

Examples:
  meldwork rules
  meldwork rules --constraints app-rules.json --data ./mine
  meldwork rules --json --domain board.example --url ws://localhost:7330
  meldwork write '{"@delete": {"@id": "one-title"}}'                 withdraws a rule that is data`

/** `meldwork rules`. */
export function addRules(program: Command, terminal: Terminal): void {
  const command = program
    .command('rules')
    .summary('list the rules in force, and those that are not')
    .description('List the rules of a domain: those in force, and those that are not, and why.')
  addDomainOptions(command)
    .addHelpText('after', help)
    .action((options: DomainOptions) => rules(options, terminal))
}

async function rules(options: DomainOptions, terminal: Terminal): Promise<void> {
  await withClone(options, terminal, async ({ clone, caughtUp }) => {
    await caughtUp()
    const { rules } = clone
    const { differ } = clone.status.value.rules
    if (terminal.outIsShown && options.json !== true) {
      await terminal.out(rulesText(rules))
      if (differ)
        warn(terminal, 'another clone has other rules: it shows other things. What is written is the same everywhere')
      return
    }
    const inForce = rules.inForce.map(({ failure, ...rule }) => ({
      ...rule,
      failure: failure === undefined ? undefined : failureText(failure),
    }))
    const notInForce = rules.notInForce.map(({ error: { code, message }, ...rule }) => ({ ...rule, code, message }))
    await printJson(terminal, { inForce, notInForce, differ }, options.json)
  })
}
