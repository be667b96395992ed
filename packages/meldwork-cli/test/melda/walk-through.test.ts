import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emptyFolder } from '../running.js'
import { copy, expectSound, melda, namesIn, transcripts } from './running.js'
import { type Row, rowsBelow } from './transcript.js'

/**
 * The activity planning of Alice and Bob, as the original's tool was run for the transcript.
 *
 * Rows that are compared to the letter, exit code and text: all but those named here. For each row the folders are as the original had them: what `beforeRow`
 * puts there are the files that the original wrote.
 */
const notCompared: Readonly<Record<number, string>> = {
  1: 'the block has a pack of two objects, in an order that is random in the original: so the id is another',
  3: 'the same: a pack of three objects',
  18: 'the original panics when a list has not changed; here there is nothing to commit',
  20: 'the original hangs; here the conflict of the list is settled by the commit',
  21: 'the original panics when there is nothing to read; here it is exit code 4, and one line',
  22: 'the original makes the folder and panics; here a missing folder is exit code 4, and stays missing',
  23: 'the original makes the folder; here as before',
  24: 'the same',
  25: 'help is in other words',
  26: 'help is in other words',
  27: 'help is in other words; the exit code is compared',
  28: 'help is in other words; the exit code is compared',
}

const original = ['--generation', 'B', '--items', 'original', '--exponents', 'unsigned']
const written = new Set(['update', 'meld', 'resolve'])

/** The folders as the original had them before a row. */
function beforeRow(at: number, folder: string): void {
  const put = (name: string, from: string, without: readonly RegExp[] = []): void => {
    rmSync(join(folder, name), { recursive: true, force: true })
    copy(join(transcripts, from), join(folder, name))
    for (const pattern of without) remove(join(folder, name), pattern)
  }
  // Alice's second block is hers as the original wrote it, and Bob begins with a copy.
  const [bobs, alices] = [/^(0bdb98b3|80f289fe)/, /^(c06f212f|be140f48)/]
  if (at === 2) put('todolist', 'todolist_melded', [bobs, alices])
  if (at === 3) copy(join(folder, 'todolist'), join(folder, 'todolist_bob'))
  if (at === 4) put('todolist_bob', 'todolist_bob')
  if (at === 19) put('todolist_melded', 'todolist_melded')
}

test('each row of the transcript that can be is equal to the letter', async () => {
  const folder = emptyFolder()
  const rows = rowsBelow(folder)
  expect(rows.length).toBe(29)
  const compared: string[] = []
  for (const [at, row] of rows.entries()) {
    beforeRow(at, folder)
    const ran = await melda(...withOptions(row))
    if (at in notCompared) continue
    const said = ran.err.replace(/^.* is new\n/m, '')
    expect([row.line, ran.code, ran.out + said]).toEqual([row.line, row.code, row.text])
    compared.push(row.line)
  }
  expect(compared.length).toBe(17)
  for (const name of ['todolist', 'todolist_bob', 'todolist_melded']) expectSound(join(folder, name))
  // What the commands wrote is what the original wrote, file for file.
  const theirs = namesIn(join(transcripts, 'todolist'))
  expect(namesIn(join(folder, 'todolist'))).toEqual(theirs)
})

test('where it cannot be equal, it does what is said', async () => {
  const folder = emptyFolder()
  const rows = rowsBelow(folder)
  const ran: (Awaited<ReturnType<typeof melda>> | undefined)[] = []
  for (const [at, row] of rows.entries()) {
    beforeRow(at, folder)
    ran.push(await melda(...withOptions(row)))
  }
  const tell = (at: number) => [rows[at].line.split(' ')[0], rows[at].code, ran[at]!.code, ran[at]!.out]
  expect(tell(1)).toEqual(['update', 0, 0, expect.stringMatching(/^Committed block [0-9a-f]{64}\n$/)])
  expect(tell(3)).toEqual(['update', 0, 0, expect.stringMatching(/^Committed block [0-9a-f]{64}\n$/)])
  expect(tell(18)).toEqual(['update', 101, 0, 'Nothing to commit\n'])
  expect(tell(20)).toEqual(['update', 124, 0, expect.stringMatching(/^Committed block [0-9a-f]{64}\n$/)])
  expect(tell(21)).toEqual(['read', 101, 4, ''])
  expect(tell(22)).toEqual(['read', 101, 4, ''])
  expect(tell(23)).toEqual(['log', 0, 4, ''])
  expect(tell(24)).toEqual(['conflicts', 0, 4, ''])
  expect(existsSync(join(folder, 'does_not_exist'))).toBe(false)
  for (const at of [21, 22, 23, 24]) expect(ran[at]!.err).toMatch(/^(root|store)-missing: .*\n$/)
  for (const at of [25, 26]) expect(tell(at).slice(1, 3)).toEqual([0, 0])
  for (const at of [27, 28]) expect(tell(at).slice(1)).toEqual([2, 2, ''])
  expect(ran[27]!.err).toContain('Begin with:')
  expect(ran[28]!.err).toContain('melda read -s')
})

test('in generation D it differs in ids and in the name of the list only', async () => {
  const [b, d] = [emptyFolder(), emptyFolder()]
  const [older, newer] = [await walk(b, original), await walk(d, [])]
  for (const text of newer.keys()) expect(translated(newer[text])).toBe(translated(older[text]))
  expect(newer.join('')).toContain('^√@items♭')
  expect(newer.join('')).toMatch(/Committed block 1-[0-9a-f]{64}\n/)
  for (const folder of [b, d]) for (const name of ['todolist', 'todolist_bob']) expectSound(join(folder, name))
})

test('a copy of the files melds as the command does', async () => {
  const [melded, copied] = [emptyFolder(), emptyFolder()]
  await walk(melded, [])
  await walk(copied, [], (to, from) => copy(from, to))
  const read = (folder: string) => melda('read', '-s', join(folder, 'todolist'))
  expect(await read(copied)).toEqual(await read(melded))
  expect((await melda('log', '-s', join(copied, 'todolist'))).out).toBe(
    (await melda('log', '-s', join(melded, 'todolist'))).out,
  )
})

function withOptions({ argv }: Row): string[] {
  const [command, ...rest] = argv
  return [...argv, ...(written.has(command) && !rest.includes('--help') ? original : [])]
}

/** All commands of the walk-through to the second resolution. @param meld the meld, when it is not by the command */
async function walk(folder: string, options: string[], meld?: (to: string, from: string) => void): Promise<string[]> {
  const said: string[] = []
  for (const [at, row] of rowsBelow(folder).entries()) {
    const [command] = row.argv
    if (at === 3) copy(join(folder, 'todolist'), join(folder, 'todolist_bob'))
    if (command === 'meld' && meld) meld(join(folder, 'todolist'), join(folder, 'todolist_bob'))
    else {
      const ran = await melda(...row.argv, ...(written.has(command) ? options : []))
      expect([row.line, ran.code]).toEqual([row.line, row.code])
      said.push(ran.out)
    }
    if (at === 15) return said
  }
  return said
}

/** With names in the places of ids, each the same wherever it stands. */
function translated(text: string): string {
  return text
    .replaceAll(/\^[0-9a-f]{64}|\^√@items♭/g, 'LIST')
    .replaceAll(/(?:\d+-)?[0-9a-f]{64}(?:_[0-9a-f]{7})?/g, 'ID')
    .split('\n')
    .sort()
    .join('\n')
}

function remove(folder: string, pattern: RegExp): void {
  for (const name of namesIn(folder)) if (pattern.test(name)) rmSync(join(folder, name.slice(0, 2), name))
}
