import type { StoreTrouble } from '../errors.js'

/** What the operating system says, by the codes of Node and by the words of the C library and of Windows, which LevelDB hands on. */
const known: readonly (readonly [trouble: StoreTrouble, codes: readonly string[], words: RegExp])[] = [
  ['full', ['ENOSPC'], /no space left|not enough space/i],
  // A limit on the size of one file is one of the user's, too.
  ['quota', ['EDQUOT', 'EFBIG'], /quota exceeded|file too large/i],
  ['denied', ['EACCES', 'EPERM', 'EROFS'], /permission denied|not permitted|read-only file system|access is denied/i],
  ['evicted', ['ENOENT'], /no such file or directory/i],
]

/** Why a database of `abstract-level` failed: looked for in the error and in its causes. */
export function troubleOf(error: unknown): StoreTrouble {
  let closed = false
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, message } = at as { code?: unknown; message: string }
    for (const [trouble, codes, words] of known) if (codes.includes(String(code)) || words.test(message)) return trouble
    // What did not open says so first, and then why.
    closed ||= code === 'LEVEL_DATABASE_NOT_OPEN'
  }
  return closed ? 'closed' : 'io'
}

/** A file that is missing, and a table that ends too early: LevelDB maps it into memory, and then reads beyond. */
const unusable = /(MANIFEST-\d+|\.ldb|\.sst): No such|\.(ldb|sst): Invalid argument/

/**
 * The file that LevelDB says is damaged or missing: its name, or `the database` where it names none; undefined when it says nothing of the kind.
 */
export function damagedFile(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, message } = at as { code?: unknown; message: string }
    const isDamaged = code === 'LEVEL_CORRUPTION' || /^Corruption:/.test(message) || unusable.test(message)
    if (isDamaged) return /\d{6,}\.(ldb|sst|log)|MANIFEST-\d+|CURRENT/.exec(message)?.[0] ?? 'the database'
  }
  return undefined
}
