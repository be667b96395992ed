import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync, inflateRawSync } from 'node:zlib'
import { MemoryBlocks } from '../../src/blocks/memory.js'
import type { BlockWriteMode } from '../../src/ports/index.js'

/** Where a store in memory keeps its files. Several may have one map. */
export type Files = Map<string, Uint8Array>

/** Blocks in memory that count, and that can fail. */
export class TestBlocks extends MemoryBlocks {
  readonly files: Files
  reads = 0
  writes = 0
  bytesWritten = 0
  /** Fails what it throws at. */
  before: (operation: 'read' | 'write', name: string) => void | Promise<void> = () => {}

  constructor(files: Files = new Map()) {
    super(files)
    this.files = files
  }

  override async read(name: string): Promise<Uint8Array | undefined> {
    await this.before('read', name)
    this.reads++
    return super.read(name)
  }

  override async write(name: string, bytes: Uint8Array, mode?: BlockWriteMode): Promise<boolean> {
    await this.before('write', name)
    const made = await super.write(name, bytes, mode)
    if (made) {
      this.writes++
      this.bytesWritten += bytes.length
    }
    return made
  }
}

const flavours = { '.flate': inflateRawSync, '.brotli': brotliDecompressSync }

/** The files of a folder as Melda's tools lay it out, inflated. Those at its top are read, too. */
export function readFolder(folder: string): Files {
  const files: Files = new Map()
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const inside = statSync(path).isDirectory() ? readdirSync(path).map(each => join(path, each)) : [path]
    for (const file of inside) {
      const bytes = readFileSync(file)
      const base = file.slice(file.lastIndexOf('/') + 1)
      const flavour = Object.entries(flavours).find(([ending]) => base.endsWith(ending))
      if (flavour) files.set(base.slice(0, -flavour[0].length), new Uint8Array(flavour[1](bytes)))
      else files.set(base, new Uint8Array(bytes))
    }
  }
  return files
}
