import type { Command } from 'commander'
import { Option } from 'commander'
import { hasCode } from 'meldwork'
import type { Replica, ResolvedConflict } from 'meldwork/document'
import { note, type Terminal } from '../commands/terminal.js'
import { optionInvalid } from '../errors.js'
import { addTarget, exitCodesHelp, type TargetOptions } from './document-options.js'
import { exitCodes, NotInConflict } from './failure.js'
import { printReport } from './json.js'
import { plainText } from './plain-text.js'
import { withTarget } from './session.js'
import { commit, informationOf } from './update.js'

const help = `
Settles conflicts, all of them or that of one object, and commits. Without more, what readers see stays. -w names another revision of the conflict, as melda
conflicts lists them; of a list, that means all orders merged, beginning with that one.
--strategy ours and theirs choose by who has committed: ours is what --author did. --strategy merge takes each field from the side that changed it; where
two sides changed one field, the conflict stays.

Examples:
  melda resolve -t file:///home/alice/todolist                      all, as readers see them
  melda resolve -t todolist -o alice_todo_01 -w 2-2b54f3..._1bcf3be
  melda resolve -t todolist --strategy merge
  melda resolve -t todolist --strategy ours -a Alice
${exitCodesHelp([exitCodes.unknown, exitCodes.nothing, exitCodes.generation], {
  [exitCodes.failed]: 'the object has no conflict',
  [exitCodes.usage]: 'the winner is none of the conflict',
})}`

const strategies = ['winner', 'ours', 'theirs', 'merge'] as const

interface ResolveOptions extends TargetOptions {
  readonly object?: string
  readonly winner?: string
  readonly strategy?: (typeof strategies)[number]
  readonly author?: string
  readonly description?: string
}

/** `melda resolve`. */
export function addResolve(program: Command, terminal: Terminal): void {
  const command = program
    .command('resolve')
    .summary('settle conflicts')
    .description('Settle conflicts, all or one, and commit.')
  addTarget(command)
    .option('-o, --object <id>', 'only the conflict of this object')
    .option('-w, --winner <revision>', 'the revision that it shall be')
    .addOption(new Option('--strategy <name>', 'who decides (default: winner)').choices(strategies))
    .option('-a, --author <name>', 'who commits')
    .option('-d, --description <text>', 'what for')
    .addHelpText('after', help)
    .action((options: ResolveOptions) => resolve(options, terminal))
}

async function resolve(options: ResolveOptions, terminal: Terminal): Promise<void> {
  const { winner, object, strategy } = options
  if (winner !== undefined && object === undefined) throw optionInvalid('--winner', 'of an object: name it with -o')
  if (winner !== undefined && strategy !== undefined) throw optionInvalid('--strategy', 'left out with --winner')
  await withTarget(options, false, terminal, async ({ replica }) => {
    const resolved = resolveIn(replica, options)
    const { id, warnings } = await commit(replica, informationOf(options), terminal)
    if (options.json) {
      await printReport(terminal, { resolved: resolved.map(each => ({ ...each })), id, warnings })
      return
    }
    for (const { object } of strategy === 'merge' ? replica.conflicts() : [])
      note(terminal, `${plainText(object)} stays in conflict: one field was changed on two sides`)
    for (const { object, revision, previous } of resolved)
      await terminal.out(`${plainText(object)} resolved as ${revision} (previous: ${previous})\n`)
    await terminal.out('Committed changes\n')
  })
}

function resolveIn(replica: Replica, { object, winner, strategy, author }: ResolveOptions): ResolvedConflict[] {
  try {
    return replica.resolve({ object, winner, strategy, author })
  } catch (error) {
    throw hasCode(error, 'revision-unknown') ? new NotInConflict(error.message, { cause: error }) : error
  }
}
