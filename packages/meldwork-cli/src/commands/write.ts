import type { Command } from 'commander'
import type { Write } from 'meldwork'
import { addDomainOptions, type DomainOptions } from './domain-options.js'
import { readJson } from './json.js'
import { withClone } from './session.js'
import { printJson, type Terminal } from './terminal.js'

const help = `
Writes JSON to a domain, as one change: subjects, which are added to what is there, or an update with @delete, @insert, @update and @where.
Prints {"ticks", "ids", "sent"}: ids are the identifiers given to subjects without @id; sent, with a relay, tells whether others have it.

Examples:
  meldwork write '{"@id": "fred", "name": "Fred"}'
  meldwork write '{"@type": "Card", "title": "Hello"}' --domain board.example --url ws://localhost:7330
  meldwork write @cards.json                                        a file: a subject, or an array of them
  echo '{"@id": "fred", "age": 40}' | meldwork write -               standard input
  meldwork write '{"@delete": {"@id": "fred", "name": "?"}, "@insert": {"@id": "fred", "name": "Freddy"}}'
  meldwork write '{"@delete": {"@id": "fred"}}'                      the whole subject
  meldwork write '{"@update": {"@id": "?c", "votes": {"@plus": 1}}, "@where": {"@id": "?c", "title": "Hello"}}'
  meldwork write '{"@id": "shopping", "@list": {"0": "Bread"}}'      into a list, at an index`

/** `meldwork write JSON`. */
export function addWrite(program: Command, terminal: Terminal): void {
  const command = program
    .command('write')
    .summary('write JSON to a domain')
    .description('Write JSON to a domain, as one change.')
    .argument('<json>', 'what to write; @file for what a file holds, - for standard input')
  addDomainOptions(command)
    .addHelpText('after', help)
    .action((json: string, options: DomainOptions) => write(json, options, terminal))
}

async function write(argument: string, options: DomainOptions, terminal: Terminal): Promise<void> {
  const request = (await readJson(argument, terminal.input)) as Write
  const result = await withClone(options, terminal, async ({ clone, caughtUp, delivered }) => {
    await caughtUp()
    const { ticks, ids } = await clone.write(request)
    return { ticks, ids, sent: await delivered() }
  })
  await printJson(terminal, result, options.json)
}
