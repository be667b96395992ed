import { hexadecimal } from '../codec/index.js'
import type { Environment, LeasableStore } from '../ports/index.js'
import type { Election, Tenure } from './election.js'

/**
 * An election whose tenures the store itself guards: whoever is elected writes its name into the store, over any other, and from then on the store takes
 * nothing from those before. A lock tells whose turn it is; but a script can steal it, and a browser may give it away while the page that held it sleeps,
 * and wakes up later.
 */
export class GuardedElection implements Election {
  readonly tryNow: Election['tryNow']
  readonly remind: Election['remind']
  private readonly election: Election
  private readonly store: LeasableStore
  private readonly environment: Environment

  constructor(election: Election, store: LeasableStore, environment: Environment) {
    const { tryNow, remind } = election
    this.election = election
    this.store = store
    this.environment = environment
    this.tryNow = tryNow && (() => tryNow().then(tenure => tenure && this.guarded(tenure)))
    this.remind = remind
  }

  async wait(signal: AbortSignal): Promise<Tenure> {
    return this.guarded(await this.election.wait(signal))
  }

  private async guarded(tenure: Tenure): Promise<Tenure> {
    const { store } = this
    const name = hexadecimal(this.environment.random(16))
    try {
      await store.takeLease(name, await store.leaseHolder())
    } catch (error) {
      await tenure.release()
      throw error
    }
    let loses = () => {}
    const lost = new Promise<void>(resolve => {
      loses = resolve
    })
    void tenure.lost.then(loses)
    const doubt = () => {
      tenure.doubt()
      const look = (holder: string | undefined) => {
        if (holder !== name) loses()
      }
      // A store that cannot be asked takes no writes either.
      store.leaseHolder().then(look, () => {})
    }
    const release = async () => {
      await store.endLease(name).catch(() => {})
      await tenure.release()
    }
    return { lost, doubt, release }
  }
}
