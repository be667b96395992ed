type Listener = (...args: unknown[]) => void
type Event = string | symbol

interface Registration {
  readonly listener: Listener
  readonly once: boolean
}

/**
 * Events by name, with the methods of Node's `EventEmitter`: that is what RDF/JS streams are declared to be, and browsers have none. An `error` that nobody
 * listens to is thrown.
 */
export class Emitter {
  private readonly registrations = new Map<Event, Registration[]>()

  on(event: Event, listener: Listener): this {
    return this.add(event, listener, false, false)
  }

  once(event: Event, listener: Listener): this {
    return this.add(event, listener, true, false)
  }

  addListener(event: Event, listener: Listener): this {
    return this.add(event, listener, false, false)
  }

  prependListener(event: Event, listener: Listener): this {
    return this.add(event, listener, false, true)
  }

  prependOnceListener(event: Event, listener: Listener): this {
    return this.add(event, listener, true, true)
  }

  off(event: Event, listener: Listener): this {
    const known = this.registrations.get(event) ?? []
    const at = known.findLastIndex(each => each.listener === listener)
    if (at >= 0) this.set(event, known.toSpliced(at, 1))
    return this
  }

  removeListener(event: Event, listener: Listener): this {
    return this.off(event, listener)
  }

  removeAllListeners(event?: Event): this {
    if (event === undefined) this.registrations.clear()
    else this.registrations.delete(event)
    return this
  }

  /** @returns whether anybody listens */
  emit(event: Event, ...args: unknown[]): boolean {
    const known = this.registrations.get(event) ?? []
    if (known.length === 0 && event === 'error') throw args[0]
    for (const { listener, once } of known) {
      if (once) this.off(event, listener)
      listener.apply(this, args)
    }
    return known.length > 0
  }

  listeners(event: Event): Listener[] {
    return (this.registrations.get(event) ?? []).map(({ listener }) => listener)
  }

  rawListeners(event: Event): Listener[] {
    return this.listeners(event)
  }

  listenerCount(event: Event): number {
    return this.registrations.get(event)?.length ?? 0
  }

  eventNames(): Event[] {
    return [...this.registrations.keys()]
  }

  getMaxListeners(): number {
    return Number.POSITIVE_INFINITY
  }

  setMaxListeners(_count: number): this {
    return this
  }

  /** Somebody has begun to listen. */
  protected listening(_event: Event): void {}

  private add(event: Event, listener: Listener, once: boolean, first: boolean): this {
    const known = this.registrations.get(event) ?? []
    const own = { listener, once }
    this.set(event, first ? [own, ...known] : [...known, own])
    this.listening(event)
    return this
  }

  /** A new array each time: those that an event is being given to stay as they are. */
  private set(event: Event, registrations: Registration[]): void {
    if (registrations.length === 0) this.registrations.delete(event)
    else this.registrations.set(event, registrations)
  }
}
