/** What the types of drafts must accept and must refuse. Compiled by `npm test`, never run. */
import type { Clone, Draft, Subject } from '../../src/index.js'

declare const clone: Clone

const written: Promise<{ ticks: number; ids: readonly string[] }> = clone.write({ '@id': 'fred', name: 'Fred' })
const value: Promise<{ value: number }> = clone.write(async () => 5)
const synchronous: Promise<{ value: string }> = clone.write(draft => draft.write({ name: 'x' })[0])
const retried = clone.write(async (draft: Draft) => draft.changed, { retry: true })
const json: Parameters<Clone['write']>[0] = [{ '@id': 'fred' }] satisfies Subject[]

// @ts-expect-error JSON has no options
clone.write({ '@id': 'fred', name: 'Fred' }, { retry: true })
// @ts-expect-error no such option
clone.write(() => 5, { again: true })

export { json, retried, synchronous, value, written }
