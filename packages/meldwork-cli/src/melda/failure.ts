import { type Failure, failureOf, tell } from '../commands/failure.js'
import type { Terminal } from '../commands/terminal.js'
import { plainText } from './plain-text.js'

/** What `melda` exits with. 1, 2 and 3 are those of Melda's own tools; where these end with a panic, it is a number from 4 on. */
export const exitCodes = {
  done: 0,
  /** It did not work; `resolve`: the object has no conflict. */
  failed: 1,
  /** The command line is not understood; `resolve`: the winner is not one of the conflict. */
  usage: 2,
  /** There is no such object, revision or block. */
  unknown: 3,
  /** There is no document: the place is missing, or has nothing to read. */
  nothing: 4,
  /** What was given to be stored is no document. */
  malformed: 5,
  /** The place cannot be read or written. */
  place: 6,
  /** The generation of the folder does not allow it. */
  generation: 7,
  /** `check` has found something. */
  found: 8,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

const codes: Readonly<Record<string, ExitCode>> = {
  usage: exitCodes.usage,
  'option-invalid': exitCodes.usage,
  'object-undisputed': exitCodes.failed,
  'object-unknown': exitCodes.unknown,
  'revision-unknown': exitCodes.unknown,
  'block-unknown': exitCodes.unknown,
  'store-missing': exitCodes.nothing,
  'root-missing': exitCodes.nothing,
  'json-malformed': exitCodes.malformed,
  'document-malformed': exitCodes.malformed,
  'document-duplicate-id': exitCodes.malformed,
  'value-invalid': exitCodes.malformed,
  'file-unreadable': exitCodes.malformed,
  'store-failed': exitCodes.place,
  'store-locked': exitCodes.place,
  'package-missing': exitCodes.place,
  'store-occupied': exitCodes.place,
  'generation-read-only': exitCodes.generation,
  'generation-mismatch': exitCodes.generation,
  'document-incomplete': exitCodes.found,
}

/** A winner was named that is none of the revisions in conflict: the same error as for another unknown revision, with an exit code of its own. */
export class NotInConflict extends Error {}

/** What to tell of an error, and with what to exit; undefined when it is only the end of the help. */
export function meldaFailureOf(error: unknown): Failure | undefined {
  const failure = failureOf(error instanceof NotInConflict ? error.cause : error)
  if (failure === undefined) return undefined
  const exitCode = error instanceof NotInConflict ? exitCodes.usage : (codes[failure.code] ?? exitCodes.failed)
  return {
    ...failure,
    message: failure.code === 'unexpected' ? failure.message : plainText(messageOf(failure)),
    exitCode,
  }
}

/** What to do at the command line, where the message says it for programs. */
function messageOf({ code, message, facts }: Failure): string {
  if (code === 'store-missing')
    return `There is nothing at ${facts.location}: correct the path; melda init and melda update make a new document`
  return message.replace('Log in there, and give the fetch that is logged in', whoYouAre)
}

const whoYouAre = 'Say who you are, with MELDA_SOLID_TOKEN, or MELDA_SOLID_USERNAME and MELDA_SOLID_PASSWORD'

/** Tells of a failure: in the words of Melda's own tools where they have some; for programs as one line of JSON. */
export function tellMelda(terminal: Terminal, failure: Failure, json: boolean): void {
  if (json) {
    tell(terminal, failure, true)
    return
  }
  const texts = Object.entries(failure.facts).map(([name, fact]) => [
    name,
    typeof fact === 'string' ? plainText(fact) : fact,
  ])
  const facts: Failure['facts'] = Object.fromEntries(texts)
  if (failure.code === 'object-unknown') terminal.err(`Invalid object ${facts.object}: unknown_document\n`)
  else if (failure.code === 'object-undisputed') terminal.err(`${facts.object} has no conflicts\n`)
  else tell(terminal, { ...failure, facts }, false)
}
