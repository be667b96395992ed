import { join } from 'node:path'
import { type Clone, hasCode, openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { MemoryStore } from 'meldwork/stores/memory'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import { constraintsOf, readConstraints } from '../constraints.js'
import { folderOfDomain } from '../folders.js'
import { catchUp } from './catch-up.js'
import { type DomainOptions, defaultUrl } from './domain-options.js'
import { note, type Terminal, warn } from './terminal.js'

/** An open clone, for as long as a command runs. */
export interface Session {
  readonly clone: Clone
  /** The relay; undefined when the command works on a folder alone. */
  readonly url: string | undefined
  /** Whether the clone outlives the command. */
  readonly durable: boolean
  /**
   * Gets what the others have. A clone in a folder that has data goes on with these when the relay cannot be reached, and says so.
   * @throws CodedError as `catchUp` does
   */
  caughtUp(): Promise<void>
  /**
   * Makes what was written last: durable, and given to others.
   * @returns whether it was given to others; undefined when there is no relay. Only a durable clone can have data that was not
   * @throws CodedError `store-failed`; `wait-timeout`, when nobody took it and it would be lost
   */
  delivered(): Promise<boolean | undefined>
}

/** After this long of waiting, it is said what for. */
const patienceMs = 1000

/**
 * Opens a clone as the options say, hands it to `work`, and closes it whatever happens.
 * @param place where it is kept, when that is not for the options to say
 */
export async function withClone<Result>(
  options: DomainOptions,
  terminal: Terminal,
  work: (session: Session) => Promise<Result>,
  place?: LevelStore,
): Promise<Result> {
  const { domain, data, token, genesis } = options
  const kept = place ?? (data === undefined ? undefined : new LevelStore(join(data, folderOfDomain(domain))))
  const url = options.url ?? (kept === undefined ? defaultUrl : undefined)
  const constraints = constraintsOf(
    domain,
    options.constraints === undefined ? undefined : readConstraints(options.constraints),
  )
  const store = kept ?? new MemoryStore()
  const transport = url === undefined ? undefined : new WebSocketTransport(url, { ...(token && { token }) })
  // A command is not over while it waits, though nothing else may keep the process alive: a transport that was refused does not.
  const alive = setInterval(() => {}, 60_000)
  try {
    const clone = await openClone({ domain, store, transport, constraints, genesis })
    try {
      return await work(sessionOf(clone, url, kept !== undefined, options.timeout, terminal))
    } finally {
      await clone.close()
    }
  } finally {
    clearInterval(alive)
    await transport?.close()
  }
}

function sessionOf(
  clone: Clone,
  url: string | undefined,
  durable: boolean,
  timeoutMs: number,
  terminal: Terminal,
): Session {
  const caughtUp = async () => {
    if (url === undefined) return
    const patience = setTimeout(() => {
      const { online, reason } = clone.status.value
      note(
        terminal,
        online ? `waiting for the data of ${clone.domain}` : `waiting for ${url}${reason ? `: ${reason}` : ''}`,
      )
    }, patienceMs)
    try {
      await catchUp(clone, { url, timeoutMs })
    } catch (error) {
      const canGoOn = durable && clone.status.value.ticks > 0 && !hasCode(error, 'relay-refused')
      if (!canGoOn) throw error
      warn(terminal, `going on with what is here. ${(error as Error).message}`)
    } finally {
      clearTimeout(patience)
    }
  }
  const delivered = async () => {
    await clone.flushed()
    if (url === undefined) return undefined
    try {
      // Who could not be reached at the start is not waited for once more.
      if (durable && !clone.status.value.online) throw new Error('offline')
      await clone.sent({ timeoutMs })
      return true
    } catch (error) {
      if (!durable) throw error
      warn(
        terminal,
        `kept in the folder, but nobody at ${url} has taken it yet. It goes out when the folder is next opened with --url.`,
      )
      return false
    }
  }
  return { clone, url, durable, caughtUp, delivered }
}
