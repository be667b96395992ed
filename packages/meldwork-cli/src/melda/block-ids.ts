import { CodedError } from 'meldwork'
import { deltaText, parseDeltaId, type Replica } from 'meldwork/document'

/** A block may be named by as few characters of its hash. */
const leastLength = 4

/**
 * The block that a person means: its id, with or without `.delta`, or the beginning of the id or of the hash in it, when no other begins so.
 * @throws CodedError `block-unknown`
 */
export function fullBlockId(replica: Replica, text: string): string {
  const ids = [...replica.log(), ...replica.blocked()].map(({ id }) => id)
  const named = parseDeltaId(text)
  const exact = named && deltaText(named)
  const found = ids.filter(id => id === exact)
  if (found.length === 0 && text.length >= leastLength)
    found.push(...ids.filter(id => id.startsWith(text) || id.replace(/^\d+-/, '').startsWith(text)))
  if (found.length === 1) return found[0]
  const message =
    found.length === 0
      ? `There is no block ${text} in ${replica.location}: melda log lists those there are`
      : `${found.length} blocks begin with ${text}: give more of the id`
  throw new CodedError('block-unknown', message, { block: text })
}

/** The blocks that are meant by several ids with commas between. @throws CodedError `block-unknown` */
export const fullBlockIds = (replica: Replica, text: string): string[] =>
  text.split(',').map(each => fullBlockId(replica, each.trim()))

/** Enough of an id for people: its index and eight digits. */
export const shortId = (id: string): string => /^(?:\d+-)?.{8}/.exec(id)?.[0] ?? id
