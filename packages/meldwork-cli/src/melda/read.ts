import type { Command } from 'commander'
import { type Terminal, warn } from '../commands/terminal.js'
import { addSource, exitCodesHelp, type SourceOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { plainText } from './plain-text.js'
import { withSource } from './session.js'

const help = `
Prints the document as one line of JSON, fields by code points, each object with its _id, all numbers with all of their digits.

Examples:
  melda read -s file:///home/alice/todolist
  melda read -s todolist | jq .
  melda read -s todolist -b 1-86af1e7c                              as it was then
${exitCodesHelp([exitCodes.unknown, exitCodes.nothing])}`

interface ReadOptions extends SourceOptions {
  readonly root?: string
}

/** `melda read`. */
export function addRead(program: Command, terminal: Terminal): void {
  const command = program.command('read').summary('print a document').description('Print a document as JSON.')
  addSource(command)
    .option('--root <id>', 'the object that it begins with (default: √)')
    .addHelpText('after', help)
    .action((options: ReadOptions) => read(options, terminal))
}

async function read(options: ReadOptions, terminal: Terminal): Promise<void> {
  const text = await withSource(options, terminal, ({ replica }) =>
    replica.readText({
      root: options.root,
      missing: list =>
        warn(terminal, `the list ${plainText(list)} is missing, and shown as empty: melda check tells more`),
    }),
  )
  await terminal.out(`${text}\n`)
}
