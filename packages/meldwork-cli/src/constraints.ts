import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError, type Constraint } from 'meldwork'
import { optionInvalid, systemReason } from './errors.js'
import { builtPage, defaultDomain } from './gateway/options.js'
import { parseJson } from './json.js'

/** The file in the folder of a page that has the rules of its data. */
const fileOfPage = 'constraints.json'

/**
 * The rules under which a clone is opened, so that it shows what the app of its domain shows.
 * @param given those that were asked for; without them the board's domain has the rules of the page that comes with this package, and others have none
 * @throws CodedError `file-unreadable`, `input-malformed`, `option-invalid` when the package is damaged
 */
export function constraintsOf(domain: string, given: readonly Constraint[] | undefined): readonly Constraint[] {
  if (given !== undefined) return given
  return domain === defaultDomain ? (readConstraintsIfAny(join(builtPage, fileOfPage)) ?? []) : []
}

/**
 * Rules as a file has them: JSON, one declaration or an array of them.
 * @throws CodedError `file-unreadable`, `input-malformed`, `option-invalid`
 */
export function readConstraints(file: string): readonly Constraint[] {
  try {
    return parseConstraints(readFileSync(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof CodedError) throw error
    const reason = systemReason(error)
    throw new CodedError('file-unreadable', `Cannot read ${file}: ${reason}`, { file, reason }, error)
  }
}

function readConstraintsIfAny(file: string): readonly Constraint[] | undefined {
  try {
    return parseConstraints(readFileSync(file, 'utf8'), file)
  } catch (error) {
    // In the repository, before the page has been built.
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined
    throw error
  }
}

function parseConstraints(text: string, file: string): readonly Constraint[] {
  const json = parseJson(text, file)
  const list = Array.isArray(json) ? json : [json]
  if (list.some(each => typeof each !== 'object' || each === null))
    throw optionInvalid(
      '--constraints',
      'a file with a declaration, such as {"@type": "single-valued", "property": "title"}, or an array of them',
    )
  return list as Constraint[]
}
