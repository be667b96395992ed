import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { CodedError } from 'meldwork'
import type { CommitInformation, Replica } from 'meldwork/document'
import { type Terminal, warn } from '../commands/terminal.js'
import { systemReason } from '../errors.js'
import { addTarget, exitCodesHelp, type TargetOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { printReport, type Report } from './json.js'
import { plainText } from './plain-text.js'
import { withTarget } from './session.js'

const help = `
Makes the document what the JSON file says, and commits what differs as one block. Objects in fields whose name ends in ♭, and in lists there, are
objects of their own, with an _id. A folder that is missing is created, unless --no-create says otherwise.

Examples:
  melda update -a Alice -d "First commit" -j v1.json -t file:///home/alice/todolist
  melda update -j v2.json -t todolist
  jq '.version = "2.0.0"' v1.json | melda update -j - -t todolist   standard input
${exitCodesHelp([exitCodes.malformed, exitCodes.nothing, exitCodes.generation])}`

interface UpdateOptions extends TargetOptions {
  readonly jsonfile: string
  readonly author?: string
  readonly description?: string
  readonly create: boolean
  readonly merge?: true
}

/** `melda update`. */
export function addUpdate(program: Command, terminal: Terminal): void {
  const command = program
    .command('update')
    .summary('make a document what a JSON file says')
    .description('Make a document what a JSON file says, and commit it.')
  addTarget(command.requiredOption('-j, --jsonfile <file>', 'the document as JSON; - for standard input'))
    .option('-a, --author <name>', 'who commits')
    .option('-d, --description <text>', 'what for')
    .option('--merge', 'resolve conflicts with it, as far as they merge field by field')
    .option('--create', 'create the place when it is missing (this is the default)')
    .option('--no-create', 'a missing place is an error')
    .addHelpText('after', help)
    .action((options: UpdateOptions) => update(options, terminal))
}

async function update(options: UpdateOptions, terminal: Terminal): Promise<void> {
  // Before anything is created.
  const json = await textOf(options.jsonfile, terminal)
  const report = await withTarget(options, options.create !== false, terminal, async ({ replica }) => {
    replica.update(json)
    return commit(replica, informationOf(options), terminal, options.merge)
  })
  if (options.json) await printReport(terminal, report)
  else await terminal.out(report.id === null ? 'Nothing to commit\n' : `Committed block ${report.id}\n`)
}

export interface CommitReport {
  readonly [key: string]: Report
  /** Null when there was nothing to commit. */
  readonly id: string | null
  readonly warnings: readonly Report[]
}

/** Commits, and says what Melda's own tools would not make good use of. */
export async function commit(
  replica: Replica,
  information: CommitInformation,
  terminal: Terminal,
  merge = false,
): Promise<CommitReport> {
  const committed = await replica.commit(information, { merge })
  const warnings = committed?.warnings ?? []
  for (const { code, message } of warnings)
    warn(terminal, plainText(code === 'braces' ? `${message}. With --braces escaped they can` : message))
  return {
    id: committed?.id ?? null,
    warnings: warnings.map(({ code, object, message }) => ({ code, object, message })),
  }
}

export function informationOf(options: { readonly author?: string; readonly description?: string }): CommitInformation {
  const { author, description } = options
  return { ...(author !== undefined && { author }), ...(description !== undefined && { description }) }
}

/** What a file or the standard input holds. @throws CodedError `file-unreadable` */
async function textOf(file: string, { input }: Terminal): Promise<string> {
  try {
    return utf8(file === '-' ? await whole(input) : await readFile(file))
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is no text in UTF-8' : systemReason(error)
    throw new CodedError('file-unreadable', `Cannot read ${file}: ${reason}`, { file, reason }, error)
  }
}

async function whole(input: AsyncIterable<string | Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of input) pieces.push(typeof piece === 'string' ? Buffer.from(piece) : piece)
  return Buffer.concat(pieces)
}

const utf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)
