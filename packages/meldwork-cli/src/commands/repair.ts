import { randomBytes } from 'node:crypto'
import { access, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { CodedError } from 'meldwork'
import { domainOfStore, repairStore, type SalvageReport } from 'meldwork/repair'
import { LevelStore } from 'meldwork/stores/level'
import { optionInvalid } from '../errors.js'
import { folderOfDomain } from '../folders.js'
import { addDomainOptions, type DomainOptions } from './domain-options.js'
import { Progress } from './progress.js'
import { withClone } from './session.js'
import { note, printJson, type Terminal } from './terminal.js'

const help = `
For a folder that a clone refuses as damaged (store-corrupt). Stop whatever uses it first. It is not touched: what is whole in a copy of it
is written into a new folder beside it, which then takes its place.

With --url, the new clone first joins the others; then only what they have never seen is written: writes that were never sent, and deletes
too. Do so where there are others. Without it, everything that is found is written, as new; when that clone joins others later, what they
have deleted or replaced meanwhile is there again. What stood in the damaged values comes back only from others.

Prints {"folder", "damaged", "operations", "found", "known", "broughtBack", "deletesBroughtBack", "triples", "sent"}: the new folder, the keys that are damaged,
whole transactions, triples found, those that the others know, those written, deletes made again, triples of the domain now.

Examples:
  meldwork repair ./data --domain board.example --url ws://localhost:7330
  meldwork repair ./data/5f0c6a1b2c3d4e5f-board.example
  meldwork repair ./mine --domain board.example --to ./repaired --progress`

interface RepairOptions extends Omit<DomainOptions, 'domain'> {
  readonly domain?: string
  readonly to?: string
  readonly progress?: true
}

/** `meldwork repair FOLDER`. */
export function addRepair(program: Command, terminal: Terminal): void {
  const command = program
    .command('repair')
    .summary('bring back what is whole in a damaged folder')
    .description('Bring back what is whole in the damaged folder of a clone, into a new one beside it.')
    .argument('<folder>', 'the folder of the clone; or with --domain, that of a gateway, or one given as --data')
    .option('--to <folder>', 'the new folder (default: the name of the old one, and ".repaired")')
    .option('--progress', 'say how far it is, when nobody looks too')
  addDomainOptions(command, { optional: true })
    .addHelpText('after', help)
    .action((folder: string, options: RepairOptions) => repair(folder, options, terminal))
}

async function repair(given: string, options: RepairOptions, terminal: Terminal): Promise<void> {
  const folder = await damagedFolder(given, options.domain)
  const target = options.to ?? `${folder}.repaired`
  if (await isThere(target)) throw optionInvalid('--to', `a folder that is not there yet, unlike ${target}`)
  const copy = `${target}.${randomBytes(4).toString('hex')}.part`
  const progress = new Progress(terminal, options.progress === true)
  try {
    note(terminal, `copying ${folder}, which stays as it is`)
    const damaged = await LevelStore.readableCopy(folder, copy)
    const domain = (await domainOfStore(damaged)) ?? options.domain
    if (domain === undefined) throw optionInvalid('--domain', 'given: the folder does not tell which domain it holds')
    if (options.domain !== undefined && domain !== options.domain) {
      const message = `${folder} holds the domain ${domain}, not ${options.domain}`
      throw new CodedError('store-domain', message, { location: folder, expected: options.domain, found: domain })
    }
    const opened = { ...options, domain, ...(options.url === undefined && { genesis: true as const }) }
    const result = await withClone(
      opened,
      terminal,
      async ({ clone, caughtUp, delivered }) => {
        await caughtUp()
        const report = await repairStore(damaged, clone, {
          onProgress: ({ step, done }) => progress.show(() => `${step}: ${done}`),
        })
        progress.clear()
        const sent = await delivered()
        return { folder: target, ...report, triples: clone.stats().triples, sent }
      },
      new LevelStore(target),
    )
    tell(result, folder, target, terminal)
    await printJson(terminal, result, options.json)
  } catch (error) {
    progress.clear()
    await rm(target, { recursive: true, force: true })
    throw error
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

function tell(
  { damaged, broughtBack, known, found }: SalvageReport,
  folder: string,
  target: string,
  terminal: Terminal,
) {
  const what = damaged.length === 0 ? 'nothing was damaged' : `${damaged.length} values were damaged`
  note(terminal, `${what}; of ${found} triples found, ${known} are known to others, and ${broughtBack} were written`)
  note(terminal, `To go on with it: move ${folder} away, and ${target} to its place.`)
}

/** The folder of the clone itself: what is given may be the folder that it is kept in, under a name of its own. */
async function damagedFolder(given: string, domain: string | undefined): Promise<string> {
  const folder = resolve(given)
  const kept = domain === undefined ? undefined : join(folder, folderOfDomain(domain))
  if (kept !== undefined && (await isThere(kept))) return kept
  const names: string[] = await readdir(folder).catch(() => [])
  if (names.some(name => /^(CURRENT|MANIFEST-\d+|\d+\.(ldb|sst|log))$/.test(name))) return folder
  throw optionInvalid(
    'the folder',
    `that of a clone, unlike ${folder}${domain === undefined ? '; or say --domain' : ''}`,
  )
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
