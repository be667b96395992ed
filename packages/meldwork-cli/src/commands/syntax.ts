import { extname } from 'node:path'
import { optionInvalid } from '../errors.js'
import type { Syntax } from './formats.js'

/** The names of the syntaxes in options, with the endings of their files. */
const syntaxes: readonly { readonly name: string; readonly syntax: Syntax; readonly endings: readonly string[] }[] = [
  { name: 'nquads', syntax: 'application/n-quads', endings: ['.nq', '.nquads'] },
  { name: 'ntriples', syntax: 'application/n-triples', endings: ['.nt', '.ntriples'] },
  { name: 'turtle', syntax: 'text/turtle', endings: ['.ttl', '.turtle'] },
  { name: 'trig', syntax: 'application/trig', endings: ['.trig'] },
  { name: 'jsonld', syntax: 'application/ld+json', endings: ['.jsonld'] },
]

/** What `--format` can be. */
export const syntaxNames: readonly string[] = syntaxes.map(({ name }) => name)

/**
 * The syntax of a file.
 * @param format the option, which decides where it is given
 * @param file by whose ending it is guessed otherwise; undefined or `-` when there is none
 * @returns undefined when nothing tells
 * @throws CodedError `option-invalid`
 */
export function syntaxOf(format: string | undefined, file: string | undefined): Syntax | undefined {
  if (format !== undefined) {
    const named = syntaxes.find(({ name, syntax }) => name === format.toLowerCase() || syntax === format.toLowerCase())
    if (named === undefined) throw optionInvalid('format', `one of ${syntaxNames.join(', ')}`)
    return named.syntax
  }
  const ending = extname(file ?? '').toLowerCase()
  return syntaxes.find(({ endings }) => endings.includes(ending))?.syntax
}
