import { dirname } from 'node:path'
import type { Command } from 'commander'
import { note, type Terminal } from '../commands/terminal.js'
import { optionInvalid } from '../errors.js'
import { isThere, parseBlockUrl } from './block-urls.js'
import { exitCodesHelp } from './document-options.js'
import { isInRepository, keepBytesInGit } from './git-attributes.js'
import { printReport } from './json.js'
import { blocksAt } from './open-blocks.js'

const help = `
Makes an empty place for a document; one that is there stays as it is. melda update does it too.
With --git it says to git that the bytes of these files are not to be changed, also where git changes the ends of lines (core.autocrlf): with a line in the
.gitattributes of the folder that the document's folder is in, to be committed with it. In the document's folder itself a file would
keep Melda's own tools from opening it, so that the document must not be the top of the repository.

Examples:
  melda init -t todolist
  melda init -t todolist --git && git add .gitattributes
  melda init -t sqlite:///home/alice/todolist.db
${exitCodesHelp([])}`

interface InitOptions {
  readonly target: string
  readonly git?: true
  readonly json?: true
}

/** `melda init`. */
export function addInit(program: Command, terminal: Terminal): void {
  program
    .command('init')
    .summary('make an empty place for a document')
    .description('Make an empty place for a document.')
    .requiredOption('-t, --target <place>', 'the document: a folder, or a URL')
    .option('--git', 'keep git from changing bytes')
    .option('--json', 'one line of JSON, for programs')
    .option('--json-errors', 'errors as one line of JSON, on standard error')
    .addHelpText('after', help)
    .action((options: InitOptions) => init(options, terminal))
}

async function init({ target, git, json }: InitOptions, terminal: Terminal): Promise<void> {
  const place = parseBlockUrl(target)
  if (git && place.kind !== 'folder') throw optionInvalid('--git', 'for a folder')
  const created = !isThere(place)
  const store = blocksAt(target, true, terminal)
  await store.open()
  await store.close()
  const attributes = git ? await keepBytesInGit(place.location) : undefined
  if (json) {
    await printReport(terminal, { location: store.location, created, attributes: attributes?.file })
    return
  }
  await terminal.out(`${store.location} ${created ? 'is ready' : 'was there already'}\n`)
  if (attributes === undefined) return
  await terminal.out(`${attributes.file} keeps git from changing its bytes: commit it with the document\n`)
  if (!isInRepository(dirname(place.location))) note(terminal, 'no git repository here yet: git init makes one')
}
