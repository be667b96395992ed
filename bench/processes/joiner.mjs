// A process of its own: a clone with an empty store joins a domain over a relay. Says how long that took,
// from opening the clone, and what it cost.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { MemoryStore } from 'meldwork/stores/memory'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import { forgetPeak, memoryBytes, residentBytes } from '../lib/measure.mjs'

const { url, domain, digest, durable } = JSON.parse(process.argv[2])
const folder = durable ? mkdtempSync(join(tmpdir(), 'meldwork-bench-')) : undefined
const before = memoryBytes()
forgetPeak()
const resident = residentBytes().now
const start = performance.now()
const store = durable ? new LevelStore(folder) : new MemoryStore()
const transport = new WebSocketTransport(url)
const clone = await openClone({ domain, store, transport })
await clone.status.becomes({ outdated: false }, { timeoutMs: 60_000 })
const joinMs = performance.now() - start
if (clone.stats().digest !== digest) throw new Error(`wrong result: digest ${clone.stats().digest}, not ${digest}`)
await clone.flushed()
const durableMs = performance.now() - start
// What came over the wire, beside what is in memory at most and once all has been collected.
const { bytesIn, bytesOut } = transport.statistics()
const peakBytes = residentBytes().peak - resident
const stateBytes = memoryBytes() - before
const { subjects, journalOperations } = clone.stats()
await clone.close()
if (durable) rmSync(folder, { recursive: true })
const counts = { wireBytes: bytesIn + bytesOut, peakBytes, stateBytes, subjects, journalOperations }
process.send({ joinMs, durableMs, ...counts }, () => process.exit(0))
