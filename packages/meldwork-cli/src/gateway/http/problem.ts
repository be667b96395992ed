import { STATUS_CODES } from 'node:http'
import type { ErrorCode } from 'meldwork'
import { formatJson } from '../../json.js'

/** The media type of {@link Problem}. */
export const problemType = 'application/problem+json'

/** A status of HTTP that says what went wrong. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 500 | 502 | 503 | 504

/** An error as HTTP tells it: RFC 9457, with what a `CodedError` has. */
export interface Problem {
  /** What the status means. */
  readonly title: string
  readonly status: ErrorStatus
  /** The same as `message`: the name that RFC 9457 has for it. */
  readonly detail: string
  /** Stable, and made for programs; `unexpected` is a defect. */
  readonly code: string
  /** Says to a person what happened and what to do. */
  readonly message: string
  /** The values in the message. */
  readonly facts: Readonly<Record<string, unknown>>
}

/**
 * The status of each error code. 4xx: the request is at fault, and the same request will fail again, as long as the data is what it is (409). 5xx: the gateway is; what
 * may pass is 503.
 */
const statuses: Readonly<Record<ErrorCode, ErrorStatus>> = {
  'pattern-unsupported': 400,
  'pattern-invalid': 400,
  'value-invalid': 400,
  'iri-malformed': 400,
  'context-invalid': 400,
  'domain-invalid': 400,
  'option-invalid': 400,
  'constraint-invalid': 400,
  'constraint-unknown': 400,
  'constraint-violated': 409,
  'conflict-outdated': 409,
  conflicting: 409,
  'value-unexpected': 409,
  'copy-outdated': 409,
  'clone-closed': 503,
  'clone-read-only': 503,
  'draft-closed': 500,
  'draft-conflict': 409,
  'gap-closed': 500,
  'gap-unheeded': 500,
  'wait-timeout': 504,
  'store-missing': 500,
  'store-locked': 503,
  'store-failed': 503,
  'store-corrupt': 500,
  'store-domain': 500,
  'store-format': 500,
  'transport-closed': 503,
  'message-too-large': 413,
  'document-malformed': 400,
  'document-duplicate-id': 400,
  'number-too-large': 400,
  'root-missing': 404,
  'object-unknown': 404,
  'revision-unknown': 404,
  'object-undisputed': 409,
  'stage-pending': 409,
  'stage-malformed': 400,
  'block-unknown': 404,
  'block-malformed': 400,
  'generation-read-only': 409,
  'generation-mismatch': 409,
  'store-occupied': 409,
  'migration-unequal': 500,
  'replica-closed': 503,
  'json-malformed': 400,
  'data-malformed': 400,
  'data-version': 400,
  'parse-failed': 400,
  'graph-named': 400,
  'package-missing': 500,
  'port-in-use': 500,
  'address-unusable': 500,
  'relay-unreachable': 502,
  'relay-refused': 502,
  'domain-absent': 502,
  'conflict-absent': 404,
  'input-malformed': 400,
  'file-unreadable': 500,
  'file-unwritable': 500,
  'token-refused': 401,
  'access-refused': 403,
  'domain-not-kept': 404,
  'path-unknown': 404,
  'method-unsupported': 405,
  'media-type-unsupported': 415,
  'streams-exhausted': 503,
  'document-incomplete': 500,
}

/** @returns undefined for a code that is not known here */
export function statusOf(code: string): ErrorStatus | undefined {
  return Object.hasOwn(statuses, code) ? statuses[code as ErrorCode] : undefined
}

/** What to tell of an error. Of one without a code, which is a defect, nothing is told: it is for the log. */
export function problemOf(error: unknown): Problem {
  const { code, message, facts } = (error ?? {}) as { code?: unknown; message?: unknown; facts?: unknown }
  const status = error instanceof Error && typeof code === 'string' ? statusOf(code) : undefined
  if (status === undefined || typeof facts !== 'object' || facts === null)
    return problem(500, 'unexpected', 'The gateway has met a defect, which its log tells. Please report it.', {})
  return problem(status, code as string, String(message), facts as Problem['facts'])
}

/** The body of a response. */
export function problemText(problem: Problem): string {
  return formatJson(problem)
}

function problem(status: ErrorStatus, code: string, message: string, facts: Problem['facts']): Problem {
  return { title: STATUS_CODES[status]!, status, detail: message, code, message, facts }
}
