import { CodedError } from 'meldwork'

/** The codes of the command and the gateway, beside those of the library. README.md has a heading for each. */
declare module 'meldwork' {
  interface ErrorFacts {
    'port-in-use': { host: string; port: number }
    'address-unusable': { host: string; port: number; reason: string }
    'relay-unreachable': { url: string; reason: string; timeoutMs: number }
    'relay-refused': { url: string; reason: string }
    'domain-absent': { url: string; domain: string; timeoutMs: number }
    'conflict-absent': { subject: string; property: string }
    'input-malformed': { source: string; reason: string }
    'file-unreadable': { file: string; reason: string }
    'file-unwritable': { file: string; reason: string }
    'token-refused': { reason: string }
    'access-refused': { reason: string }
    'domain-not-kept': { domain: string }
    'path-unknown': { path: string }
    'method-unsupported': { method: string; allowed: readonly string[] }
    'media-type-unsupported': { found: string; expected: string }
    'streams-exhausted': { limit: number }
    'document-incomplete': { location: string; damaged: number; blocked: number; missing: number; strays: number }
  }
}

/** A value that an option of a command, or of `openGateway`, cannot have. */
export function optionInvalid(option: string, expected: string): CodedError<'option-invalid'> {
  return new CodedError('option-invalid', `${option} must be ${expected}`, { option, expected })
}

/** What the system says when it refuses a file: without its own repetition of the path. */
export function systemReason(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const known: Record<string, string> = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'access is denied',
    ENOSPC: 'the disk is full',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'no such name is known',
  }
  return known[String(code)] ?? String(message ?? error)
}
