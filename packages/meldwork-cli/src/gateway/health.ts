import type { Clone } from 'meldwork'
import type { RelayStatistics } from 'meldwork/transports/relay'
import type { MqttStatistics } from './mqtt.js'
import type { TransportHealth } from './watched-transport.js'

/** How one kept domain is doing. */
export interface DomainHealth {
  /** Of all its data: equal in two clones that have the same. */
  readonly digest: string
  readonly triples: number
  readonly subjects: number
  readonly ticks: number
  /** Other clones that are connected now. */
  readonly peers: number
  readonly outdated: boolean
  /** The code of the error while its store takes no writes, else null. */
  readonly storage: string | null
  /** Whether it and another clone have the same operations and not the same data: a defect. */
  readonly diverged: boolean
  readonly journalOperations: number
  readonly journalBytes: number
}

/** How a gateway is doing. More fields may come. */
export interface Health {
  /** `failing`: the store of a domain takes no writes. */
  readonly status: 'ok' | 'failing'
  readonly version: string
  readonly uptimeMs: number
  readonly domains: Readonly<Record<string, DomainHealth>>
  readonly relay: RelayStatistics
  /** Of the embedded broker; absent where there is none. */
  readonly mqtt?: MqttStatistics
  /** The connection to NATS, where there is one; else null. While it is not online, clones at this gateway are served all the same. */
  readonly nats: (TransportHealth & { readonly servers: readonly string[] }) | null
}

/** How one clone is doing, in what a health page shows. */
export function domainHealth(clone: Clone): DomainHealth {
  const { ticks, peers, outdated, storage, divergence } = clone.status.value
  const { digest, triples, subjects, journalOperations, journalBytes } = clone.stats()
  return {
    digest,
    triples,
    subjects,
    ticks,
    peers,
    outdated,
    storage: storage?.code ?? null,
    diverged: divergence !== undefined,
    journalOperations,
    journalBytes,
  }
}
