import { expect, test } from 'vitest'
import { domain, gatewayOf } from './gateway-client.js'
import { emptyFolder, meldwork, start } from './running.js'

test('what one writes, another follows and reads', async () => {
  const { to } = await gatewayOf()
  const follower = start(['follow', '--count', '2', ...to])
  await follower.line(/^following board\.example$/)
  const card = await meldwork(['write', '-', ...to], { input: '{"@type": "Card", "title": "Hello"}' })
  const { ids } = JSON.parse(card.out)
  expect(ids).toEqual([expect.stringMatching(/^\.well-known\/genid\//)])
  await meldwork(['write', JSON.stringify({ '@delete': { '@id': ids[0], title: '?' } }), ...to])
  const { code, out } = await follower.ended
  const updates = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect([code, updates]).toEqual([
    0,
    [
      { '@delete': [], '@insert': [{ '@id': ids[0], '@type': 'Card', title: 'Hello' }], '@update': [], '@ticks': 1 },
      { '@delete': [{ '@id': ids[0], title: 'Hello' }], '@insert': [], '@update': [], '@ticks': 2 },
    ],
  ])
  const read = await meldwork(['read', '{"@select": "?c", "@where": {"@id": "?c", "@type": "Card"}}', ...to])
  expect(JSON.parse(read.out)).toEqual([{ '?c': { '@id': ids[0] } }])
}, 60_000)

test('a follower that is interrupted ends well', async () => {
  const { to } = await gatewayOf()
  const follower = start(['follow', ...to])
  await follower.line(/^following/)
  expect(await follower.kill('SIGINT')).toMatchObject({ code: 0, out: '' })
})

test('a clone in a folder works alone, and gives what it has when it meets others', async () => {
  const { gateway, to } = await gatewayOf()
  const mine = ['--domain', domain, '--data', emptyFolder()]
  const alone = await meldwork(['write', '{"@id": "fred", "name": "Fred"}', ...mine])
  expect(JSON.parse(alone.out)).toEqual({ ticks: 1, ids: [] })
  // Nobody is there: it says so, and keeps it.
  const nowhere = await meldwork([
    'write',
    '{"@id": "wilma", "name": "Wilma"}',
    ...mine,
    '--url',
    'ws://127.0.0.1:9',
    '--timeout',
    '0.2',
  ])
  expect(JSON.parse(nowhere.out)).toEqual({ ticks: 2, ids: [], sent: false })
  expect(nowhere.err).toContain('relay at ws://127.0.0.1:9')
  const meeting = await meldwork(['write', '{"@id": "pebbles", "name": "Pebbles"}', ...mine, ...to])
  expect(JSON.parse(meeting.out)).toMatchObject({ ticks: 3, sent: true })
  await gateway.clones.get(domain)!.status.becomes({ ticks: 3 })
  expect(gateway.clones.get(domain)!.get('wilma')).toEqual({ '@id': 'wilma', name: 'Wilma' })
}, 60_000)
