import { type Clone, openCloneWith, type StatusValue } from '../clone/index.js'
import { type Environment, platformEnvironment, type Transport } from '../ports/index.js'
import { MemoryStore } from '../stores/memory.js'
import { BroadcastChannelTransport, tabPlatform } from '../transports/broadcast-channel.js'
import type { Election, Tenure } from './election.js'
import { GuardedElection } from './guarded-election.js'
import { KeeperWatch, openKeeper } from './keeper.js'
import { LeaseElection } from './lease-election.js'
import { LockElection } from './lock-election.js'
import { checkedTabOptions, isLeasable, leasable, type TabCloneOptions } from './options.js'

/** How long opening waits until a tab has what the keeper has. */
const defaultCatchUpMs = 5_000

/**
 * Opens a clone that shares its store with those of all other tabs (and workers) of this origin that name the same store. One tab keeps the store,
 * and reaches the clones elsewhere; the others hold their data in memory, and are clones of it over a BroadcastChannel. When the tab that keeps the store is
 * closed, or dies, another one goes on.
 *
 * A write is durable when its promise resolves, in whichever tab: then the keeper has it in the store. While there is none (for a moment, as one tab
 * follows another) writes are readable at once, and their promises wait. What has been acknowledged is never lost, and nothing is there twice.
 *
 * It resolves when this tab has what the keeper has; after `catchUpMs` in any case, with a status that says `outdated`. `status.keeper` tells where the
 * keeper is. `close` with `erase` removes the store if this tab keeps it; as long as there are other tabs, they bring the data back.
 * @throws CodedError as `openClone` does; `option-invalid` for a store that cannot be leased where there are no Web Locks
 */
export async function openTabClone(options: TabCloneOptions): Promise<Clone> {
  checkedTabOptions(options)
  const { platform = tabPlatform, environment = platformEnvironment } = options
  const tabs = new BroadcastChannelTransport({ platform, environment })
  const election = electionFor(options, tabs, environment)
  try {
    const tenure = await election.tryNow?.()
    return await (tenure === undefined
      ? openFollower(options, tabs, election, environment)
      : keep(options, tabs, tenure))
  } catch (error) {
    await tabs.close()
    throw error
  }
}

/** By locks where there are any, and guarded by the store where it can do that. */
function electionFor(
  { store, platform = tabPlatform }: TabCloneOptions,
  tabs: Transport,
  environment: Environment,
): Election {
  const { locks, page } = platform
  if (locks === undefined) return new LeaseElection(leasable(store), tabs, environment)
  const election = new LockElection(locks, page, store.location)
  return isLeasable(store) ? new GuardedElection(election, store, environment) : election
}

/** The first tab: the app's clone itself has the store. */
async function keep(options: TabCloneOptions, tabs: Transport, tenure: Tenure): Promise<Clone> {
  try {
    const clone = await openKeeper(options, tabs, async () => {
      await tabs.close()
      await tenure.release()
    })
    clone.status.follow(({ storage }) => {
      if (storage !== undefined) tenure.doubt()
    })
    // Somebody has stolen the lock, or the browser has given it away: two may not have the store.
    void tenure.lost.then(() => clone.close())
    return clone
  } catch (error) {
    await tenure.release()
    throw error
  }
}

/** Any other tab: the app's clone lives in memory. Beside it, when it is this tab's turn, there is the keeper. */
async function openFollower(
  options: TabCloneOptions,
  tabs: Transport,
  election: Election,
  environment: Environment,
): Promise<Clone> {
  let clone: Clone | undefined
  const watch = new KeeperWatch({
    election,
    environment,
    open: () => openKeeper(options, tabs),
    changed: () => clone?.status.changed(),
  })
  const closed = async (erase: boolean) => {
    await watch.close(erase)
    await tabs.close()
  }
  try {
    const store = new MemoryStore(`${options.store.location} (in memory, for this tab)`)
    clone = await openCloneWith(
      { ...options, store, genesis: false },
      { transports: [tabs], keeping: { needsKeeper: true, beside: watch }, closed },
    )
  } catch (error) {
    await watch.close(false)
    throw error
  }
  clone.status.follow(({ keeper }) => watch.look(keeper !== undefined))
  await caughtUp(clone, environment, options.catchUpMs ?? defaultCatchUpMs)
  return clone
}

/** Resolves when the clone has what its keeper has, or time is up. */
function caughtUp({ status }: Clone, environment: Environment, limitMs: number): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      cancel()
      stop()
      resolve()
    }
    const look = (value: StatusValue) => {
      // One that is new itself, with nobody to ask, has given all that it has.
      const keeper = value.others.find(({ keeps }) => keeps)
      if (keeper !== undefined && (!value.outdated || keeper.isNew)) done()
    }
    const cancel = environment.schedule(done, limitMs)
    const stop = status.follow(look)
    look(status.value)
  })
}
