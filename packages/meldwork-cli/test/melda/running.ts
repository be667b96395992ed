import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { checkFolder } from '../../../../test/melda-format/check.mjs'
import type { Terminal } from '../../src/commands/terminal.js'
import { runMelda } from '../../src/melda/program.js'

/** What the original's command line tool wrote (`NOTICE.md` there). */
export const fixtures = fileURLToPath(new URL('../../../meldwork/test/vectors/melda/', import.meta.url))
export const transcripts = join(fixtures, 'cli_0.4.1')

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process. */
export function melda(...argv: string[]): Promise<Ran> {
  return meldaWith({}, ...argv)
}

/** The same with a standard input, or with an output that a person sees. */
export async function meldaWith({ input = '', shown = false }, ...argv: string[]): Promise<Ran> {
  let [out, err] = ['', '']
  const terminal: Terminal = {
    input: (async function* () {
      yield input
    })(),
    outIsShown: shown,
    errIsShown: shown,
    out: async text => {
      out += text
    },
    err: text => {
      err += text
    },
  }
  return { code: await runMelda(argv, terminal), out, err }
}

/** Runs a command that must succeed. @returns what it has printed */
export async function done(...argv: string[]): Promise<string> {
  const { code, out, err } = await melda(...argv)
  expect([code, err.replace(/^.* is new\n/m, '')]).toEqual([0, ''])
  return out
}

/** Runs a command that must fail with this exit code. @returns what it has said */
export async function failed(expected: number, ...argv: string[]): Promise<string> {
  const { code, out, err } = await melda(...argv)
  expect([code, out]).toEqual([expected, ''])
  return err
}

/** Copies a folder with all that is in it, into one that may be there: as `cp -r FROM/. TO`. */
export function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  cpSync(from, to, { recursive: true })
}

/** What another reader of the format, which shares no code with this one, has to say of a folder. */
export function expectSound(folder: string): void {
  const { errors, blocked } = checkFolder(folder)
  expect({ errors, blocked }).toEqual({ errors: [], blocked: [] })
}

/** The names of the files in a folder's folders, sorted. */
export function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .flatMap(inside => readdirSync(join(folder, inside)))
    .sort()
}
