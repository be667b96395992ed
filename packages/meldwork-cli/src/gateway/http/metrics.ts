import type { Clone } from 'meldwork'
import type { RelayStatistics } from 'meldwork/transports/relay'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { version } from '../../version.js'
import { type DomainHealth, domainHealth } from '../health.js'

/** What is measured. */
export interface MetricsParts {
  readonly clones: ReadonlyMap<string, Clone>
  relay(): RelayStatistics
  /** Streams of updates that are open. */
  streams(): number
}

/** What is shown of each kept domain. */
const cloneGauges: readonly [name: string, help: string, value: (health: DomainHealth) => number][] = [
  ['ticks', 'Operations that the clone has applied', ({ ticks }) => ticks],
  ['triples', 'Visible triples', ({ triples }) => triples],
  ['subjects', 'Subjects', ({ subjects }) => subjects],
  ['peers', 'Other clones that are connected', ({ peers }) => peers],
  ['journal_operations', 'Operations kept for those who were away', ({ journalOperations }) => journalOperations],
  ['journal_bytes', 'Bytes of these operations', ({ journalBytes }) => journalBytes],
  ['outdated', 'Whether others may have what is not here', ({ outdated }) => Number(outdated)],
  ['storage_failing', 'Whether its store takes no writes', ({ storage }) => Number(storage !== null)],
  [
    'diverged',
    'Whether it differs from a clone with the same operations: a defect',
    ({ diverged }) => Number(diverged),
  ],
]

const relayGauges: readonly [keyof RelayStatistics, string][] = [
  ['connections', 'Connections to the relay'],
  ['channels', 'Channels with members'],
  ['members', 'Members of channels'],
]

const relayCounters: readonly [keyof RelayStatistics, string, string][] = [
  ['accepted', 'accepted', 'Connections taken'],
  ['refused', 'refused', 'Connections and memberships that were not let in'],
  ['messagesIn', 'messages_in', 'Messages that came'],
  ['bytesIn', 'bytes_in', 'Bytes of messages that came'],
  ['messagesOut', 'messages_out', 'Messages that went'],
  ['bytesOut', 'bytes_out', 'Bytes of messages that went'],
  ['droppedRate', 'dropped_rate', 'Messages dropped because the sender was too fast'],
  ['droppedSlow', 'dropped_slow', 'Messages dropped because the receiver was too slow'],
  ['droppedLong', 'dropped_long', 'Messages dropped because they were too long'],
  ['droppedAbsent', 'dropped_absent', 'Messages dropped because one side was no member'],
  ['malformed', 'malformed', 'Connections closed because of what they sent'],
  ['unknown', 'unknown', 'Frames of unknown type, skipped'],
]

/** The figures of a gateway, for Prometheus. */
export class Metrics {
  // One of its own: a program may have others, and several gateways.
  private readonly registry = new Registry()
  private readonly requests: Counter<'route' | 'method' | 'status'>
  private readonly durations: Histogram<'route' | 'method'>

  constructor({ clones, relay, streams }: MetricsParts) {
    const registers = [this.registry]
    new Gauge({ name: 'meldwork_info', help: 'The version', labelNames: ['version'], registers }).set({ version }, 1)
    for (const [name, help, value] of cloneGauges)
      new Gauge({
        name: `meldwork_clone_${name}`,
        help,
        labelNames: ['domain'],
        registers,
        collect() {
          for (const [domain, clone] of clones)
            if (!clone.status.value.closed) this.set({ domain }, value(domainHealth(clone)))
        },
      })
    for (const [statistic, help] of relayGauges)
      new Gauge({
        name: `meldwork_relay_${statistic}`,
        help,
        registers,
        collect() {
          this.set(relay()[statistic])
        },
      })
    for (const [statistic, name, help] of relayCounters)
      new Counter({
        name: `meldwork_relay_${name}_total`,
        help,
        registers,
        collect() {
          this.reset()
          this.inc(relay()[statistic])
        },
      })
    new Gauge({
      name: 'meldwork_http_update_streams',
      help: 'Streams of updates that are open',
      registers,
      collect() {
        this.set(streams())
      },
    })
    this.requests = new Counter({
      name: 'meldwork_http_requests_total',
      help: 'Requests that were answered',
      labelNames: ['route', 'method', 'status'],
      registers,
    })
    this.durations = new Histogram({
      name: 'meldwork_http_request_duration_seconds',
      help: 'Time until an answer began',
      labelNames: ['route', 'method'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    })
  }

  /**
   * A request has been answered.
   * @param route one of a few: each makes a line
   */
  answered(route: string, method: string, status: number, durationMs: number): void {
    const known = methods.has(method) ? method : 'other'
    this.requests.inc({ route, method: known, status })
    this.durations.observe({ route, method: known }, durationMs / 1000)
  }

  /** The media type of {@link text}. */
  get type(): string {
    return this.registry.contentType
  }

  /** All of it as it is now, in the text format of Prometheus. */
  text(): Promise<string> {
    return this.registry.metrics()
  }
}

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS'])
