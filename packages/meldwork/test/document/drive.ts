import type { BlockWriteMode } from '../../src/ports/index.js'
import { type Files, TestBlocks } from './blocks.js'

/** What a drive does to one of its folders. `file` and `size` choose among what is there. */
export interface DriveStep {
  readonly what:
    | 'whole'
    | 'cut'
    | 'empty'
    | 'flipped'
    | 'copy'
    | 'unlisted-copy'
    | 'stray'
    | 'temporary'
    | 'deleted'
    | 'again'
  readonly folder: number
  readonly file: number
  readonly size: number
}

export const driveFaults: readonly DriveStep['what'][] = [
  'whole',
  'cut',
  'empty',
  'flipped',
  'copy',
  'unlisted-copy',
  'stray',
  'temporary',
  'deleted',
  'again',
]

const strays = ['notes.txt', 'desktop.ini', 'Thumbs.db', '.DS_Store', 'x.delta', '1-abc.delta', 'abc.pack', 'README']

/**
 * Folders that a cloud drive keeps the same, some time: what is written into one comes into the others late, cut off for a while, changed on the way, under
 * another name as well; and what was there is gone for a while. What {@link settle} brings is whole.
 */
export class Drive {
  readonly folders: readonly Files[]
  /** All that anybody has written through a store, as it was written. */
  readonly written: Files = new Map()

  constructor(count: number) {
    this.folders = Array.from({ length: count }, () => new Map())
  }

  /** A store over one of the folders. */
  store(folder: number): TestBlocks {
    return new DriveBlocks(this.folders[folder], this.written)
  }

  /** One fault, or one file that comes. Nothing while nothing was written. */
  step({ what, folder, file, size }: DriveStep): void {
    const files = this.folders[folder]
    const names = [...this.written.keys()]
    if (names.length === 0) return
    const name = names[file % names.length]
    const bytes = this.written.get(name)!
    const isWhole = files.get(name)?.length === bytes.length
    const [stem, extension] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.'))]
    switch (what) {
      case 'whole':
        files.set(name, bytes)
        break
      case 'cut':
        if (!isWhole) files.set(name, bytes.subarray(0, size % bytes.length))
        break
      case 'empty':
        if (!isWhole) files.set(name, new Uint8Array(0))
        break
      case 'flipped':
        if (!isWhole)
          files.set(
            name,
            bytes.map((byte, i) => (i === size % bytes.length ? byte ^ 1 : byte)),
          )
        break
      case 'copy':
        files.set(`${stem}-conflicted-copy-${size % 3}${extension}`, size % 2 === 0 ? bytes : bytes.subarray(1))
        break
      case 'unlisted-copy':
        files.set(`${stem} (conflicted copy)${extension}`, bytes)
        break
      case 'stray':
        files.set(strays[size % strays.length], bytes)
        break
      case 'temporary':
        files.set([`${name}.part`, `.${name}.tmp`, `${name}~`][size % 3], bytes.subarray(0, size % bytes.length))
        break
      case 'deleted':
        files.delete(name)
        break
      case 'again':
        if (isWhole) files.set(name, bytes.slice())
    }
  }

  /** Brings all that was written into all folders, whole. What else lies there stays. */
  settle(): void {
    for (const files of this.folders) for (const [name, bytes] of this.written) files.set(name, bytes)
  }
}

class DriveBlocks extends TestBlocks {
  private readonly written: Files

  constructor(files: Files, written: Files) {
    super(files)
    this.written = written
  }

  override async write(name: string, bytes: Uint8Array, mode?: BlockWriteMode): Promise<boolean> {
    const made = await super.write(name, bytes, mode)
    if (made) this.written.set(name, bytes)
    return made
  }
}
