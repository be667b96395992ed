import type { Command } from 'commander'
import type { Terminal } from '../commands/terminal.js'
import { addSource, exitCodesHelp, type SourceOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { printReport } from './json.js'
import { withSource } from './session.js'

const help = `
Prints the revision of an object that readers see, and those that it follows, the youngest first. N-d_... is a deletion.

Examples:
  melda history -s file:///home/alice/todolist -o alice_todo_01
  melda history -s todolist -o ^√@items♭                            a list
${exitCodesHelp([exitCodes.unknown, exitCodes.nothing])}`

interface HistoryOptions extends SourceOptions {
  readonly object: string
}

/** `melda history`. */
export function addHistory(program: Command, terminal: Terminal): void {
  const command = program
    .command('history')
    .summary('list the revisions of an object')
    .description('List the revisions of an object.')
    .requiredOption('-o, --object <id>', 'the object')
  addSource(command)
    .addHelpText('after', help)
    .action((options: HistoryOptions) => history(options, terminal))
}

async function history(options: HistoryOptions, terminal: Terminal): Promise<void> {
  const revisions = await withSource(options, terminal, ({ replica }) => replica.history(options.object))
  if (options.json) await printReport(terminal, revisions)
  else await terminal.out(revisions.map(revision => `${revision}\n`).join(''))
}
