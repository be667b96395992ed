/** Calls back whenever the platform says that it is online again: browsers and workers do; other platforms have no such event. */
export function watchOnline(listener: () => void): () => void {
  const { addEventListener } = platform()
  addEventListener?.call(globalThis, 'online', listener)
  return () => {
    const { removeEventListener } = platform()
    removeEventListener?.call(globalThis, 'online', listener)
  }
}

interface OnlineEvents {
  addEventListener(type: 'online', listener: () => void): void
  removeEventListener(type: 'online', listener: () => void): void
}

const platform = () => globalThis as unknown as Partial<OnlineEvents>
