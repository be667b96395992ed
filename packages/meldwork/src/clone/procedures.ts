import { CodedError } from '../errors.js'
import type { Changes } from '../operation/index.js'
import type { Durability, Written } from '../transaction/index.js'
import type { Draft } from './draft.js'
import { checkedDurability, type WriteOptions } from './options.js'

/** What makes one write of several, with a state that stands still: see {@link Clone.write}. */
export type Procedure<T> = (draft: Draft) => T | PromiseLike<T>

/** How to run a {@link Procedure}. */
export interface DraftOptions extends WriteOptions {
  /**
   * Whether to run the procedure again, on the state of now, when something that it has looked at has changed until it settles: up to ten times,
   * then `draft-conflict`. What it does beside the draft it does each time.
   */
  readonly retry?: boolean | undefined
  /** Gives up: nothing is written, and the promise rejects with the signal's reason. The procedure itself is not stopped, its draft is closed. */
  readonly signal?: AbortSignal | undefined
}

/** How often a procedure is run at most, with `retry`. */
const maxAttempts = 10

/** What running a procedure needs of a clone. */
export interface ProcedureHost {
  /** @throws CodedError `clone-closed` */
  open(): { readonly draft: Draft; changes(into: Changes): void }
  /** @param durability undefined for the clone's. @throws CodedError `clone-closed`, `store-failed` */
  commit(fill: (changes: Changes) => void, durability: Durability | undefined): Written
}

/** What has been committed, and is not yet durable. */
interface Committed<T> extends Written {
  readonly ids: readonly string[]
  readonly value: T
}

/** Runs a procedure and commits what it wrote, in the turn in which it settles: when it is synchronous, before this returns. */
export function runProcedure<T>(host: ProcedureHost, procedure: Procedure<T>, options: DraftOptions = {}) {
  const committed = run(host, procedure, options)
  const result = committed.then(async ({ ticks, ids, value, durable }) => {
    await durable
    return { ticks, ids, value }
  })
  // A store that fails is told by the status and by the undoing; all else is the caller's to hear.
  committed.then(
    () => result.catch(() => {}),
    () => {},
  )
  return result
}

async function run<T>(host: ProcedureHost, procedure: Procedure<T>, options: DraftOptions): Promise<Committed<T>> {
  const { retry = false, signal } = options
  const durability = checkedDurability(options)
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (signal?.aborted) throw signal.reason
    const { draft, changes } = host.open()
    try {
      const returned = procedure(draft)
      const value = isPromise(returned) ? await untilAborted(returned, signal) : returned
      if (retry && draft.changed) continue
      return { ...host.commit(changes, durability), ids: draft.ids, value }
    } finally {
      draft.close()
    }
  }
  throw new CodedError(
    'draft-conflict',
    `What the draft has read changed each time before it settled, ${maxAttempts} times: do less in one draft, or write without reading first`,
    { attempts: maxAttempts },
  )
}

/** Whether something is a promise, of whatever make. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

function untilAborted<T>(promise: PromiseLike<T>, signal: AbortSignal | undefined): PromiseLike<T> {
  if (signal === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const settled = () => signal.removeEventListener('abort', onAbort)
    promise.then(
      value => {
        settled()
        resolve(value)
      },
      error => {
        settled()
        reject(error)
      },
    )
    if (signal.aborted) onAbort()
  })
}
