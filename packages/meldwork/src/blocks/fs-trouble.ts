import type { StoreTrouble } from '../errors.js'

/** The folder was there when it was opened, and is not any more. */
export class FolderGone extends Error {
  constructor(cause: unknown) {
    super('it has gone', { cause })
  }
}

const troubles: Readonly<Record<string, StoreTrouble>> = {
  ENOSPC: 'full',
  EDQUOT: 'quota',
  EFBIG: 'quota',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
}

/** What an error of the file system means for whoever uses the folder. */
export function troubleOf(error: unknown): StoreTrouble {
  if (error instanceof FolderGone) return 'evicted'
  return troubles[String(codeOf(error))] ?? 'io'
}

/** The end of a message. */
export function whatToDo(reason: StoreTrouble): string {
  if (reason === 'denied') return '. Give this user the right to it, or copy the folder to a place where there is one'
  if (reason === 'evicted')
    return '. Bring the folder back (is the drive still there?), then go on; or open another one'
  if (reason === 'full' || reason === 'quota') return '. Make space, then try again'
  return ''
}

export const codeOf = (error: unknown) => (error as { code?: unknown } | null | undefined)?.code
