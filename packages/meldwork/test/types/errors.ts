/** What the types of errors must accept and must refuse. Compiled by `npm test`, never run. */
import { CodedError, hasCode } from '../../src/errors.js'

declare const error: unknown

if (hasCode(error, 'store-failed')) {
  const location: string = error.facts.location
  // @ts-expect-error a fact of another code
  error.facts.line
  // @ts-expect-error facts do not change
  error.facts.location = location
  // @ts-expect-error nor does the code
  error.code = 'clone-closed'
}

// @ts-expect-error no such code
hasCode(error, 'store-broken')

// @ts-expect-error a fact is missing
new CodedError('store-failed', 'failed', { location: './data' })
