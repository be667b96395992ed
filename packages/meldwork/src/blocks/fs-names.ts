import { type Dirent, readdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { blockFolder, blockNameFault } from '../ports/index.js'
import { ownPattern } from './fs-file.js'
import { codeOf } from './fs-trouble.js'

/** Names that a sub-folder can have: the first two characters of a block's. */
const folderPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]?$/

/** The names of the blocks in a folder. @throws what the file system says, when it cannot be read */
export async function namesIn(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const inside of foldersOf(await readdir(folder, { withFileTypes: true }))) {
    const entries = await readdir(join(folder, inside), { withFileTypes: true }).catch(noneIfGone)
    found.push(...filesOf(inside, entries))
  }
  return found
}

/** The same, within the call. */
export function namesNowIn(folder: string): string[] {
  const entriesOf = (inside: string) => {
    try {
      return readdirSync(join(folder, inside), { withFileTypes: true })
    } catch (error) {
      return noneIfGone(error)
    }
  }
  const inside = foldersOf(readdirSync(folder, { withFileTypes: true }))
  return inside.flatMap(name => filesOf(name, entriesOf(name)))
}

/** Paths of what is no block, at the top and in the sub-folders; without folders, and without the temporary files of this store. */
export async function straysIn(folder: string): Promise<string[]> {
  const top = await readdir(folder, { withFileTypes: true })
  const found = top.filter(entry => !entry.isDirectory()).map(({ name }) => name)
  for (const inside of foldersOf(top)) {
    const entries = await readdir(join(folder, inside), { withFileTypes: true }).catch(noneIfGone)
    const blocks = new Set(filesOf(inside, entries))
    for (const entry of entries)
      if (!entry.isDirectory() && !blocks.has(entry.name) && !ownPattern.test(entry.name))
        found.push(`${inside}/${entry.name}`)
  }
  return found.sort()
}

/** Folders only: what a link leads to is not of this place. */
export const foldersOf = (entries: readonly Dirent[]) =>
  entries.filter(entry => entry.isDirectory() && folderPattern.test(entry.name)).map(({ name }) => name)

const filesOf = (folder: string, entries: readonly Dirent[]) =>
  entries
    .filter(entry => entry.isFile() && blockNameFault(entry.name) === undefined && blockFolder(entry.name) === folder)
    .map(({ name }) => name)

/** A sub-folder may go while the folder is looked through. */
function noneIfGone(error: unknown): Dirent[] {
  if (codeOf(error) === 'ENOENT') return []
  throw error
}
