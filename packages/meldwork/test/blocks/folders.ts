import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Puts into a folder of blocks what people, sync clients and other programs leave there. @returns the names of those that are files of the layout */
export function strew(folder: string): string[] {
  const put = (path: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), 'theirs')
  }
  const inLayout = ['ab/abnotes.txt', 'ab/abcd.delta', 'zz/zz', '1-/1-ab.delta.aa11.sig']
  const others = ['README.md', '.DS_Store', 'abcd', 'xy', 'ab/.abcd.pack.tmp', 'ab/abcd (conflicted copy).pack']
  others.push('ab/cdef.pack', 'ab/deep/abdeep.pack', 'abc/abc.pack', '.git/config', '.g/.gitignore', '♭♭/♭♭')
  for (const path of [...inLayout, ...others]) put(path)
  return inLayout.map(path => path.slice(3))
}

/** The files in a folder and all folders below, sorted. */
export function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  return entries
    .filter(entry => !entry.isDirectory())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}
