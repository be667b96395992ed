import { CodedError } from '../errors.js'
import type { ConnectionState, Environment, PeerId } from '../ports/index.js'
import type { CatchUp, RefusedCounts } from '../sync/index.js'
import { type WaitOptions, wait } from './waits.js'

/** Operations that came before their causes, and wait for them. */
export interface Waiting {
  readonly count: number
  readonly bytes: number
  /** What is waited for: the operations of a replica up to a counter. It may have died with a disk. */
  readonly for: readonly { readonly replica: string; readonly counter: number }[]
}

/** How a clone is reached. */
export interface PeerWay {
  /** By which of the transports: its place in the options, from 0. */
  readonly transport: number
  /** Its name there. */
  readonly peer: PeerId
}

/** Another clone that this one sees, as it was when it last told of itself: on arriving, after catching up, and every few minutes. */
export interface PeerStatus {
  /** Its name at the transport by which it is reached first. */
  readonly peer: PeerId
  /** All ways by which it is there, that one first: one, unless both clones have several transports. */
  readonly ways: readonly PeerWay[]
  /**
   * How many changes fewer than this clone it had then, counted in inserted values (an operation that inserts nothing counts as one); below 0: how many
   * more. 0 says that they had equally many. Undefined before it has told.
   */
  readonly behind: number | undefined
  /** When that was, in milliseconds since 1970. */
  readonly asOfMs: number | undefined
  /** Whether it was new, and waited to be given what the domain holds. */
  readonly isNew: boolean
  /** Whether it keeps the store that those beside it share. */
  readonly keeps: boolean
}

/** How the rules of a clone are. `clone.rules` names them. */
export interface RulesStatus {
  readonly inForce: number
  /** Declared, and not in force: they cannot be kept, or their code is missing here. */
  readonly notInForce: number
  /** How many have thrown: where they do, they hide nothing. */
  readonly failing: number
  /** Whether another clone has other rules in force: it shows other things then. What is written is the same everywhere. */
  readonly differ: boolean
}

/** How a clone is doing, at one moment. More fields may come. */
export interface StatusValue {
  /** Whether messages go out and come in, by one transport at least. */
  readonly online: boolean
  /** What the transport says, of several the one that is best off: `none` when the clone has no transport. */
  readonly connection: ConnectionState | 'none'
  /** Why it is offline or refused, for people. */
  readonly reason: string | undefined
  /**
   * Whether other clones may have what is not here: until, after coming online, it has caught up with one of them; and while it is new, and has not
   * been told that it is the first (`genesis`). What others have is not known while it is offline, as after opening: to have what they have, wait for
   * `{ online: true, outdated: false }`.
   */
  readonly outdated: boolean
  /** Whether it is online and sees no other clone. */
  readonly silo: boolean
  /** How many other clones it sees: one that it sees by several transports counts once. */
  readonly peers: number
  /** These, one by one. */
  readonly others: readonly PeerStatus[]
  /** How many operations have been applied here. Comparable within one `life`. With it, a {@link Cursor}. */
  readonly ticks: number
  /**
   * Names the line of history that the store is in: 16 hexadecimal digits. Another begins with the first transaction committed after each opening of the store,
   * a copied or restored one too, and when the store has failed and what was not durable was undone.
   */
  readonly life: string
  /** The id under which this clone writes, once it has written since it was opened. */
  readonly replica: string | undefined
  /** How many of its own operations no other clone is known to have. After a crash it may count some that another has. */
  readonly unsent: number
  /** How many transactions are readable but not yet in the store, as durably as they asked for. */
  readonly undurable: number
  /** How far a state has come in, while one does: counted in items. */
  readonly catchingUp: CatchUp | undefined
  readonly waiting: Waiting
  /** Two digests, when this clone and another have the same operations and not the same data: a defect. */
  readonly divergence: string | undefined
  /**
   * Where tabs share one store (`openTabClone`): whether this tab keeps it, or another one does. Undefined while nobody does that is known here; and
   * for every other clone.
   */
  readonly keeper: 'here' | 'elsewhere' | undefined
  /** How many replica ids were found to be used twice: somewhere a running machine has been cloned. */
  readonly forks: number
  /**
   * The error of a store that does not take writes now: they are refused, reading goes on. Its `facts.reason` tells why: the disk is full, the
   * data has been taken away ...
   */
  readonly storage: CodedError<'store-failed'> | undefined
  /** How the rules are. */
  readonly rules: RulesStatus
  /**
   * Whether somebody on the channel of this domain has opened it with another `domainKey`, or without one: it is another domain, and neither takes anything
   * from the other. Such clones are not among the peers.
   */
  readonly otherDomainKey: boolean
  /** What came in and could not be used. */
  readonly refused: Readonly<RefusedCounts>
  readonly closed: boolean
}

/** How a clone is doing: to be looked at, waited for, and followed. */
export class Status {
  private readonly read: () => StatusValue
  private readonly environment: Environment
  private readonly handlers = new Set<(value: StatusValue) => void>()
  private scheduled = false

  constructor(read: () => StatusValue, environment: Environment) {
    this.read = read
    this.environment = environment
  }

  /** Now. */
  get value(): StatusValue {
    return this.read()
  }

  /**
   * Calls `handler` after each change, several changes of one turn together.
   * @returns stops it
   */
  follow(handler: (value: StatusValue) => void): () => void {
    this.handlers.add(handler)
    return () => this.handlers.delete(handler)
  }

  /**
   * Resolves when every given field has the given value, at once if it has.
   * @throws CodedError `wait-timeout`; `clone-closed` when the clone is closed before; the signal's reason
   */
  becomes(expected: Partial<StatusValue>, options?: WaitOptions): Promise<StatusValue> {
    let last = this.value
    const waitedFor = `the status to become ${JSON.stringify(expected)}`
    return wait(
      (resolve, reject) => {
        const look = (value: StatusValue) => {
          last = value
          if (matches(value, expected)) resolve()
          else if (value.closed)
            reject(new CodedError('clone-closed', `The clone was closed while waiting for ${waitedFor}`, {}))
        }
        look(last)
        return this.follow(look)
      },
      waitedFor,
      this.environment,
      options,
    ).then(() => last)
  }

  /** Something has changed. */
  changed(): void {
    if (this.scheduled || this.handlers.size === 0) return
    this.scheduled = true
    queueMicrotask(() => {
      this.scheduled = false
      if (this.handlers.size === 0) return
      const { value } = this
      for (const handler of [...this.handlers]) {
        try {
          handler(value)
        } catch (error) {
          console.error('A handler of a status threw', error)
        }
      }
    })
  }
}

function matches(value: StatusValue, expected: Partial<StatusValue>): boolean {
  return Object.entries(expected).every(([field, wanted]) => Object.is(value[field as keyof StatusValue], wanted))
}
