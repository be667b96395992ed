import { type Command, Option } from 'commander'
import type { LogEntry, Replica, ReplicaChange } from 'meldwork/document'
import { readCount } from '../commands/arguments.js'
import { note, outColoursOf, type Terminal } from '../commands/terminal.js'
import { shortId } from './block-ids.js'
import { waitsFor } from './check.js'
import { changesReport, documentAt } from './diff.js'
import { diffText } from './diff-text.js'
import { documentDiff } from './document-diff.js'
import { addSource, exitCodesHelp, type SourceOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { printReport } from './json.js'
import { plainText } from './plain-text.js'
import { withSource } from './session.js'

const help = `
Prints each change from now on, whoever brings it: a sync program, git, melda in another terminal. First the new blocks with what their authors said,
then what has changed, as melda diff prints it. It ends when it is interrupted (Ctrl-C), with 0.
With --json, a line for each change: {"blocks": [{"id", "information"}], "objects": [ids], "changes": as those of melda diff}.

Examples:
  melda watch -s todolist
  melda watch -s todolist --json | while read -r change; do notify-send "$change"; done
  melda watch -s todolist --count 1                                 ends after the first change
${exitCodesHelp([exitCodes.nothing])}`

interface WatchOptions extends SourceOptions {
  readonly count?: number
}

/** `melda watch`. */
export function addWatch(program: Command, terminal: Terminal): void {
  const command = program
    .command('watch')
    .summary('print each change, as it comes')
    .description('Print each change of a document, as it comes.')
  addSource(command, { block: false })
    .addOption(new Option('--count <number>', 'end after so many changes').argParser(readCount))
    .addHelpText('after', help)
    .action((options: WatchOptions) => watch(options, terminal))
}

async function watch(options: WatchOptions, terminal: Terminal): Promise<void> {
  await withSource(options, terminal, async ({ replica }) => {
    let document = documentAt(replica)
    const changes = replica.watch()
    const stop = () => void changes.return?.()
    process.once('SIGINT', stop).once('SIGTERM', stop)
    // A store may have nothing that keeps the process alive.
    const alive = setInterval(() => {}, 60_000)
    let left = options.count ?? Number.POSITIVE_INFINITY
    try {
      // What came between opening and watching.
      await replica.refresh()
      note(terminal, `watching ${replica.location}`)
      for await (const change of changes) {
        const before = document
        document = documentAt(replica)
        const entries = entriesOf(replica, change)
        const different = documentDiff(before, document)
        if (options.json)
          await printReport(terminal, {
            blocks: entries.map(({ id, information }) => ({ id, information })),
            objects: change.objects,
            changes: changesReport(different),
          })
        else await terminal.out(entries.map(blockLine).join('') + diffText(different, outColoursOf(terminal)))
        for (const block of replica.blocked())
          note(terminal, `${shortId(block.id)} waits for ${waitsFor(block).join(', ')}`)
        if (--left === 0) break
      }
    } finally {
      clearInterval(alive)
      process.off('SIGINT', stop).off('SIGTERM', stop)
    }
  })
}

/** Of the blocks of a change, what the log says, each after those that it follows. */
function entriesOf(replica: Replica, { blocks }: ReplicaChange): LogEntry[] {
  const entries = new Map(replica.log().map(entry => [entry.id, entry]))
  return blocks.flatMap(id => entries.get(id) ?? [])
}

const blockLine = (entry: LogEntry): string => `Block ${shortId(entry.id)}${saying(entry)}\n`

/** What the author of a block said of it, for people. */
export function saying({ information }: Pick<LogEntry, 'information'>): string {
  const { author, description } = information ?? {}
  const text = [author, description].filter(each => typeof each === 'string').join(': ')
  return text === '' ? '' : ` ${plainText(text)}`
}
