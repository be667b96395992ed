import type { Update } from '../clone/index.js'
import { CodedError } from '../errors.js'
import type { GraphSubject } from '../subject/index.js'
import { idOf } from './value-key.js'

/** What of an update event matters to copies: an event, or what came out of JSON that it was sent in. */
export type UpdateParts = Pick<Update, '@delete' | '@insert'> & Partial<Pick<Update, '@update'>>

/** What an update says of one subject; only the parts in which it is named. */
export interface SubjectUpdate {
  '@delete'?: GraphSubject
  '@insert'?: GraphSubject
  '@update'?: GraphSubject
}

/**
 * An update by subject: for each `@id` that it names, what of it is about that one. The subjects are those of the update, not copies.
 * @throws CodedError `value-invalid` for a subject without an `@id`: the clone's context has another name for it
 */
export function asSubjectUpdates(update: UpdateParts): Map<string, SubjectUpdate> {
  const updates = new Map<string, SubjectUpdate>()
  for (const part of ['@delete', '@insert', '@update'] as const) {
    update[part]?.forEach((subject, i) => {
      const id = idOf(subject) ?? failId(`['${part}'][${i}]`)
      let known = updates.get(id)
      if (known === undefined) {
        known = {}
        updates.set(id, known)
      }
      known[part] = subject
    })
  }
  return updates
}

function failId(path: string): never {
  const expected = 'an "@id"; a context that has another name for it has no place here'
  throw new CodedError('value-invalid', `At ${path} should stand ${expected}`, { path, expected })
}
