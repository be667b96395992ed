import { EventEmitter } from 'node:events'
import type { BroadcastChannelLike, LocksLike, TabPlatform } from '../../src/transports/broadcast-channel.js'

/** What the tabs of one origin share, and what a test can do to each of them. Messages take a microtask, and locks too. */
export class FakeOrigin {
  readonly locks = new FakeLockManager()
  /** Every message that was posted. */
  readonly posted: { channel: string; message: unknown }[] = []
  private readonly channels = new Set<FakeChannel>()
  private readonly options: { readonly locks: boolean }

  constructor(options: { locks: boolean } = { locks: true }) {
    this.options = options
  }

  openTab(): FakeTab {
    return new FakeTab(this, this.options.locks ? this.locks : undefined)
  }

  get openChannels(): number {
    return this.channels.size
  }

  enter(channel: FakeChannel): void {
    this.channels.add(channel)
  }

  leave(channel: FakeChannel): void {
    this.channels.delete(channel)
  }

  post(from: FakeChannel, message: unknown): void {
    this.posted.push({ channel: from.name, message })
    for (const channel of this.channels) {
      if (channel === from || channel.name !== from.name) continue
      const copy = structuredClone(message)
      queueMicrotask(() => channel.hear(copy))
    }
  }
}

export class FakeTab implements TabPlatform {
  readonly locks: LocksLike | undefined
  private frozen = false
  private readonly frozenActs: (() => void)[] = []
  private readonly origin: FakeOrigin
  private readonly life = new EventEmitter().setMaxListeners(0)
  private readonly channels: FakeChannel[] = []
  private readonly held = new Set<() => void>()

  constructor(origin: FakeOrigin, locks: FakeLockManager | undefined) {
    this.origin = origin
    this.locks = locks && {
      request: (name, options, callback) => locks.request(name, options, callback, this.held),
      query: () => locks.query(),
    }
  }

  openChannel(name: string): BroadcastChannelLike {
    const channel = new FakeChannel(this.origin, this, name)
    this.channels.push(channel)
    return channel
  }

  get isFrozen(): boolean {
    return this.frozen
  }

  /** From now on nothing happens in it; what comes in meanwhile it hears when it thaws. */
  freeze(): void {
    this.frozen = true
  }

  thaw(): void {
    this.frozen = false
    for (const channel of this.channels) channel.thaw()
    for (const act of this.frozenActs.splice(0)) act()
  }

  /** Does something of the tab's: now, or when it thaws. */
  act(act: () => void): void {
    if (this.frozen) this.frozenActs.push(act)
    else act()
  }

  readonly page: TabPlatform['page'] = {
    follow: (hidden, shown) => {
      this.life.on('hidden', hidden).on('shown', shown)
      return () => void this.life.off('hidden', hidden).off('shown', shown)
    },
  }

  hide(): void {
    this.life.emit('hidden')
  }

  show(): void {
    this.life.emit('shown')
  }

  /** Dies without a word: what the platform held for it is released. */
  crash(): void {
    this.freeze()
    for (const channel of this.channels) channel.close()
    for (const release of [...this.held]) release()
  }

  /** The browser gives its locks to others, and says nothing. */
  giveAway(): void {
    for (const release of [...this.held]) release()
  }

  /** Is left for another page, and kept for the way back; then the browser thinks better of it, when somebody asks for its locks. */
  leave(): void {
    this.hide()
    this.freeze()
    for (const channel of this.channels) channel.close()
    this.origin.locks.releaseLate(this.held)
  }
}

class FakeChannel implements BroadcastChannelLike {
  readonly name: string
  private readonly origin: FakeOrigin
  private readonly tab: FakeTab
  private readonly listeners: ((event: { data: unknown }) => void)[] = []
  private readonly unheard: unknown[] = []
  private closed = false

  constructor(origin: FakeOrigin, tab: FakeTab, name: string) {
    this.origin = origin
    this.tab = tab
    this.name = name
    origin.enter(this)
  }

  postMessage(message: unknown): void {
    if (this.closed) throw new Error('the channel is closed')
    this.origin.post(this, message)
  }

  addEventListener(type: string, listener: (event: { data: unknown }) => void): void {
    if (type === 'message') this.listeners.push(listener)
  }

  hear(data: unknown): void {
    if (this.closed) return
    if (this.tab.isFrozen) this.unheard.push(data)
    else for (const listener of this.listeners) listener({ data })
  }

  thaw(): void {
    for (const data of this.unheard.splice(0)) queueMicrotask(() => this.hear(data))
  }

  close(): void {
    this.closed = true
    this.origin.leave(this)
  }
}

interface LockRequest {
  readonly mode: 'exclusive' | 'shared'
  readonly grant: () => void
  readonly stolen: () => void
}

/** Web Locks, as far as they are used: in the order of the requests, exclusive or shared. */
export class FakeLockManager {
  private readonly late: (() => void)[] = []
  private readonly names = new Map<string, { held: LockRequest[]; waiting: LockRequest[] }>()

  request(
    name: string,
    options: Parameters<LocksLike['request']>[1],
    callback: (lock: unknown) => Promise<void>,
    held: Set<() => void>,
  ): Promise<unknown> {
    const { mode = 'exclusive', signal, ifAvailable = false } = options
    const lock = this.names.get(name) ?? { held: [], waiting: [] }
    this.names.set(name, lock)
    return new Promise((resolve, reject) => {
      const request: LockRequest = {
        mode,
        stolen: () => reject(new DOMException('The lock was stolen', 'AbortError')),
        grant: () => {
          const release = () => {
            held.delete(release)
            lock.held = lock.held.filter(each => each !== request)
            this.serve(name)
          }
          held.add(release)
          queueMicrotask(() => {
            callback({ name }).finally(release).then(resolve, reject)
          })
        },
      }
      if (ifAvailable && (lock.waiting.length > 0 || !this.fits(lock.held, mode))) {
        resolve(callback(null))
        return
      }
      const withdraw = () => {
        held.delete(withdraw)
        lock.waiting = lock.waiting.filter(each => each !== request)
        this.serve(name)
      }
      held.add(withdraw)
      lock.waiting.push(request)
      signal?.addEventListener('abort', () => {
        if (!lock.waiting.includes(request)) return
        withdraw()
        reject(signal.reason)
      })
      this.serve(name)
    })
  }

  /** What pages held that were left is given to others only when somebody asks: so it is in Chromium. */
  async query(): Promise<void> {
    for (const release of this.late.splice(0)) release()
  }

  releaseLate(held: Iterable<() => void>): void {
    this.late.push(...held)
  }

  /** Takes every lock from whoever holds it, as a script may. */
  steal(): void {
    for (const { held } of this.names.values()) for (const { stolen } of held) stolen()
  }

  /** How many requests wait. */
  get waiting(): number {
    return [...this.names.values()].reduce((sum, { waiting }) => sum + waiting.length, 0)
  }

  get held(): number {
    return [...this.names.values()].reduce((sum, { held }) => sum + held.length, 0)
  }

  private fits(held: readonly LockRequest[], mode: 'exclusive' | 'shared'): boolean {
    return held.length === 0 || (mode === 'shared' && held.every(each => each.mode === 'shared'))
  }

  private serve(name: string): void {
    const lock = this.names.get(name)!
    while (lock.waiting.length > 0 && this.fits(lock.held, lock.waiting[0].mode)) {
      const request = lock.waiting.shift()!
      lock.held.push(request)
      request.grant()
    }
  }
}
