import { type Clone, CodedError, type StatusValue } from 'meldwork'

/** Whom a clone catches up with, and how long that may take. */
export interface CatchUpOptions {
  readonly url: string
  /** Without any progress. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits until a clone is online and has what the others have.
 * @throws CodedError `relay-refused` at once; `relay-unreachable`, `domain-absent` or `wait-timeout` when nothing has moved for the time
 *   given; the signal's reason
 */
export function catchUp(clone: Clone, { url, timeoutMs, signal }: CatchUpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let progress = ''
    let timer: NodeJS.Timeout | undefined
    const end = (settle: () => void) => {
      stop()
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = () => end(() => reject(signal?.reason))
    const look = (status: StatusValue) => {
      if (status.online && !status.outdated) return end(resolve)
      if (status.connection === 'refused') return end(() => reject(refused(url, status)))
      const now = [status.online, status.peers > 0, status.ticks, status.catchingUp?.received].join()
      if (now === progress) return
      progress = now
      clearTimeout(timer)
      timer = setTimeout(() => end(() => reject(inVain(clone, url, timeoutMs))), timeoutMs)
    }
    const stop = clone.status.follow(look)
    signal?.addEventListener('abort', onAbort, { once: true })
    look(clone.status.value)
    if (signal?.aborted) onAbort()
  })
}

function refused(url: string, { reason = 'it does not say why' }: StatusValue): CodedError<'relay-refused'> {
  const help = /token/.test(reason) ? ' (see --token)' : ''
  return new CodedError('relay-refused', `The relay at ${url} refuses: ${reason}${help}`, { url, reason })
}

function inVain(clone: Clone, url: string, timeoutMs: number): CodedError {
  const { online, peers, reason = 'it does not answer' } = clone.status.value
  const { domain } = clone
  const waited = `${timeoutMs / 1000} s`
  if (!online) {
    const message = `No relay at ${url} for ${waited}: ${reason}. Start one with: meldwork serve --domain ${domain}`
    return new CodedError('relay-unreachable', message, { url, reason, timeoutMs })
  }
  if (peers === 0) {
    const message =
      `The relay at ${url} is there, but nobody who has ${domain} came for ${waited}. Keep a clone there with: meldwork serve ` +
      `--domain ${domain}. If this is the first clone of a new domain, say --genesis`
    return new CodedError('domain-absent', message, { url, domain, timeoutMs })
  }
  const waitedFor = `the data of ${domain}`
  const message = `Nothing more of ${domain} came from ${url} for ${waited}: give it longer with --timeout`
  return new CodedError('wait-timeout', message, { waitedFor, timeoutMs })
}
