import { readFile } from 'node:fs/promises'
import { CodedError } from 'meldwork'
import { systemReason } from '../errors.js'
import { parseJson } from '../json.js'

/**
 * The JSON that an argument stands for: itself, `@FILE` for what a file holds, `-` for the standard input.
 * @param input where `-` reads
 * @throws CodedError `input-malformed`, `file-unreadable`
 */
export async function readJson(argument: string, input: AsyncIterable<string | Uint8Array>): Promise<unknown> {
  if (argument === '-') return parseJson(await textOf(input), 'the standard input')
  if (argument.startsWith('@') && !argument.startsWith('@{')) {
    const file = argument.slice(1)
    return parseJson(await textOfFile(file), file)
  }
  return parseJson(argument, 'the argument')
}

async function textOfFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const reason = systemReason(error)
    throw new CodedError('file-unreadable', `Cannot read ${file}: ${reason}`, { file, reason }, error)
  }
}

async function textOf(input: AsyncIterable<string | Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of input) text += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true })
  return text + decoder.decode()
}
