import { readdirSync } from 'node:fs'
import type { Command } from 'commander'
import { CodedError, hasCode } from 'meldwork'
import type { BlockedBlock, DamagedFile, Replica } from 'meldwork/document'
import { type Terminal, warn } from '../commands/terminal.js'
import { parseBlockUrl } from './block-urls.js'
import { addSource, exitCodesHelp, type SourceOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { printReport, type Report } from './json.js'
import { withSource } from './session.js'

const help = `
Reads all files, and says which are damaged, misnamed or foreign, and which blocks wait for what. All else works without these. What is damaged here and
whole in another copy comes back with melda meld. Files at the top of a folder are told, too: Melda's own tools cannot open such a folder.

Examples:
  melda check -s file:///home/alice/todolist
  melda check -s todolist --json | jq '.damaged'
${exitCodesHelp([exitCodes.nothing, exitCodes.found])}`

interface Findings {
  readonly replica: Replica
  readonly damaged: readonly DamagedFile[]
  readonly blocked: readonly BlockedBlock[]
  /** Ids of lists that are referred to, and not there. */
  readonly missing: readonly string[]
  /** Whether the document can be read. */
  readonly readable: boolean
  /** Names of files at the top of the folder. */
  readonly stray: readonly string[]
}

/** `melda check`. */
export function addCheck(program: Command, terminal: Terminal): void {
  const command = program
    .command('check')
    .summary('look for damaged and missing files')
    .description('Look for damaged, misnamed and missing files.')
  addSource(command, { block: false })
    .addHelpText('after', help)
    .action((options: SourceOptions) => check(options, terminal))
}

async function check(options: SourceOptions, terminal: Terminal): Promise<void> {
  await withSource(options, terminal, async ({ replica }) => {
    const findings = findingsOf(replica, strayFiles(options.source))
    const { damaged, blocked, missing, stray } = findings
    if (options.json) await printReport(terminal, checkReport(findings))
    else await terminal.out(checkText(findings))
    if (stray.length > 0)
      warn(
        terminal,
        `Melda's own tools cannot open ${replica.location} with ${stray.join(', ')} at its top: move that away`,
      )
    if (damaged.length + blocked.length + missing.length === 0) return
    const { location } = replica
    const facts = { location, damaged: damaged.length, blocked: blocked.length, missing: missing.length }
    const message = `Not all of ${location} is whole: melda meld brings what another copy has`
    throw new CodedError('document-incomplete', message, facts)
  })
}

function findingsOf(replica: Replica, stray: readonly string[]): Findings {
  const missing: string[] = []
  let readable = true
  try {
    replica.readText({ missing: list => missing.push(list) })
  } catch (error) {
    if (!hasCode(error, 'root-missing')) throw error
    readable = false
  }
  return { replica, damaged: replica.damaged(), blocked: replica.blocked(), missing, readable, stray }
}

/** Files at the top of a folder, where none belongs. */
function strayFiles(source: string): string[] {
  const { kind, location } = parseBlockUrl(source)
  if (kind !== 'folder') return []
  const entries = readdirSync(location, { withFileTypes: true })
  return entries.filter(entry => !entry.isDirectory()).map(({ name }) => name)
}

const checkReport = ({ replica, damaged, blocked, missing, readable, stray }: Findings): Report => ({
  location: replica.location,
  generation: replica.generation,
  blocks: replica.log().length,
  objects: replica.objects().length,
  conflicts: replica.conflicts().length,
  readable,
  damaged: damaged.map(({ name, reason, message }) => ({ name, reason, message })),
  blocked: blocked.map(({ id, blocks, packs, values }) => ({ id, blocks, packs, values })),
  missing,
  stray,
})

function checkText({ replica, damaged, blocked, missing, readable }: Findings): string {
  const { location, generation } = replica
  const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`
  const sizes = [
    count(replica.log().length, 'block'),
    count(replica.objects().length, 'object'),
    count(replica.conflicts().length, 'conflict'),
  ]
  return [
    `${location}: generation ${generation}, ${sizes.join(', ')}`,
    ...(readable ? [] : ['there is nothing to read']),
    ...damaged.map(({ name, reason, message }) => `damaged ${name} (${reason}): ${message}`),
    ...blocked.map(block => `blocked ${block.id}: waits for ${waitsFor(block).join(', ')}`),
    ...missing.map(list => `missing ${list}: the list is shown as empty`),
    '',
  ].join('\n')
}

/** What a block that does not count yet misses, for people: values may be in the missing packs, and are told where there are none. */
export const waitsFor = ({ blocks, packs, values }: BlockedBlock): string[] => [
  ...blocks.map(id => `block ${id}`),
  ...packs.map(digest => `pack ${digest}`),
  ...(packs.length > 0 ? [] : values.map(digest => `the value ${digest}`)),
]
