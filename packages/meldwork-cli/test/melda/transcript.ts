import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transcripts } from './running.js'

/** One command of the transcript of the original's tool. */
export interface Row {
  /** What stood behind the command's name. */
  readonly line: string
  readonly argv: readonly string[]
  readonly code: number
  /** Output and errors together, as the transcript has them. */
  readonly text: string
}

/** Arguments with spaces: the transcript has lost their quotation marks. */
const spaced = ['First commit', 'Add buy milk', 'Add some todos', 'Some more stuff to do']

/** The transcript, with its folders below another one. */
export function rowsBelow(folder: string): Row[] {
  const text = readFileSync(join(transcripts, 'transcript.txt'), 'utf8')
  const rows = text.split(/^\$ libmelda-tools ?/m).slice(1)
  return rows.map(row => {
    const end = row.indexOf('\n')
    const line = row.slice(0, end)
    const [, output, code] = /^([\s\S]*)\[exit (\d+)\]\n$/.exec(row.slice(end + 1)) ?? []
    if (output === undefined) throw new Error(`The transcript has no end of ${line}`)
    return { line, argv: argumentsOf(line, folder), code: Number(code), text: output }
  })
}

function argumentsOf(line: string, folder: string): string[] {
  let kept = line
  for (const words of spaced) kept = kept.replace(words, words.replaceAll(' ', '\u00a0'))
  return kept
    .split(' ')
    .filter(word => word !== '')
    .map(word => word.replaceAll('\u00a0', ' ').replace('/FIXTURE', folder))
    .map(word => (/^v\d\w*\.json$/.test(word) ? join(transcripts, word) : word))
}
