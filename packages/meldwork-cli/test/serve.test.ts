import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { emptyFolder, meldwork, serve, start } from './running.js'

const domain = 'board.example'

test('a gateway says where it is, stops on SIGTERM, and has everything when it is started again', async () => {
  const folder = emptyFolder()
  const args = ['--port', '0', '--data', folder, '--domain', domain]
  const first = await serve(...args)
  const written = await meldwork(['write', '{"@id": "fred", "name": "Fred"}', '--url', first.url, '--domain', domain])
  // On a busy machine it may have said that it waits.
  expect(written.code, written.err).toBe(0)
  expect(JSON.parse(written.out)).toEqual({ ticks: 1, ids: [], sent: true })
  expect(await first.gateway.kill('SIGTERM')).toMatchObject({ code: 0, signal: null })

  const second = await serve(...args)
  const read = await meldwork(['read', '{"@describe": "fred"}', '--url', second.url, '--domain', domain])
  expect(JSON.parse(read.out)).toEqual([{ '@id': 'fred', name: 'Fred' }])
  const health = await (await fetch(`http://localhost:${second.port}/health`)).json()
  expect(health).toMatchObject({ status: 'ok', domains: { [domain]: { triples: 1 } } })
  expect(await second.gateway.kill('SIGINT')).toMatchObject({ code: 0, signal: null })

  // Nobody holds the folder now: a command can look into it.
  const status = await meldwork(['status', '--data', folder, '--domain', domain])
  expect(JSON.parse(status.out)).toMatchObject({ connection: 'none', stats: { triples: 1 } })
}, 60_000)

test('a port in use is an error that says so', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const ended = await meldwork(['serve', '--port', String(port), '--data', emptyFolder()])
  expect(ended).toMatchObject({ code: 1, out: '' })
  expect(ended.err).toContain(`port-in-use: Port ${port} of 127.0.0.1 is in use`)
  const json = await meldwork(['serve', '--data', emptyFolder(), '--json-errors'], { env: { PORT: String(port) } })
  expect(JSON.parse(json.err)).toMatchObject({ code: 'port-in-use', facts: { host: '127.0.0.1', port } })
  other.close()
}, 60_000)

test('it warns when everybody can come in, and a token keeps them out', async () => {
  const options = ['serve', '--port', '0', '--host', '0.0.0.0', '--domain', domain]
  const open = start([...options, '--data', emptyFolder()])
  await open.line(/^listening on http:\/\/localhost:\d+$/)
  await open.line(/^warning: everybody who can reach/)

  const closed = start([...options, '--data', emptyFolder()], { env: { MELDWORK_TOKEN: 'secret' } })
  const [, port] = await closed.line(/^listening on http:\/\/localhost:(\d+)$/)
  const ask = ['read', '{"@describe": "fred"}', '--domain', domain, '--url', `ws://localhost:${port}`]
  const [none, wrong, right] = await Promise.all([
    meldwork(ask),
    meldwork([...ask, '--token', 'Secret']),
    meldwork(ask, { env: { MELDWORK_TOKEN: 'secret' } }),
  ])
  expect(none).toMatchObject({ code: 1, out: '', err: expect.stringContaining('relay-refused: ') })
  expect(wrong).toMatchObject({ code: 1, out: '', err: expect.stringContaining('the token is not the right one') })
  expect(right).toMatchObject({ code: 0, out: '[]\n' })
  const { err } = await closed.kill('SIGTERM')
  expect(err).not.toContain('warning')
  expect(err).not.toContain('secret')
}, 60_000)
