/**
 * Why a store does not do what it was asked. More may come.
 * - `full`: the medium has no space left. `quota`: what this user or this origin may use is used up.
 * - `evicted`: the data has been taken away while the store was open, by the browser, another tab or a person.
 * - `denied`: there is no right to write or read there.
 * - `closed`: the store is not open. `malformed`: a program has given it what no store takes.
 * - `io`: the medium fails, or says something that is not known here.
 */
export type StoreTrouble = 'full' | 'quota' | 'evicted' | 'denied' | 'closed' | 'malformed' | 'io'

/**
 * The facts that each error code carries, as fields of `error.facts`. A code, once released, keeps its meaning.
 * Doors outside this package may add codes of their own by declaration merging.
 */
export interface ErrorFacts {
  // what an app asked for
  'pattern-unsupported': { keyword: string; path: string }
  'pattern-invalid': { path: string; expected: string }
  'value-invalid': { path: string; expected: string }
  'iri-malformed': { iri: string; path: string }
  'context-invalid': { path: string; reason: string }
  'domain-invalid': { domain: string; expected: string }
  'option-invalid': { option: string; expected: string }
  // rules
  'constraint-invalid': { path: string; reason: string }
  'constraint-unknown': { path: string; type: string }
  'constraint-violated': { constraint: string; subject: string; property: string; values: readonly unknown[] }
  'conflict-outdated': { subject: string; property: string; resolved: boolean }
  // what an app reads, and keeps
  conflicting: { id: string; property: string; count: number }
  'value-unexpected': { id: string; property: string; expected: string }
  'copy-outdated': { id: string; index: number }
  // the life of a clone
  'clone-closed': Record<never, never>
  'clone-read-only': { reason: string }
  'draft-closed': Record<never, never>
  'draft-conflict': { attempts: number }
  'gap-closed': Record<never, never>
  'gap-unheeded': { reason: string }
  'wait-timeout': { waitedFor: string; timeoutMs: number }
  // stores
  'store-missing': { location: string }
  'store-locked': { location: string }
  'store-failed': { location: string; operation: string; reason: StoreTrouble }
  'store-corrupt': { location: string; key: string }
  'store-domain': { location: string; expected: string; found: string }
  'store-format': { location: string; found: number; supported: number }
  // transports
  'transport-closed': Record<never, never>
  'message-too-large': { bytes: number; maxBytes: number }
  // documents
  'document-malformed': { path: string; reason: string }
  'document-duplicate-id': { id: string; path: string }
  'number-too-large': { path: string; number: string }
  'root-missing': { root: string; location: string }
  'object-unknown': { object: string }
  'revision-unknown': { object: string; revision: string }
  'object-undisputed': { object: string }
  'stage-pending': { changes: number }
  'stage-malformed': { reason: string }
  'block-unknown': { block: string }
  'block-malformed': { reason: string }
  'generation-read-only': { location: string; generation: string }
  'generation-mismatch': { location: string; expected: string; found: string }
  'store-occupied': { location: string; file: string }
  'migration-unequal': { location: string; object: string }
  'replica-closed': Record<never, never>
  // bytes and files from elsewhere
  'json-malformed': { position: number; line: number; column: number; reason: string }
  'data-malformed': { what: string; offset: number }
  'data-version': { what: string; found: number; supported: number }
  'parse-failed': { line: number; reason: string }
  'graph-named': { graph: string }
  // installation
  'package-missing': { package: string; install: string }
}

/** Every code that an error of this package can carry; `docs/errors.md` has a heading for each. */
export type ErrorCode = keyof ErrorFacts

/**
 * The one class of errors that this package throws on purpose.
 *
 * `code` is stable and made for programs; `message` says to a person what happened and what to do; `facts` are the
 * values in that message; `cause` is the error under it, where there is one. Use {@link hasCode} to narrow: it does
 * not rely on `instanceof`, which fails when a bundle holds two copies of the package.
 */
export class CodedError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'CodedError'
  readonly code: Code
  readonly facts: Readonly<ErrorFacts[Code]>

  constructor(code: Code, message: string, facts: ErrorFacts[Code], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.facts = facts
  }
}

/** Whether `error` is a {@link CodedError} with this code. */
export function hasCode<Code extends ErrorCode>(error: unknown, code: Code): error is CodedError<Code> {
  return error instanceof Error && (error as { code?: unknown }).code === code
}
