import type { Command } from 'commander'
import { CodedError, hasCode } from 'meldwork'
import type { BlockedBlock, DamagedFile, Replica } from 'meldwork/document'
import { type Terminal, warn } from '../commands/terminal.js'
import { addSource, exitCodesHelp, type SourceOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { printReport, type Report } from './json.js'
import { plainList, plainText } from './plain-text.js'
import { withSource } from './session.js'

const help = `
Reads all files, and says which are damaged, misnamed or foreign, and which blocks wait for what. All else works without these. What is damaged here and
whole in another copy comes back with melda meld. Strays are files that are no blocks by their names, as the copies that sync programs make: they do no
harm here, but Melda's own tools cannot open a folder with a file at its top.

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
  /** Paths of what lies among the blocks, and is none. */
  readonly strays: readonly string[]
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
  await withSource(options, terminal, async ({ replica, store }) => {
    const findings = findingsOf(replica, (await store.strays?.()) ?? [])
    const { damaged, blocked, missing, strays } = findings
    if (options.json) await printReport(terminal, checkReport(findings))
    else await terminal.out(checkText(findings))
    const { location } = replica
    const top = strays.filter(path => !path.includes('/'))
    if (top.length > 0)
      warn(terminal, `Melda's own tools cannot open ${location} with ${plainList(top)} at its top: move that away`)
    const incomplete = damaged.length + blocked.length + missing.length > 0
    if (!incomplete && strays.length === 0) return
    const sizes = { damaged: damaged.length, blocked: blocked.length, missing: missing.length, strays: strays.length }
    const message = incomplete
      ? `Not all of ${location} is whole: melda meld brings what another copy has`
      : `There is something among the blocks of ${location} that does not belong there`
    throw new CodedError('document-incomplete', message, { location, ...sizes })
  })
}

function findingsOf(replica: Replica, strays: readonly string[]): Findings {
  const missing: string[] = []
  let readable = true
  try {
    replica.readText({ missing: list => missing.push(list) })
  } catch (error) {
    if (!hasCode(error, 'root-missing')) throw error
    readable = false
  }
  return { replica, damaged: replica.damaged(), blocked: replica.blocked(), missing, readable, strays }
}

const checkReport = ({ replica, damaged, blocked, missing, readable, strays }: Findings): Report => ({
  location: replica.location,
  generation: replica.generation,
  blocks: replica.log().length,
  objects: replica.objects().length,
  conflicts: replica.conflicts().length,
  readable,
  damaged: damaged.map(({ name, reason, message }) => ({ name, reason, message })),
  blocked: blocked.map(({ id, blocks, packs, values }) => ({ id, blocks, packs, values })),
  missing,
  strays,
})

function checkText({ replica, damaged, blocked, missing, readable, strays }: Findings): string {
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
    ...damaged.map(({ name, reason, message }) => plainText(`damaged ${name} (${reason}): ${message}`)),
    ...blocked.map(block => `blocked ${block.id}: waits for ${waitsFor(block).join(', ')}`),
    ...missing.map(list => `missing ${plainText(list)}: the list is shown as empty`),
    ...strays.map(path => `stray ${plainText(path)}`),
    '',
  ].join('\n')
}

/** What a block that does not count yet misses, for people: values may be in the missing packs, and are told where there are none. */
export const waitsFor = ({ blocks, packs, values }: BlockedBlock): string[] => [
  ...blocks.map(id => `block ${id}`),
  ...packs.map(digest => `pack ${digest}`),
  ...(packs.length > 0 ? [] : values.map(digest => `the value ${digest}`)),
]
