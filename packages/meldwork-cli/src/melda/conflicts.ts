import type { Command } from 'commander'
import type { Conflict, ConflictSide, Replica } from 'meldwork/document'
import type { Terminal } from '../commands/terminal.js'
import { addSource, exitCodesHelp, type SourceOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { printReport, type Report } from './json.js'
import { plainText } from './plain-text.js'
import { withSource } from './session.js'
import { valueLine } from './value.js'

const help = `
Prints the objects that were changed in several places at a time: 🏆 marks what readers see, 🗲 what they do not. An object whose id begins with ^ is the
order of a list: readers see all orders merged, and the next commit settles it. For other objects, melda resolve does.

Examples:
  melda conflicts -s file:///home/alice/todolist
  melda conflicts -s todolist --json | jq -r '.[].object'
${exitCodesHelp([exitCodes.unknown, exitCodes.nothing])}`

/** `melda conflicts`. */
export function addConflicts(program: Command, terminal: Terminal): void {
  const command = program
    .command('conflicts')
    .summary('list the objects in conflict')
    .description('List the objects that were changed in several places at a time.')
  addSource(command)
    .addHelpText('after', help)
    .action((options: SourceOptions) => conflicts(options, terminal))
}

async function conflicts(options: SourceOptions, terminal: Terminal): Promise<void> {
  await withSource(options, terminal, async ({ replica }) => {
    const found = replica.conflicts()
    if (options.json) await printReport(terminal, found.map(conflictReport))
    else for (const conflict of found) await terminal.out(conflictText(conflict, replica))
  })
}

function conflictText({ object, winner, others }: Conflict, replica: Replica): string {
  const line = (mark: string, { revision }: ConflictSide) =>
    `\t${mark} ${revision}: ${valueLine(replica, object, revision)}\n`
  return `${plainText(object)}:\n${line('🏆', winner)}${others.map(other => line('🗲', other)).join('')}`
}

export const conflictReport = ({ object, winner, others, ancestor, merged }: Conflict): Report => ({
  object,
  winner: sideReport(winner),
  others: others.map(sideReport),
  ancestor: ancestor && sideReport(ancestor),
  merged,
})

const sideReport = ({ revision, deleted, value, order, block, information }: ConflictSide): Report => ({
  revision,
  deleted,
  value,
  order,
  block,
  information,
})
