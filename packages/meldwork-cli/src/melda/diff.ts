import type { Command } from 'commander'
import { hasCode } from 'meldwork'
import type { LosslessJson, Replica } from 'meldwork/document'
import { outColoursOf, type Terminal } from '../commands/terminal.js'
import { fullBlockIds } from './block-ids.js'
import { diffText } from './diff-text.js'
import { documentDiff, type ObjectChange } from './document-diff.js'
import { addSource, exitCodesHelp, type SourceOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { printReport, type Report } from './json.js'
import { withSource } from './session.js'

const help = `
Prints what differs between two points of a document, by object and field. A point is a block (the beginning of its id will do), several blocks
with commas between, or now. Without --from it is the point before the last blocks, so what these have changed.
+ is what has come, - what has gone, ~ what has changed. With --json: {"from", "to", "objects": [{"object", "change", "fields": [{"field", "before",
"after"}]}]}, where an object in another one is {"_id": id}, and null for from is before everything, null for to is now.

Examples:
  melda diff -s todolist                                            what the last blocks have changed
  melda diff -s todolist --from 1-86af1e7c                          since then
  melda diff -s todolist --from 1-86af1e7c --to 2-ff474331 --json
${exitCodesHelp([exitCodes.unknown, exitCodes.nothing])}`

interface DiffOptions extends SourceOptions {
  readonly from?: string
  readonly to: string
}

/** `melda diff`. */
export function addDiff(program: Command, terminal: Terminal): void {
  const command = program
    .command('diff')
    .summary('what differs between two points')
    .description('Print what differs between two points of a document.')
  addSource(command, { block: false })
    .option('--from <blocks>', 'the earlier point (default: before the last blocks)')
    .option('--to <blocks>', 'the later point', 'now')
    .addHelpText('after', help)
    .action((options: DiffOptions) => diff(options, terminal))
}

async function diff(options: DiffOptions, terminal: Terminal): Promise<void> {
  await withSource(options, terminal, async ({ replica }) => {
    const to = options.to === 'now' ? undefined : fullBlockIds(replica, options.to)
    const from = options.from === undefined ? parentsOf(replica, to) : fromOf(replica, options.from)
    const changes = documentDiff(from?.length === 0 ? undefined : documentAt(replica, from), documentAt(replica, to))
    if (options.json) {
      const point = (at: readonly string[] | undefined): Report => (at?.length ? [...at] : null)
      await printReport(terminal, { from: point(from), to: point(to), objects: changesReport(changes) })
    } else await terminal.out(diffText(changes, outColoursOf(terminal)))
  })
}

const fromOf = (replica: Replica, text: string): string[] | undefined =>
  text === 'now' ? undefined : fullBlockIds(replica, text)

/** The blocks that some blocks, or the anchors, follow. */
function parentsOf(replica: Replica, ids: readonly string[] | undefined): string[] {
  const wanted = new Set(ids ?? replica.anchors)
  return [...new Set(replica.log().flatMap(({ id, parents }) => (wanted.has(id) ? parents : [])))].filter(
    parent => !wanted.has(parent),
  )
}

/** The document at some blocks, or now; undefined where there is nothing to read. */
export function documentAt(replica: Replica, at?: readonly string[] | undefined): LosslessJson | undefined {
  try {
    return replica.read({ at, numbers: 'lossless' })
  } catch (error) {
    if (hasCode(error, 'root-missing')) return undefined
    throw error
  }
}

export const changesReport = (changes: readonly ObjectChange[]): Report =>
  changes.map(({ object, change, fields }) => ({ object, change, fields: fields.map(field => ({ ...field })) }))
