import type { Command } from 'commander'
import { isDeleted, parseRevision, type Replica } from 'meldwork/document'
import type { Terminal } from '../commands/terminal.js'
import { addSource, exitCodesHelp, type SourceOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { withSource } from './session.js'

const help = `
Prints what an object says, as it is stored: without _id, with the ids of other objects in their places; of a list (^...), its order A or the patch a of
the order before. A deleted object says {"_deleted":true}.

Examples:
  melda value -s file:///home/alice/todolist -o alice_todo_01
  melda value -s todolist -o alice_todo_01 -r 1-97b28653481154b606b06eccf674f294f0d7b096c5b62f99e25384e1776aa4c4
  melda value -s todolist -o √
${exitCodesHelp([exitCodes.unknown, exitCodes.nothing])}`

interface ValueOptions extends SourceOptions {
  readonly object: string
  readonly revision?: string
}

/** `melda value`. */
export function addValue(program: Command, terminal: Terminal): void {
  const command = program
    .command('value')
    .summary('print what an object says')
    .description('Print what an object says, now or at a revision.')
    .requiredOption('-o, --object <id>', 'the object')
    .option('-r, --revision <revision>', 'one of its revisions, as melda history lists them (default: the winner)')
  addSource(command)
    .addHelpText('after', help)
    .action((options: ValueOptions) => value(options, terminal))
}

async function value(options: ValueOptions, terminal: Terminal): Promise<void> {
  const text = await withSource(options, terminal, ({ replica }) =>
    valueLine(replica, options.object, options.revision),
  )
  await terminal.out(`${text}\n`)
}

/** The value as JSON; what has none, in the words of Melda's own tools. @throws CodedError `object-unknown`, `revision-unknown` */
export function valueLine(replica: Replica, object: string, revision = replica.winner(object)): string {
  const text = replica.valueText(object, revision)
  if (text !== undefined) return text
  const parsed = parseRevision(revision)
  return parsed && isDeleted(parsed) ? '{"_deleted":true}' : '{"_resolved":true}'
}
