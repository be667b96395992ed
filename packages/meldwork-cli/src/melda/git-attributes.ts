import { existsSync } from 'node:fs'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CodedError } from 'meldwork'
import { optionInvalid, systemReason } from '../errors.js'

/**
 * What keeps git from changing bytes: no ends of lines, no `$Id$`, no filters, no other encodings; and in a merge it leaves a file as one side has it, instead of
 * writing both into it.
 */
const attributes = '-text -ident -filter -working-tree-encoding -merge'

/** The line for a folder, in a `.gitattributes` of the folder that it is in. */
export function attributesLine(name: string): string {
  const literal = name.replace(/[\\*?[\]]/g, '\\$&')
  const pattern = `/${literal}/**`
  const needsQuotes = [...pattern].some(character => character <= ' ' || character === '"')
  if (!needsQuotes) return `${pattern} ${attributes}`
  return `"${[...pattern].map(inQuotes).join('')}" ${attributes}`
}

function inQuotes(character: string): string {
  if (character < ' ') return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`
  return character === '"' || character === '\\' ? `\\${character}` : character
}

/**
 * Sees to it that git keeps the bytes of a folder, here and in each clone, by a line in the `.gitattributes` beside it. Not in it: Melda's own tools cannot
 * open a folder that has a file at its top; and not in `.git/info/attributes`, which no clone gets.
 * @param folder its path
 * @returns the file, and whether it has been written: not when the line was there
 * @throws CodedError `option-invalid` when the folder is the top of a repository; `file-unwritable`
 */
export async function keepBytesInGit(folder: string): Promise<{ file: string; written: boolean }> {
  if (existsSync(join(folder, '.git')))
    throw optionInvalid('--git', `for a folder inside a git repository, and ${folder} is the top of one`)
  const file = join(dirname(folder), '.gitattributes')
  const line = attributesLine(basename(folder))
  try {
    const text = existsSync(file) ? await readFile(file, 'utf8') : undefined
    if (text === undefined) await writeFile(file, `${line}\n`)
    else if (text.split(/\r?\n/).includes(line)) return { file, written: false }
    else await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`)
    return { file, written: true }
  } catch (error) {
    const reason = systemReason(error)
    throw new CodedError('file-unwritable', `Cannot write ${file}: ${reason}`, { file, reason }, error)
  }
}

/** Whether a folder is in a git repository, as far as its folders tell. */
export function isInRepository(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true
    if (at === dirname(at)) return false
  }
}
