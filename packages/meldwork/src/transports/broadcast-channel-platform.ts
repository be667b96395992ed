/** The part of the platform's BroadcastChannel that is used here. */
export interface BroadcastChannelLike {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'messageerror', listener: () => void): void
  close(): void
}

/** The part of the platform's Web Locks that is used here. */
export interface LocksLike {
  request(
    name: string,
    options: { readonly mode?: 'exclusive' | 'shared'; readonly signal?: AbortSignal; readonly ifAvailable?: boolean },
    callback: (lock: unknown) => Promise<void>,
  ): Promise<unknown>
  query(): Promise<unknown>
}

/** The life of a page: when it must let go of everything, and when it is back. */
export interface PageLife {
  /** @returns stops it */
  follow(hidden: () => void, shown: () => void): () => void
}

/** What the transport takes from a browser or from Node. */
export interface TabPlatform {
  openChannel(name: string): BroadcastChannelLike
  /** Undefined where there are none: without a secure context, and in Node. */
  readonly locks: LocksLike | undefined
  readonly page: PageLife
}

/** That of the page, worker or process that runs this code. */
export const tabPlatform: TabPlatform = {
  openChannel: name => new BroadcastChannel(name) as BroadcastChannelLike,
  get locks() {
    return (globalThis as { navigator?: { locks?: LocksLike } }).navigator?.locks
  },
  page: {
    follow(hidden, shown) {
      // Workers and Node have no pages. A page that is frozen, or kept for the way back, neither hears nor answers until it is shown again.
      const { window, document } = globalThis as Partial<typeof globalThis>
      const events = [
        [window, 'pagehide', hidden],
        [document, 'freeze', hidden],
        [window, 'pageshow', shown],
        [document, 'resume', shown],
      ] as const
      for (const [target, type, listener] of events) target?.addEventListener(type, listener)
      return () => {
        for (const [target, type, listener] of events) target?.removeEventListener(type, listener)
      }
    },
  },
}
