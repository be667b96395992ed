/** What has changed in a replica, by a commit of its own or by what has come from others. */
export interface ReplicaChange {
  /** Ids of the blocks that count now and did not before, each after its parents. */
  readonly blocks: readonly string[]
  /** Ids of the objects whose winner or leaves are others now; of a list, that of its descriptor (`^√@items♭`). */
  readonly objects: readonly string[]
}

interface Listener {
  pending: ReplicaChange | undefined
  ended: boolean
  failure: unknown
  wake: () => void
}

/**
 * Tells changes to any number of loops. One that is slow gets what it missed as one change: nothing piles up.
 */
export class ChangeFeed {
  private readonly listeners = new Set<Listener>()
  /** Called when the first loop begins; what it returns, when the last has ended. */
  private readonly begin: () => () => void
  private end: (() => void) | undefined
  private closed = false

  constructor(begin: () => () => void) {
    this.begin = begin
  }

  tell(change: ReplicaChange): void {
    if (change.blocks.length === 0 && change.objects.length === 0) return
    for (const listener of this.listeners) {
      listener.pending = listener.pending ? together(listener.pending, change) : change
      listener.wake()
    }
  }

  /** Ends all loops with an error, after what they have not seen yet. */
  fail(failure: unknown): void {
    for (const listener of this.listeners) {
      listener.failure = failure
      listener.ended = true
      listener.wake()
    }
  }

  /** Ends all loops, and those that begin from now on. */
  close(): void {
    this.closed = true
    this.fail(undefined)
  }

  /** Changes from now on, until the loop is left or the replica closed. */
  changes(): AsyncIterableIterator<ReplicaChange> {
    const listener: Listener = { pending: undefined, ended: this.closed, failure: undefined, wake: () => {} }
    if (!this.closed) {
      this.listeners.add(listener)
      this.end ??= this.begin()
    }
    const leave = (): void => {
      listener.ended = true
      listener.pending = undefined
      listener.wake()
      if (!this.listeners.delete(listener) || this.listeners.size > 0) return
      this.end?.()
      this.end = undefined
    }
    const next = async (): Promise<IteratorResult<ReplicaChange>> => {
      while (listener.pending === undefined && !listener.ended)
        await new Promise<void>(resolve => {
          listener.wake = resolve
        })
      const value = listener.pending
      listener.pending = undefined
      if (value !== undefined) return { done: false, value }
      const { failure } = listener
      listener.failure = undefined
      leave()
      if (failure !== undefined) throw failure
      return { done: true, value: undefined }
    }
    return {
      next,
      return: async () => {
        leave()
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }
}

function together(one: ReplicaChange, other: ReplicaChange): ReplicaChange {
  return { blocks: [...one.blocks, ...other.blocks], objects: [...new Set([...one.objects, ...other.objects])] }
}
