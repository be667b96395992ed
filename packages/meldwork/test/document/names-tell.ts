import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { Files } from './blocks.js'

/** That the SHA-256 of each file is in its name, and all blocks are named as those of generation D. */
export function expectNamesToTell(files: Files): void {
  for (const [name, bytes] of files) {
    const hash = createHash('sha256').update(bytes).digest('hex')
    if (name.endsWith('.pack')) expect(name).toBe(`${hash}.pack`)
    else if (name.endsWith('.delta')) expect(name).toMatch(new RegExp(`^[1-9][0-9]*-${hash}\\.delta$`))
  }
}
