import { expect } from 'vitest'
import { type ErrorCode, hasCode } from '../../src/errors.js'

/** Matches an error with this code. */
export const coded = (code: ErrorCode) => expect.toSatisfy(error => hasCode(error, code))
