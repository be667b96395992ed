import type { StoreTrouble } from '../errors.js'

/** What an error of SQLite, or of the file system, means for whoever uses the file. */
export function troubleOf(cause: unknown): StoreTrouble {
  const code = String(codeOf(cause))
  const message = cause instanceof Error ? cause.message : ''
  if (code === 'ENOENT' || /Could not open the database/.test(message)) return 'evicted'
  if (code === 'ENOSPC' || /disk is full/.test(message)) return 'full'
  if (['EACCES', 'EPERM', 'EROFS'].includes(code) || /readonly database|unable to open/.test(message)) return 'denied'
  return 'io'
}

export const codeOf = (error: unknown) => (error as { code?: unknown } | null | undefined)?.code
