import { type FSWatcher, readdirSync, watch } from 'node:fs'
import { basename, join } from 'node:path'
import { foldersOf, namesIn, namesNowIn } from './fs-names.js'

/** Events of one moment are one: a file that is written gives several. */
const settleMs = 50
/** Systems that watch folders with all that is in them; the others watch each one by itself. */
const watchesTrees = process.platform === 'darwin' || process.platform === 'win32'

/**
 * Tells when there are names that were not there before. It looks when the system says that something has happened, and now and then: systems say nothing
 * about drives that others write to, and have a limit to what they watch.
 */
export class FolderWatch {
  readonly #folder: string
  readonly #changed: () => void
  readonly #pollMs: number
  readonly #watchers = new Map<string, FSWatcher>()
  #known: ReadonlySet<string>
  #timer: NodeJS.Timeout | undefined
  #looking = false
  /** Something has happened since the look under way has begun. */
  #again = false
  #stopped = false

  /** @throws what the file system says, when the folder cannot be read */
  constructor(folder: string, changed: () => void, pollMs: number) {
    this.#folder = folder
    this.#changed = changed
    this.#pollMs = pollMs
    // In this turn, so that nothing that happens after it is missed.
    this.#attend()
    this.#known = new Set(namesNowIn(folder))
    this.#schedule(pollMs)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** Watches what is not watched yet. */
  #attend() {
    this.#watch(this.#folder)
    if (watchesTrees) return
    try {
      for (const name of foldersOf(readdirSync(this.#folder, { withFileTypes: true })))
        this.#watch(join(this.#folder, name))
    } catch {
      // It has gone: it may come back, and is looked for.
    }
  }

  #watch(path: string) {
    if (this.#watchers.has(path)) return
    try {
      const watcher = watch(path, { recursive: watchesTrees })
      const forget = () => {
        watcher.close()
        if (this.#watchers.get(path) === watcher) this.#watchers.delete(path)
      }
      watcher.on('error', forget)
      watcher.on('change', (_, name) => {
        // So it says that the folder itself has gone; and then nothing more, without ending. The next look watches it again.
        if (String(name) === basename(path)) forget()
        this.#schedule(settleMs)
      })
      this.#watchers.set(path, watcher)
    } catch {
      // Too many watches, or no such folder any more: looking now and then does it.
    }
  }

  #schedule(delayMs: number) {
    if (this.#stopped) return
    if (this.#looking) {
      this.#again = true
      return
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#look(), delayMs)
  }

  async #look() {
    this.#looking = true
    this.#again = false
    this.#attend()
    // A folder that cannot be read now may be there again the next time.
    const found = await namesIn(this.#folder).catch(() => undefined)
    this.#looking = false
    if (this.#stopped) return
    const known = this.#known
    if (found !== undefined) this.#known = new Set(found)
    this.#schedule(this.#again ? settleMs : this.#pollMs)
    if (found?.some(name => !known.has(name))) this.#changed()
  }
}
