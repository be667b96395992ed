// Clones that have come, written once and gone. No clone is opened for each, which would take minutes: their operations are encoded by internal parts of the built
// library, which apps cannot import.
import { randomBytes } from 'node:crypto'
import { openClone } from 'meldwork'
import { until } from './measure.mjs'

const internal = part => import(new URL(`../../packages/meldwork/dist/${part}.js`, import.meta.url).href)
const { Writer } = await internal('codec/index')
const { encodeHeader } = await internal('operation/index')
const { channelOf } = await internal('sync/channel')
const { MessageType, seal } = await internal('sync/envelope')
const { AnswerEnd, writeOperations } = await internal('sync/messages')

const stampOf = ms => 1024 * ms

/** So many operations, each the first of its replica, who has seen the one before. @param after those that were there before */
export function past(count, after = []) {
  const operations = []
  let seen = after.at(-1)?.replica
  for (let i = 0; i < count; i++) {
    const replica = new Uint8Array(randomBytes(8))
    operations.push({ replica, bytes: operationOf(replica, seen) })
    seen = replica
  }
  return operations
}

function operationOf(replica, seen) {
  const writer = new Writer(64)
  const heads = seen === undefined ? [] : [{ replica: seen, counter: 1 }]
  encodeHeader(writer, replica, 1, 1, 0, heads, stampOf(1_700_000_000_000))
  writer.varint(0)
  writer.varint(2 * 4)
  writer.raw(new TextEncoder().encode('fred'))
  // A new property, the last one, with one insert: the integer 1.
  writer.varint(8 * 5 + 6)
  writer.raw(new TextEncoder().encode('#seen'))
  writer.varint(2 * 8 + 4)
  return writer.take()
}

/** Gives operations to a clone that is opened for it, as if one other had sent them. @param options domain and store */
export async function remember(options, operations) {
  let listener
  const channel = { publish: () => {}, send: () => {}, announce: () => {}, close: () => {} }
  const transport = {
    maxMessageBytes: 1 << 20,
    join: (_, given) => {
      listener = given
      return channel
    },
    close: async () => {},
  }
  const clone = await openClone({ ...options, transport, genesis: true })
  listener.state('online')
  listener.peers(new Map([['other', new Uint8Array(0)]]))
  for (let at = 0; at < operations.length; at += 500) {
    const part = operations.slice(at, at + 500).map(({ bytes }) => bytes)
    const writer = new Writer(65_536)
    seal(writer, channelOf(options.domain).check, MessageType.operations)
    writeOperations(writer, { request: 0, end: AnswerEnd.all, operations: part })
    listener.message('other', writer.take())
    await clone.flushed()
  }
  await until(() => clone.stats().replicas === operations.length, 'all has been taken')
  await clone.close()
}
