import type { Conflict, ConflictCandidate, DeclaredConstraint, Rules } from 'meldwork'
import { formatJson } from '../json.js'

/** Conflicts as people read them: one after the other, with an empty line between. */
export function conflictsText(conflicts: readonly Conflict[]): string {
  if (conflicts.length === 0) return 'No conflicts.\n'
  return conflicts.map(conflictText).join('\n')
}

function conflictText({ subject, property, constraint, candidates, hidesSubject }: Conflict): string {
  const head = `${subject}  ${property}\n  ${declarationText(constraint)}\n`
  const rest = hidesSubject
    ? '  the whole subject is hidden, for what it lacks\n'
    : candidates.map(candidateText).join('')
  return head + rest
}

function candidateText({ value, visible, timeMs, replica }: ConflictCandidate): string {
  return `  ${visible ? 'shown ' : 'hidden'}  ${formatJson(value)}  ${new Date(timeMs).toISOString()}  by ${replica}\n`
}

/** The rules of a clone as people read them. */
export function rulesText({ inForce, notInForce }: Rules): string {
  const own = inForce.map(
    ({ declaration, source, id, failure }) =>
      `  ${declarationText(declaration)}\n    ${placeOf(source, id)}${failure === undefined ? '' : `; FAILING, hides nothing there: ${failureText(failure)}`}\n`,
  )
  const others = notInForce.map(
    ({ declaration, source, id, error }) =>
      `  ${formatJson(declaration)}\n    ${placeOf(source, id)}; ${error.code}: ${error.message}\n`,
  )
  const first = own.length === 0 ? 'No rules are in force.\n' : `In force:\n${own.join('')}`
  return others.length === 0 ? first : `${first}Not in force:\n${others.join('')}`
}

/** Whatever a rule has thrown, as one line. */
export const failureText = (failure: unknown): string =>
  failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure)

/** The type first, then what else there is to it. */
function declarationText({ '@type': type, ...parameters }: DeclaredConstraint): string {
  return Object.keys(parameters).length === 0 ? type : `${type} ${formatJson(parameters)}`
}

const placeOf = (source: 'configuration' | 'data', id: string | undefined): string =>
  source === 'data' ? `data: ${id}` : 'configuration'
