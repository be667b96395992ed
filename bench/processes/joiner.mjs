// A process of its own: a clone with an empty store joins a domain over a relay. Says how long that took, from opening the clone.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { MemoryStore } from 'meldwork/stores/memory'
import { WebSocketTransport } from 'meldwork/transports/websocket'

const { url, domain, digest, durable } = JSON.parse(process.argv[2])
const folder = durable ? mkdtempSync(join(tmpdir(), 'meldwork-bench-')) : undefined
const start = performance.now()
const store = durable ? new LevelStore(folder) : new MemoryStore()
const clone = await openClone({ domain, store, transport: new WebSocketTransport(url) })
await clone.status.becomes({ outdated: false }, { timeoutMs: 60_000 })
const joinMs = performance.now() - start
if (clone.stats().digest !== digest) throw new Error(`wrong result: digest ${clone.stats().digest}, not ${digest}`)
await clone.flushed()
const durableMs = performance.now() - start
await clone.close()
if (durable) rmSync(folder, { recursive: true })
process.send({ joinMs, durableMs }, () => process.exit(0))
