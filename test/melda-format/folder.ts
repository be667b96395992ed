import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')

/** A folder of the format, written by hand: whatever is asked for, right or wrong. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'melda-folder-'))

  /** Writes a file into the folder of its first two characters, or into another. */
  put(name: string, bytes: string | Uint8Array, folder = [...name].slice(0, 2).join('')): void {
    mkdirSync(join(this.path, folder), { recursive: true })
    writeFileSync(join(this.path, folder, name), bytes)
  }

  /** A pack of these texts; its id. */
  pack(...objects: string[]): string {
    return this.packText(`[${objects.join(',')}]`)
  }

  packText(text: string): string {
    this.put(`${sha256(text)}.pack`, text)
    return sha256(text)
  }

  /** A delta with this index, with none if it is 0; its id. */
  delta(index: number, text: string): string {
    const id = index === 0 ? sha256(text) : `${index}-${sha256(text)}`
    this.put(`${id}.delta`, text)
    return id
  }
}

/** The revision of an object that follows another. */
export const child = (parent: string, digest: string): string =>
  `${Number.parseInt(parent, 10) + 1}-${digest}_${sha256(parent).slice(0, 7)}`

export const digest = (object: string | Uint8Array): string => sha256(object)
