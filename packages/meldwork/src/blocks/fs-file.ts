import { randomBytes } from 'node:crypto'
import { link, lstat, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from './fs-trouble.js'

/** What a crash has left is removed after this time. Nobody writes a file for so long. */
const abandonedMs = 3_600_000
/** How long a lock file counts, where there are no hard links. It is held for a moment. */
const lockMs = 60_000
const lockPollMs = 20
/** What file systems say that have no hard links (FAT, many network drives, Android's shared storage). */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES', 'EINVAL'])
/** Files that stand beside a block while it is written. */
export const ownPattern = /^\.[A-Za-z0-9._-]+\.(tmp|lock)$/

/**
 * Creates a file with all its bytes, or not at all; durably.
 * @returns false when it was there
 */
export async function createFile(folder: string, name: string, bytes: Uint8Array): Promise<boolean> {
  const path = join(folder, name)
  if (await isThere(path)) {
    // Whoever made it may not have come to flush the folder.
    await flushFolder(folder)
    return false
  }
  const temporary = await writeTemporary(folder, name, bytes)
  let created: boolean
  try {
    created = await linkOrClaim(folder, name, temporary)
  } finally {
    await unlink(temporary).catch(ignoreMissing)
  }
  await flushFolder(folder)
  return created
}

/** Puts a file in the place of another, or of none, atomically and durably. */
export async function replaceFile(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = await writeTemporary(folder, name, bytes)
  try {
    await rename(temporary, join(folder, name))
  } catch (error) {
    await unlink(temporary).catch(ignoreMissing)
    throw error
  }
  await flushFolder(folder)
}

/** Makes durable which files are in a folder. */
export async function flushFolder(folder: string): Promise<void> {
  // Windows flushes that by itself, and opens no folder.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Some network drives cannot flush a folder.
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error
  } finally {
    await handle.close()
  }
}

/** Removes what writers left that died some time ago; what cannot be removed stays. */
export async function sweep(folder: string): Promise<void> {
  const own = (await readdir(folder)).filter(name => ownPattern.test(name))
  for (const name of own) {
    const path = join(folder, name)
    const found = await lstat(path).catch(() => undefined)
    if (found?.isFile() && Date.now() - found.mtimeMs > abandonedMs) await unlink(path).catch(() => {})
  }
}

async function writeTemporary(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  // File systems take names of 255 bytes at most.
  const temporary = join(folder, `.${name}.${randomBytes(9).toString('hex')}.tmp`)
  const file = await open(temporary, 'wx')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } catch (error) {
    await file.close()
    await unlink(temporary).catch(() => {})
    throw error
  }
  await file.close()
  return temporary
}

/** Gives a finished file its name unless that is taken. The temporary name may be there afterwards, or not. */
async function linkOrClaim(folder: string, name: string, temporary: string): Promise<boolean> {
  const path = join(folder, name)
  try {
    await link(temporary, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    if (!withoutLinks.has(String(codeOf(error)))) throw error
  }
  const lock = join(folder, `.${name}.lock`)
  while (!(await take(lock))) {
    if (await isThere(path)) return false
    await new Promise(resolve => setTimeout(resolve, lockPollMs))
  }
  try {
    if (await isThere(path)) return false
    await rename(temporary, path)
    return true
  } finally {
    await unlink(lock).catch(ignoreMissing)
  }
}

/** Takes a lock, or one that its holder left when it died. */
async function take(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close()
    return true
  } catch (error) {
    // Windows says so of a file that is just being removed.
    if (codeOf(error) !== 'EEXIST' && !(process.platform === 'win32' && codeOf(error) === 'EPERM')) throw error
  }
  const found = await stat(lock).catch(() => undefined)
  if (found !== undefined && Date.now() - found.mtimeMs > lockMs) await unlink(lock).catch(ignoreMissing)
  return false
}

/** Whether anything at all has that name: also a link that leads nowhere. */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error
}
