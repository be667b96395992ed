/** What the published tools wrote (`test/vectors/melda/NOTICE.md`). */
import { readFileSync } from 'node:fs'

const folder = new URL('../vectors/melda/', import.meta.url)

export const fixture = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, folder)))
export const fixtureText = (path: string): string => readFileSync(new URL(path, folder), 'utf8')
export const vectors = <Row>(name: string): Row => JSON.parse(fixtureText(`vectors/${name}.json`)) as Row
