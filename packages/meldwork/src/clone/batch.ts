import { CodedError } from '../errors.js'
import type { Changes } from '../operation/index.js'
import type { Reads } from '../query/index.js'
import { type Durability, type Requests, stronger, type WorkingCopy, type WriteResult } from '../transaction/index.js'
import { checkedDurability, type WriteOptions } from './options.js'
import { isPromise } from './procedures.js'

/** Several writes of one turn that become one. While it is open, the clone reads and writes through it. */
export class Batch {
  readonly reads: Reads
  private readonly copy: WorkingCopy
  private readonly requests: Requests
  private readonly ids: string[] = []
  private failure: { readonly error: unknown } | undefined
  /** The strongest that it, or a write in it, has asked for. */
  private durability: Durability | undefined
  /** Settles with the whole. */
  private readonly settled: Promise<WriteResult>
  private settle!: (result: Promise<WriteResult>) => void

  constructor(copy: WorkingCopy, reads: Reads, requests: Requests) {
    this.copy = copy
    this.reads = reads
    this.requests = requests
    this.settled = new Promise(resolve => {
      this.settle = resolve
    })
    this.settled.catch(() => {})
  }

  /** Does the caller's writes, or some of them, when one batch is in another. What they throw ends all of it. */
  run(writes: () => void, durability?: Durability): Promise<WriteResult> {
    this.durability = stronger(this.durability, durability)
    try {
      const returned: unknown = writes()
      if (isPromise(returned))
        throw new CodedError(
          'option-invalid',
          'What is given to batch must be synchronous; for an asynchronous procedure there is write(async draft => ...)',
          { option: 'writes', expected: 'a synchronous function' },
        )
    } catch (error) {
      this.fail(error)
    }
    return this.settled
  }

  /** One write among them. When it is refused, all are. */
  write(
    fill: (requests: Requests, changes: Changes) => readonly string[],
    options?: WriteOptions,
  ): Promise<WriteResult> {
    try {
      this.durability = stronger(this.durability, checkedDurability(options))
      const ids = this.copy.write(changes => fill(this.requests, changes))
      this.ids.push(...ids)
      const result = this.settled.then(({ ticks }) => ({ ticks, ids }))
      result.catch(() => {})
      return result
    } catch (error) {
      this.fail(error)
      return this.settled
    }
  }

  /** All have been done. @param commit makes one write of them */
  end(
    commit: (fill: (changes: Changes) => readonly string[], durability: Durability | undefined) => Promise<WriteResult>,
  ): Promise<WriteResult> {
    const { failure, durability } = this
    const result =
      failure === undefined
        ? commit(changes => {
            this.copy.changes(changes)
            return this.ids
          }, durability)
        : Promise.reject(failure.error)
    this.settle(result)
    return result
  }

  /** What the clone shows while it is open. */
  get graph() {
    return this.copy.graph
  }

  private fail(error: unknown): void {
    this.failure ??= { error }
  }
}
