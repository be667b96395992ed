import type { Command } from 'commander'
import type { Read } from 'meldwork'
import { addDomainOptions, type DomainOptions } from './domain-options.js'
import { readJson } from './json.js'
import { withClone } from './session.js'
import { printJson, type Terminal } from './terminal.js'

const help = `
Prints an array: of subjects for @describe and @construct, of solutions for @select. Nothing found is an empty array, and no error.
A request can have conditions (@filter), alternatives (@union), groups (@groupBy), an order (@orderBy, @limit) and more: docs/requests.md.

Examples:
  meldwork read '{"@describe": "fred"}'
  meldwork read '{"@describe": "?card", "@where": {"@id": "?card", "@type": "Card"}}'
  meldwork read '{"@select": ["?card", "?title"], "@where": {"@id": "?card", "title": "?title"}}'
  meldwork read '{"@select": {"?cards": {"@count": "*"}}, "@where": {"@type": "Card", "done": false}}'
  meldwork read '{"@construct": {"@id": "?column", "cards": {"@id": "?card", "title": "?title"}}}'
  meldwork read @request.json --domain board.example --url ws://localhost:7330
  meldwork read '{"@describe": "fred"}' --data ./mine                a folder, without any network`

/** `meldwork read JSON`. */
export function addRead(program: Command, terminal: Terminal): void {
  const command = program
    .command('read')
    .summary('ask a domain, and print what it answers')
    .description('Ask a domain, and print what it answers.')
    .argument('<json>', 'the request; @file for what a file holds, - for standard input')
  addDomainOptions(command)
    .addHelpText('after', help)
    .action((json: string, options: DomainOptions) => read(json, options, terminal))
}

async function read(argument: string, options: DomainOptions, terminal: Terminal): Promise<void> {
  const request = (await readJson(argument, terminal.input)) as Read
  const answer = await withClone(options, terminal, async ({ clone, caughtUp }) => {
    await caughtUp()
    return clone.read(request)
  })
  await printJson(terminal, answer, options.json)
}
