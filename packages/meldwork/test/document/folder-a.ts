import { createHash } from 'node:crypto'
import { canonicalJson, jsonOf } from '../../src/codec/index.js'
import type { Files } from './blocks.js'

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A new version of an object: what it says, and the text of the revision that it follows; undefined: it is deleted, `'r'`: the other one was chosen. */
export type VersionA = readonly [object: string, parent: string | undefined, value: object | 'r' | undefined]

/** A folder of generation A, written by hand: lists stand inside the objects that own them. */
export class FolderA {
  readonly files: Files = new Map()

  /** Writes a block. @returns its id, and the texts of the revisions */
  block(
    versions: readonly VersionA[],
    parents: readonly string[],
    description: string,
  ): { id: string; revisions: string[] } {
    const values = new Set<string>()
    const revisions: string[] = []
    const c = versions.map(([object, parent, value]) => {
      const text = typeof value === 'object' ? canonicalJson(jsonOf(value)) : ''
      const digest = value === undefined ? 'd' : value === 'r' ? 'r' : text === '{}' ? 'e' : hash(text)
      if (digest.length === 64) values.add(text)
      const index = parent === undefined ? 1 : Number(parent.slice(0, parent.indexOf('-'))) + 1
      revisions.push(parent === undefined ? `1-${digest}` : `${index}-${digest}_${hash(parent).slice(0, 7)}`)
      return parent === undefined ? [object, digest] : [object, parent, digest]
    })
    const k = values.size > 0 ? [this.put('pack', `[${[...values].join(',')}]`)] : undefined
    const p = parents.length > 0 ? [...parents].sort() : undefined
    return { id: this.put('delta', JSON.stringify({ c, i: { description }, k, p })), revisions }
  }

  private put(kind: 'pack' | 'delta', text: string): string {
    this.files.set(`${hash(text)}.${kind}`, new TextEncoder().encode(text))
    return hash(text)
  }
}
