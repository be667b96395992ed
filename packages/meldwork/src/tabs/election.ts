/** The right to keep the store that all tabs of an origin share: one tab has it at a time. */
export interface Tenure {
  /** Resolves when it has been lost, other than by {@link release}. The store takes no write of this tab any more. Perhaps never. */
  readonly lost: Promise<void>
  /** Something speaks against it, such as a write that was refused: it is looked whether it lasts. */
  doubt(): void
  /** Lets the next one have it: to be called when the store is closed. Idempotent, and never rejects. */
  release(): Promise<void>
}

/** How tabs agree on the one that keeps their store. */
export interface Election {
  /**
   * Takes its turn at once, or not at all. Missing where a tenure can be lost while its tab lives on: what an app holds in its hands should not stand on it.
   */
  readonly tryNow?: (() => Promise<Tenure | undefined>) | undefined
  /**
   * Waits for its turn: when the tab that has it closes, or dies.
   * @throws the signal's reason; CodedError `store-failed` when the store cannot be asked
   */
  wait(signal: AbortSignal): Promise<Tenure>
  /** The one that had it seems to have gone: to be called now and then, until somebody has it. */
  readonly remind?: (() => void) | undefined
}
