/** An error of Ably's, as far as it is looked at. Its codes: https://ably.com/docs/platform/errors/codes */
interface AblyError {
  readonly message?: string
  readonly code?: number | null
  readonly statusCode?: number
  readonly cause?: unknown
}

/** For people: what Ably says, with its code, and what stands behind it. */
export function reasonOf(error: unknown): string {
  const { message, code, cause } = (error ?? {}) as AblyError
  const said = `${message || 'Ably does not say why'}${code ? ` (${code})` : ''}`
  return cause === undefined || cause === null ? said : `${said}: ${reasonOf(cause)}`
}

/** Limits of an account that are reached now, and will not be for ever: connections, messages, channels. */
const passing = new Set([40111, 40112, 40114])
const tokenExpired = 40142
const cannotRenew = 40171
const tooManyChannels = 90010

/** Whether Ably will refuse these credentials again. */
export function isRefusal(error: unknown): boolean {
  const { code, statusCode } = (error ?? {}) as AblyError
  if (code === tokenExpired || passing.has(code ?? 0)) return false
  // 80019: the app's own server did not answer, or not as it should (401), or said no (403).
  if (code === 80019) return statusCode === 403
  // Not by the status: a network that cannot be reached has 404.
  return [401, 403, 404].includes(Math.trunc((code ?? 0) / 100))
}

/** Whether it is about a token that was good before: with another, it can go on. */
export function isAboutToken(error: unknown): boolean {
  const { code } = (error ?? {}) as AblyError
  return code === cannotRenew || Math.trunc((code ?? 0) / 10) === 4014
}

/** Whether one channel is refused, and others may not be. */
export function isChannelRefusal(error: unknown): boolean {
  return (error as AblyError | undefined)?.code === tooManyChannels || isRefusal(error)
}
