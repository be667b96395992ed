import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../meldwork/test/transports/servers.js'
import { domain } from '../gateway-client.js'
import { emptyFolder, eventually, serve } from '../running.js'
import { EventReader } from './app.js'

const page = readFileSync(fileURLToPath(new URL('../../../../docs/http.md', import.meta.url)), 'utf8')
const [client, usage] = [...page.matchAll(/^```python\n([\s\S]*?)^```/gm)].map(([, code]) => code)

const urlOf = (port: number) => `http://127.0.0.1:${port}/domains/${domain}`

async function wrote(port: number, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${urlOf(port)}/write`, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(answer.status).toBe(200)
  return (await answer.json()).ticks
}

async function followed(port: number, lastId: string): Promise<EventReader> {
  const answer = await fetch(`${urlOf(port)}/updates`, { headers: lastId === '' ? {} : { 'last-event-id': lastId } })
  expect(answer.status).toBe(200)
  return new EventReader(answer.body!)
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a stream goes on behind its cursor when the gateway is started again after %s',
  async signal => {
    const args = ['--data', emptyFolder(), '--domain', domain, '--no-page', '--port']
    const first = await serve(...args, '0')
    let events = await followed(first.port, '')
    await wrote(first.port, { '@id': 'card', title: 'One' })
    await wrote(first.port, { '@id': 'card', label: 'red' })
    await wrote(first.port, { '@id': 'card', label: 'new' })
    // Of three it has seen one.
    const [seen] = await events.take(1)
    expect(seen.data['@insert']).toEqual([{ '@id': 'card', title: 'One' }])
    const { lastId } = events
    const rest = (async () => {
      while ((await events.next()) !== undefined);
      return 'ended'
    })().catch(() => 'cut')
    await first.gateway.kill(signal)
    // One that is stopped ends its streams as they should end.
    if (signal === 'SIGTERM') expect(await rest).toBe('ended')

    const second = await serve(...args, '0')
    await wrote(second.port, { '@id': 'card', label: 'blue' })
    events = await followed(second.port, lastId)
    const told = await events.take(3)
    expect(told.map(({ event, data }) => [event, data['@insert'], data['@ticks']])).toEqual([
      ['update', [{ '@id': 'card', label: 'red' }], 2],
      ['update', [{ '@id': 'card', label: 'new' }], 3],
      ['update', [{ '@id': 'card', label: 'blue' }], 4],
    ])
    await events.leave()
    expect(await second.gateway.kill('SIGTERM')).toMatchObject({ code: 0, signal: null })
  },
  60_000,
)

/** Whether Python is there. On the machine that decides it must be. */
const python = await new Promise<boolean>(resolve => {
  const child = spawn('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'], { stdio: 'ignore' })
  child.on('error', () => resolve(false)).on('close', code => resolve(code === 0))
})

test('python3 is there where everything must be', () => {
  expect(python || process.env.CI !== 'true').toBe(true)
})

test('the client on the page has twenty lines', () => {
  expect(client.trimEnd().split('\n').length).toBe(20)
})

test.skipIf(!python)(
  'the client in Python reads, writes and follows, whatever happens to the gateway',
  async () => {
    const port = await freePort()
    const args = ['--data', emptyFolder(), '--domain', domain, '--no-page', '--port', String(port)]
    let { gateway } = await serve(...args)
    const script = join(emptyFolder(), 'board.py')
    writeFileSync(script, `${client}\n${usage.replace('http://localhost:7330', `http://127.0.0.1:${port}`)}`)
    const child = spawn('python3', ['-u', script], { stdio: ['ignore', 'pipe', 'pipe'] })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    let err = ''
    child.stderr.on('data', data => {
      err += data
    })
    const lines: string[] = []
    createInterface(child.stdout).on('line', line => lines.push(line))
    const line = () => {
      if (child.exitCode !== null) throw new Error(err)
      return lines.shift()
    }
    // What is on the page, read, and then the state.
    expect(await eventually(line)).toBe("[{'@id': 'card-1', 'title': 'Hello'}]")
    expect(await eventually(line)).toBe('gap null')
    expect(await eventually(line)).toBe('state [{"@id": "card-1", "title": "Hello"}]')
    await wrote(port, { '@id': 'card-1', label: 'red' })
    expect(await eventually(line)).toBe('update [{"@id": "card-1", "label": "red"}]')
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await gateway.kill(signal)
      ;({ gateway } = await serve(...args))
      await wrote(port, { '@id': 'card-1', label: signal })
      expect(await eventually(line)).toBe(`update [{"@id": "card-1", "label": "${signal}"}]`)
    }
    expect([lines, err]).toEqual([[], ''])
  },
  60_000,
)

test.skipIf(!python)(
  'it tells of errors with their codes, and sends a token',
  async () => {
    const folder = emptyFolder()
    const { port } = await serve('--data', folder, '--domain', domain, '--no-page', '--port', '0', '--token', 'secret')
    const script = join(folder, 'errors.py')
    const asking = [
      'import urllib.error',
      `for token in ["secret", "wrong", None]:`,
      '    for work in [lambda d: d.read({}), lambda d: next(d.updates())[0]]:',
      '        try:',
      `            print(work(Domain("${urlOf(port)}", token)))`,
      '        except urllib.error.HTTPError as error:',
      '            print(error.code, json.load(error)["code"])',
    ]
    writeFileSync(script, `${client}\n${asking.join('\n')}\n`)
    const child = spawn('python3', ['-u', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    let out = ''
    for await (const data of child.stdout.setEncoding('utf8')) out += data
    expect(out.trim().split('\n')).toEqual(['400 pattern-invalid', 'gap', ...Array(4).fill('401 token-refused')])
  },
  60_000,
)
