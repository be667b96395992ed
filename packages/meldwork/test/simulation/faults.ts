/**
 * Faults as one could make them, each planted by replacing a method of the engine's own classes while histories run. The product knows nothing of
 * them.
 */
import { Heads, type ReplicaIndex, replicaName } from '../../src/causality/index.js'
import { Replay, type ReplayStep } from '../../src/clone/replay.js'
import { Effects, type ForeignState, Graph } from '../../src/graph/index.js'
import { ListOrder } from '../../src/graph/list-order.js'
import { openClone } from '../../src/index.js'
import { Journal } from '../../src/journal/index.js'
import type { Changes, OperationHeader } from '../../src/operation/index.js'
import type { Store, StoreChange, StoreDurability } from '../../src/ports/index.js'
import { Delivery, type DeliveryHost } from '../../src/sync/delivery.js'
import { SharedReception } from '../../src/sync/reception.js'
import type { OpenSimulatedClone } from '../../src/testkit/simulated-clone.js'
import { Checkpoints } from '../../src/transaction/checkpoints.js'
import { Claims } from '../../src/transaction/claims.js'
import { type Commit, Committer } from '../../src/transaction/committer.js'
import { allFlushed, unflushedFrom } from '../../src/transaction/durability.js'
import { Inferences } from '../../src/transaction/inferences.js'
import { type Cursor, Lives } from '../../src/transaction/lives.js'
import { Recovery } from '../../src/transaction/recovery.js'
import { Transactions } from '../../src/transaction/transactions.js'
import { View } from '../../src/transaction/view.js'

/** One fault. */
export interface Fault {
  readonly name: string
  /** @returns mends it */
  readonly plant: () => () => void
  /** How clones are opened, when the fault is around them. */
  readonly open?: OpenSimulatedClone
  /** Whether it is one of two networks. */
  readonly networks?: number
  /** Whether it is one of rules, to be found where rules are in force. */
  readonly rules?: boolean
}

type Method = (this: never, ...args: never[]) => unknown

/** Puts another method in the place of one, private or not. @returns puts the first one back */
function replace<M extends Method>(owner: { prototype: object }, name: string, make: (original: M) => M): () => void {
  const prototype = owner.prototype as Record<string, Method>
  const original = prototype[name]
  if (typeof original !== 'function') throw new Error(`There is no method ${name} to plant a fault in`)
  prototype[name] = make(original as M)
  return () => {
    prototype[name] = original
  }
}

const all = (...mends: (() => void)[]) => {
  return () => {
    for (const mend of mends) mend()
  }
}

/** A store that does some things otherwise. */
const altered = (store: Store, parts: Partial<Store>): Store => ({
  location: store.location,
  open: () => store.open(),
  get: key => store.get(key),
  entries: range => store.entries(range),
  batch: (changes, durability) => store.batch(changes, durability),
  close: () => store.close(),
  erase: () => store.erase(),
  ...parts,
})

/** Says that a batch is as durable as was asked when it has only been called. */
const hasty = (store: Store, hastens: (durability: StoreDurability) => boolean): Store =>
  altered(store, {
    batch: async (changes, durability = 'flushed') => {
      const batch = store.batch(changes, durability)
      if (!hastens(durability)) return batch
      batch.catch(() => {})
    },
  })

const withStore =
  (make: (store: Store) => Store): OpenSimulatedClone =>
  options =>
    openClone({ ...options, store: make(options.store) })

type Need = ReturnType<Delivery['waiting']['needs']['at']> | 'known'

/** What an operation waits for is thought to be something else. */
const needing = (other: (need: Need, header: OperationHeader) => Need) => () =>
  replace<(this: Delivery, header: OperationHeader, host: DeliveryHost) => Need>(
    Delivery,
    'needOf',
    needOf =>
      function (header, host) {
        return other(needOf.call(this, header, host), header)
      },
  )

/** In what a joined state is wrong. */
const joining = (wrong: (graph: Graph, state: ForeignState) => ForeignState) => () =>
  replace<(this: Graph, state: ForeignState, effects: Effects) => unknown>(
    Graph,
    'join',
    join =>
      function (state, effects) {
        return join.call(this, wrong(this, state), effects)
      },
  )

type Vector = Map<ReplicaIndex, { readonly counter: number; readonly check: number }>

export const faults: readonly Fault[] = [
  {
    name: 'an operation is applied before its causes are there',
    // Those of its own replica are waited for: it is the heads that are forgotten.
    plant: needing((need, { replica }) =>
      typeof need === 'object' && need.replica !== replicaName(replica) ? undefined : need,
    ),
  },
  {
    name: 'a join drops a live pair of the one who joins',
    plant: joining(({ replicas }, state) => {
      const vector: Vector = new Map(state.vector)
      for (const [replica, counter] of replicas.counters.entries())
        if (counter > (vector.get(replica)?.counter ?? 0))
          vector.set(replica, { counter, check: replicas.checks[replica] })
      return { ...state, vector }
    }),
  },
  {
    name: 'a joined state is applied with a part of its vector missing',
    plant: joining(({ replicas }, state) => {
      const vector: Vector = new Map(state.vector)
      for (const [replica, { counter }] of vector)
        if (counter > replicas.counters[replica]) {
          vector.delete(replica)
          break
        }
      return { ...state, vector }
    }),
  },
  {
    name: 'an operation is published before it is durable',
    plant: () =>
      all(
        replace<(this: Transactions, ...args: unknown[]) => Promise<void>>(
          Transactions,
          'commit',
          commit =>
            function (...args) {
              const durable = commit.apply(this, args)
              const [, , header, cause] = args
              const { listener } = this as unknown as {
                listener: { durable(header: unknown, own: boolean): void }
              }
              if (cause === 'write') listener.durable(header, true)
              return durable
            },
        ),
        replace<(this: Committer<Commit>, ticks: number, then: () => void, lost?: () => void) => void>(
          Committer,
          'whenDurable',
          whenDurable =>
            function (ticks, then, lost) {
              // Only what is sent has no use for the news that it is lost.
              if (lost === undefined) then()
              else whenDurable.call(this, ticks, then, lost)
            },
        ),
      ),
  },
  {
    name: 'an operation that is known is applied again',
    plant: needing(need => (need === 'known' ? undefined : need)),
  },
  {
    name: 'the deletes of an operation from elsewhere are forgotten',
    plant: () =>
      replace<
        (
          this: Transactions,
          place: unknown,
          changes: Changes,
          header: unknown,
          ...more: [cause: string, ...unknown[]]
        ) => unknown
      >(
        Transactions,
        'commit',
        commit =>
          function (place, changes, header, ...more) {
            if (more[0] === 'remote') changes.deleteLength = 0
            return commit.call(this, place, changes, header, ...more)
          },
      ),
  },
  {
    name: 'an operation does not name all of its heads',
    plant: () =>
      replace<(this: Transactions, author: ReplicaIndex) => unknown[]>(
        Transactions,
        'headsBeside',
        headsBeside =>
          function (author) {
            return headsBeside.call(this, author).slice(1)
          },
      ),
  },
  {
    name: 'a head that has been seen stays a head',
    plant: () => replace<(this: Heads) => void>(Heads, 'see', () => () => {}),
  },
  {
    name: 'a store says that it has written before it has',
    plant: () => () => {},
    open: withStore(store => hasty(store, () => true)),
  },
  {
    name: 'a store says that a batch is written before it has it',
    plant: () => () => {},
    open: withStore(store => hasty(store, durability => durability === 'written')),
  },
  {
    name: 'a batch that is to be flushed is only written',
    plant: () => () => {},
    open: withStore(store => altered(store, { batch: changes => store.batch(changes, 'written') })),
  },
  {
    name: 'a recovery believes that all it finds was flushed',
    plant: () => () => {},
    open: withStore(store =>
      altered(store, { get: key => (key === 'unflushed' ? Promise.resolve(undefined) : store.get(key)) }),
    ),
  },
  {
    name: 'a recovery keeps what follows on a loss',
    plant: () =>
      all(
        replace<(this: Recovery) => boolean>(Recovery, 'isNext', () => () => true),
        replace<(this: Recovery) => boolean>(Recovery, 'hasCauses', () => () => true),
      ),
  },
  {
    name: 'a flush waits only until all is written',
    plant: () =>
      replace<Committer<Commit>['whenFlushed']>(
        Committer,
        'whenFlushed',
        () =>
          function (this: Committer<Commit>, ...args) {
            this.whenDurable(...args)
          },
      ),
  },
  {
    name: 'a store that was opened is taken for flushed',
    plant: () =>
      replace<Committer<Commit>['whenFlushed']>(
        Committer,
        'whenFlushed',
        whenFlushed =>
          function (this: Committer<Commit>, ...args) {
            Object.assign(this, { isOpeningFlushed: true })
            whenFlushed.apply(this, args)
          },
      ),
  },
  {
    name: 'a batch that flushes others says already that it has',
    plant: () =>
      replace<(this: Committer<Commit>, flushed: boolean) => readonly StoreChange[]>(
        Committer,
        'changesOf',
        () =>
          function (flushed) {
            const { underWay, flushedTicks } = this as unknown as { underWay: Commit[]; flushedTicks: number }
            const mark = flushed ? allFlushed : unflushedFrom(flushedTicks + 1)
            return [...underWay.flatMap(({ changes }) => changes), mark]
          },
      ),
  },
  {
    name: 'a replay skips one update after a restart',
    plant: () =>
      replace<(this: Replay) => ReplayStep>(
        Replay,
        'step',
        step =>
          function () {
            const next = step.call(this)
            // It is short: all of it comes from memory.
            return next.kind === 'live' ? { ...next, updates: next.updates.slice(1) } : next
          },
      ),
  },
  {
    name: 'a cursor of what was lost is taken for one of now',
    plant: () => replace<(this: Lives, cursor: Cursor) => boolean>(Lives, 'has', () => () => true),
  },
  {
    name: 'a checkpoint is switched to before its items are written',
    plant: () => {
      const items: unknown[] = []
      return all(
        replace<(this: Checkpoints, ...args: unknown[]) => Iterable<unknown>>(
          Checkpoints,
          'batches',
          batches =>
            function (...args) {
              items.push([...batches.apply(this, args)])
              return []
            },
        ),
        replace<(this: Checkpoints, ...args: unknown[]) => Promise<void>>(
          Checkpoints,
          'switchTo',
          switchTo =>
            async function (...args) {
              const late = items.pop() as StoreChange[][]
              await switchTo.apply(this, args)
              const { store } = this as unknown as { store: Store }
              for (const batch of late) await store.batch(batch)
            },
        ),
      )
    },
  },
  {
    name: 'one clone of three orders the items of lists otherwise',
    plant: () => {
      const known = new Map<unknown, boolean>()
      return replace<(this: ListOrder, ...places: number[]) => number>(
        ListOrder,
        'compare',
        compare =>
          function (...places) {
            const { terms } = this as unknown as { terms: unknown }
            if (!known.has(terms)) known.set(terms, known.size % 3 === 2)
            const order = compare.apply(this, places)
            return known.get(terms) ? -order : order
          },
      )
    },
  },
  {
    name: 'an answer leaves out the last operation, and says that it was all',
    plant: () =>
      replace<(this: Journal, theirs: unknown) => readonly number[] | undefined>(
        Journal,
        'since',
        since =>
          function (theirs) {
            return since.call(this, theirs)?.slice(0, -1)
          },
      ),
  },
  {
    name: 'what a store refused is not undone',
    plant: () => replace<(this: Graph) => void>(Graph, 'undo', () => () => {}),
  },
  {
    name: 'a clone goes on under the id of its last opening',
    plant: () =>
      replace<(this: Transactions, counters: number) => ReplicaIndex>(
        Transactions,
        'ownReplica',
        ownReplica =>
          function (counters) {
            const self = this as unknown as { author: ReplicaIndex }
            if (self.author < 0) for (const [replica] of this.journal.own()) self.author = replica
            return ownReplica.call(this, counters)
          },
      ),
  },
  {
    name: 'a checkpoint claims to have what came while it was written',
    plant: () =>
      replace<(this: Checkpoints, next: { ticks: number }, previous: unknown) => Promise<void>>(
        Checkpoints,
        'switchTo',
        switchTo =>
          function (next, previous) {
            const { transactions } = this as unknown as { transactions: Transactions }
            return switchTo.call(this, { ...next, ticks: transactions.ticks }, previous)
          },
      ),
  },
  {
    name: 'rules do not notice what is undone',
    plant: () => replace<(this: View) => void>(View, 'undone', () => () => {}),
    rules: true,
  },
  {
    name: 'who has lost a key to another is not judged again',
    plant: () =>
      replace<(this: Claims, ...args: unknown[]) => Set<unknown>>(
        Claims,
        'set',
        set =>
          function (...args) {
            set.apply(this, args)
            return new Set()
          },
      ),
    rules: true,
  },
  {
    name: 'of some transactions it is not worked out what follows',
    plant: () =>
      replace<(this: Inferences, effects: Effects, shown: Iterable<number>) => void>(
        Inferences,
        'update',
        update =>
          function (effects, shown) {
            if (effects.length % 5 !== 0) update.call(this, effects, shown)
          },
      ),
    rules: true,
  },
  {
    name: 'a write that breaks a rule is taken',
    plant: () => replace<(this: View) => undefined>(View, 'violation', () => () => undefined),
    rules: true,
  },
  {
    name: 'who asks on one network never lets the other ask',
    plant: () => replace<(this: SharedReception) => void>(SharedReception, 'endAsking', () => () => {}),
    networks: 2,
    open: options => openClone({ ...options, transport: options.transports }),
  },
  {
    name: 'an update leaves out a triple',
    plant: () =>
      replace<(this: Effects) => { inserted: readonly number[]; deleted: readonly number[] }>(
        Effects,
        'difference',
        difference =>
          function () {
            const { inserted, deleted } = difference.call(this)
            return { deleted, inserted: inserted.length > 9 ? inserted.slice(3) : inserted }
          },
      ),
  },
]
