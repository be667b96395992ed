import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { CodedError } from 'meldwork'
import { systemReason } from '../errors.js'

/** Text that can be read more than once, piece by piece. */
export interface InputFile {
  /** For messages. */
  readonly name: string
  /** In bytes; undefined until it has been read once, when it comes from a pipe. */
  size(): number | undefined
  /** @throws CodedError `file-unreadable`, while reading */
  pieces(): AsyncIterable<Uint8Array | string>
}

/**
 * A file, or for `-` the standard input, which is kept in memory to be read again.
 * @throws CodedError `file-unreadable`
 */
export async function inputFile(name: string, input: AsyncIterable<string | Uint8Array>): Promise<InputFile> {
  if (name === '-') return pipedInput(input)
  const { size } = await stat(name).catch(error => {
    throw unreadable(name, error)
  })
  return { name, size: () => size, pieces: () => piecesOf(name) }
}

async function* piecesOf(name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(name) as AsyncIterable<Uint8Array>
  } catch (error) {
    throw unreadable(name, error)
  }
}

function pipedInput(input: AsyncIterable<string | Uint8Array>): InputFile {
  const kept: (string | Uint8Array)[] = []
  let whole = false
  const first = async function* () {
    for await (const piece of input) {
      kept.push(piece)
      yield piece
    }
    whole = true
  }
  const again = async function* () {
    yield* kept
  }
  const size = () => (whole ? kept.reduce((sum, { length }) => sum + length, 0) : undefined)
  return { name: 'the standard input', size, pieces: () => (whole ? again() : first()) }
}

function unreadable(file: string, error: unknown): CodedError<'file-unreadable'> {
  const reason = systemReason(error)
  return new CodedError('file-unreadable', `Cannot read ${file}: ${reason}`, { file, reason }, error)
}
