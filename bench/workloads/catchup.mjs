// catchup: a clone was away (closed) while 10,000 transactions were made: it is opened again, and given them from the journal, over a relay on `ws` in another process.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { MemoryStore } from 'meldwork/stores/memory'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import { withGateway } from '../lib/gateway.mjs'
import { check, now, until } from '../lib/measure.mjs'

export const title = 'a clone that was away gets 10,000 operations of one object each from the journal, over a relay'
export const only = ['meldwork']
export const settings = { warm: 0, runs: 1 }
export const measures = {
  caughtUpMs: 'ms (store in memory), from opening',
  diskMs: 'ms (LevelDB), until on disk',
  wireBytes: 'bytes on the wire, an operation',
  messages: 'messages in and out',
}

const domain = 'catchup.example'
const there = 1_000
const missed = 10_000

export async function run() {
  const memory = await catchUp(new MemoryStore())
  const folder = mkdtempSync(join(tmpdir(), 'meldwork-bench-'))
  try {
    const disk = await catchUp(new LevelStore(folder))
    return { caughtUpMs: memory.ms, diskMs: disk.durableMs, wireBytes: memory.wireBytes, messages: memory.messages }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function catchUp(store) {
  return withGateway({ domain }, async (url, tell) => {
    const open = async () => {
      const transport = new WebSocketTransport(url)
      const clone = await openClone({ domain, store, transport })
      return { clone, transport }
    }
    const before = await tell({ write: { count: there } })
    const first = await open()
    await until(() => first.clone.stats().digest === before, 'it has joined')
    await first.clone.close()
    await first.transport.close()
    const digest = await tell({ write: { from: there, count: there + missed, each: 1 } })
    const t0 = now()
    const { clone, transport } = await open()
    const known = clone.status.value.ticks
    await clone.status.becomes({ ticks: known + missed }, { timeoutMs: 60_000 })
    const ms = now() - t0
    await clone.flushed()
    const durableMs = now() - t0
    check(clone.stats().digest === digest, 'the digest after catching up')
    check(clone.stats().journalOperations >= missed, 'it was given operations')
    const { bytesIn, bytesOut, messagesIn, messagesOut } = transport.statistics()
    await clone.close()
    await transport.close()
    return { ms, durableMs, wireBytes: (bytesIn + bytesOut) / missed, messages: messagesIn + messagesOut }
  })
}
