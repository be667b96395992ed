/** What the published tools wrote (`test/vectors/melda/NOTICE.md`). */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../vectors/melda/', import.meta.url))

/** All of them, by their paths. */
export const fixtures: readonly string[] = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile())
  .map(entry => join(entry.parentPath, entry.name).slice(folder.length))
export const fixture = (path: string): Uint8Array => new Uint8Array(readFileSync(join(folder, path)))
export const fixtureText = (path: string): string => readFileSync(join(folder, path), 'utf8')
export const vectors = <Row>(name: string): Row => JSON.parse(fixtureText(`vectors/${name}.json`)) as Row
