import type { Environment } from './environment.js'

/**
 * How long work holds its thread until others have a turn, in milliseconds. A browser draws every 16 ms, and what a person does is answered late after
 * 50 ms: so that a slow machine, too, stays below that.
 */
export const sliceMs = 10

/** What a {@link Pace} needs of an environment. */
export type Turns = Pick<Environment, 'now' | 'schedule'>

/**
 * Work in pieces: each `next()` does one, of a few milliseconds at most, and between two of them anything may happen. Whoever writes one makes sure that it
 * bears that.
 */
export type Work<T> = Generator<undefined, T, undefined>

/** Says when it is time to let others have a turn. */
export class Pace {
  private readonly turns: Turns
  private sinceMs: number

  constructor(turns: Turns) {
    this.turns = turns
    this.sinceMs = turns.now()
  }

  /** Whether the time of this turn has been used up. */
  get isOver(): boolean {
    const usedMs = this.turns.now() - this.sinceMs
    // A clock that is set back says nothing.
    return usedMs >= sliceMs || usedMs < 0
  }

  /** Calls this in a later turn. @returns cancels it */
  later(goOn: () => void): () => void {
    return this.turns.schedule(() => {
      this.sinceMs = this.turns.now()
      goOn()
    }, 0)
  }

  /** Resolves in a later turn. */
  turn(): Promise<void> {
    return new Promise(resolve => this.later(resolve))
  }
}

/**
 * Calls `piece` until it returns false: at once, and when the time of a turn is used up, on in later ones. What takes less than that is done when this returns.
 * @param piece at least one is done in each turn. It must not throw
 */
export function inSlices(piece: () => boolean, turns: Turns): void {
  const pace = new Pace(turns)
  const goOn = () => {
    while (piece()) {
      if (!pace.isOver) continue
      pace.later(goOn)
      return
    }
  }
  goOn()
}

/** Does work in slices: see {@link inSlices}. @returns its result; rejects with what it throws */
export function sliced<T>(work: Work<T>, turns: Turns): Promise<T> {
  return new Promise((resolve, reject) =>
    inSlices(() => {
      try {
        const { done, value } = work.next()
        if (done) resolve(value as T)
        return !done
      } catch (error) {
        reject(error)
        return false
      }
    }, turns),
  )
}

/** Does all of it now. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value as T
  }
}
