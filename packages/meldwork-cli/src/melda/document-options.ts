import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ReplicaOptions } from 'meldwork/document'
import { exitCodes } from './failure.js'

/** The options of every command that opens a document. */
export interface DocumentOptions extends Pick<ReplicaOptions, 'generation' | 'items' | 'exponents' | 'floats'> {
  readonly json?: true
}

/** Those of commands that read: `-s` and, where history can be gone back in, `-b`. */
export interface SourceOptions extends DocumentOptions {
  readonly source: string
  readonly block?: string
}

/** Those of commands that write. */
export interface TargetOptions extends DocumentOptions, Pick<ReplicaOptions, 'braces'> {
  readonly target: string
}

/** Adds `-s`, and `-b` unless there is no sense in it. */
export function addSource(command: Command, { block = true } = {}): Command {
  command.requiredOption('-s, --source <place>', 'the document: a folder, or a URL')
  if (block) command.option('-b, --block <id>', 'as it was at this block; the beginning of an id will do')
  return addDocumentOptions(command)
}

export function addTarget(command: Command, what = 'the document: a folder, or a URL'): Command {
  return addDocumentOptions(command.requiredOption('-t, --target <place>', what)).addOption(
    choice('--braces <style>', 'an unbalanced brace in a text', ['plain', 'escaped'], 'plain'),
  )
}

export function addDocumentOptions(command: Command): Command {
  return addGeneration(command)
    .addOption(choice('--items <which>', 'what is kept of list items without _id', ['all', 'original'], 'all'))
    .addOption(choice('--exponents <style>', 'how large floats are written', ['signed', 'unsigned'], 'signed'))
    .addOption(choice('--floats <style>', 'how floats are read', ['original', 'exact'], 'original'))
    .option('--json', 'one line of JSON, for programs')
    .option('--json-errors', 'errors as one line of JSON, on standard error')
}

/** What a replica is opened with. Without a choice its own defaults count. */
export function replicaOptions(options: DocumentOptions & Pick<ReplicaOptions, 'braces'>): ReplicaOptions {
  const { generation, items, exponents, floats, braces } = options
  return {
    ...(generation && { generation }),
    ...(items && { items }),
    ...(exponents && { exponents }),
    ...(floats && { floats }),
    ...(braces && { braces }),
  }
}

function choice(flags: string, what: string, values: readonly string[], usual: string): Option {
  return new Option(flags, `${what}: ${values.join(' or ')} (default: ${usual})`).argParser(value => {
    const found = values.find(each => each.toLowerCase() === value.toLowerCase())
    if (found === undefined) throw new InvalidArgumentError(`It is ${values.join(' or ')}.`)
    return found
  })
}

const meanings: readonly (readonly [number, string])[] = [
  [exitCodes.done, 'done'],
  [exitCodes.failed, 'it did not work'],
  [exitCodes.usage, 'the command line is not understood'],
  [exitCodes.unknown, 'no such object, revision or block'],
  [exitCodes.nothing, 'no document there: the place is missing, or has nothing to read'],
  [exitCodes.malformed, 'what was given is no document'],
  [exitCodes.place, 'the place cannot be read or written'],
  [exitCodes.generation, 'the generation of the folder does not allow it'],
  [exitCodes.found, 'something is damaged or missing'],
]

export function addGeneration(command: Command): Command {
  return command.addOption(choice('--generation <letter>', 'how a new document is written', ['B', 'D'], 'D'))
}

/**
 * The end of a command's help.
 * @param used the exit codes beside 0, 1, 2 and 6 that it can end with
 * @param others meanings of its own
 */
export function exitCodesHelp(used: readonly number[], others: Readonly<Record<number, string>> = {}): string {
  const always: readonly number[] = [exitCodes.done, exitCodes.failed, exitCodes.usage, exitCodes.place]
  const lines = meanings
    .filter(([code]) => always.includes(code) || used.includes(code))
    .map(([code, text]) => `  ${code}  ${others[code] === undefined ? text : `${text}; ${others[code]}`}`)
  return `\nExit codes:\n${lines.join('\n')}`
}
