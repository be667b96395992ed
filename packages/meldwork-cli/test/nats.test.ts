import { type Clone, openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { NatsServer } from '../../meldwork/test/transports/nats-server.js'
import { describeWith } from '../../meldwork/test/transports/servers.js'
import { natsAccess } from '../src/gateway/nats.js'
import { domain } from './gateway-client.js'
import { emptyFolder, eventually, meldwork, type Running, serve } from './running.js'

describe('addresses of NATS', () => {
  test('are shown without what is secret in them', () => {
    const access = natsAccess({ servers: ['nats://ann:a%40b@one:4222,nats://ann:a%40b@two', 'tls://three'] })
    expect(access.servers).toEqual(['nats://one:4222', 'nats://two', 'tls://three'])
    expect(access.credentials).toEqual({ user: 'ann', password: 'a@b' })
    expect(natsAccess({ servers: ['nats://secret@one'] }).credentials).toEqual({ token: 'secret' })
    expect(natsAccess({ servers: ['nats://one'], token: 'secret' }).credentials).toEqual({ token: 'secret' })
    expect(natsAccess({ servers: ['nats://one'] }).credentials).toBeUndefined()
  })

  test('that cannot be ones are an error, which does not repeat them', async () => {
    const ended = await meldwork(['serve', '--port', '0', '--data', emptyFolder(), '--nats', 'http://ann:secret@one'])
    expect(ended).toMatchObject({ code: 2, out: '' })
    expect(ended.err).toContain('option-invalid')
    expect(ended.err).not.toContain('secret')
  }, 60_000)
})

/** What clones are connected to: one after the other of several gateways, when a connection is lost. */
function alternating(...urls: string[]): WebSocketTransport {
  let next = 0
  const transport = new WebSocketTransport(urls[0], {
    firstBackoffMs: 50,
    maxBackoffMs: 500,
    socket: () => new WebSocket(urls[next++ % urls.length]),
  })
  onTestFinished(() => transport.close())
  return transport
}

async function opened(transport: WebSocketTransport | readonly WebSocketTransport[]): Promise<Clone> {
  const clone = await openClone({ domain, store: new MemoryStore(), transport })
  onTestFinished(() => clone.close())
  await clone.status.becomes({ online: true, outdated: false })
  return clone
}

const health = (port: number) =>
  fetch(`http://localhost:${port}/health`).then(
    response => response.json(),
    () => undefined,
  )

describeWith('nats-server', 'two gateways behind NATS', path => {
  test('serve one domain: either is killed, and nothing acknowledged is lost', async () => {
    const nats = await NatsServer.forTest(path)
    const args = (port: number, data: string) => [
      '--domain',
      domain,
      '--nats',
      nats.url,
      '--port',
      `${port}`,
      '--data',
      data,
    ]
    const folders = [emptyFolder(), emptyFolder()]
    const gateways = [await serve(...args(0, folders[0])), await serve(...args(0, folders[1]))]
    const ports = gateways.map(({ port }) => port)
    const urls = gateways.map(({ url }) => url)
    const restart = async (index: number) => {
      gateways[index] = await serve(...args(ports[index], folders[index]))
    }
    const kill = (index: number) => gateways[index].gateway.kill('SIGKILL')
    const meet = () =>
      eventually(async () =>
        (await health(ports[0]))?.nats?.state === 'online' && (await health(ports[1]))?.nats?.state === 'online'
          ? true
          : undefined,
      )
    await meet()

    // One is given both addresses; the others go to the next one when a connection is lost; the last is at the second gateway only.
    const ann = await opened([alternating(urls[0]), alternating(urls[1])])
    const bob = await opened(alternating(urls[0], urls[1]))
    const cyd = await opened(alternating(urls[1], urls[0]))
    const names = new Set<string>()
    const write = async (clone: Clone, name: string) => {
      await clone.write({ '@id': name, name })
      await clone.status.becomes({ unsent: 0 })
      names.add(name)
    }
    const round = async (label: string) => {
      for (let count = 0; count < 20; count++)
        await Promise.all([ann, bob, cyd].map((clone, who) => write(clone, `${label}-${who}-${count}`)))
    }
    const agreed = (...clones: Clone[]) =>
      eventually(() => clones.every(clone => clone.stats().digest === clones[0].stats().digest) || undefined)

    await round('both')
    await agreed(ann, bob, cyd)
    expect(ann.stats().subjects).toBe(names.size)

    const first = round('first-is-killed')
    await eventually(() => names.size > 80 || undefined)
    await kill(0)
    await first
    await agreed(ann, bob, cyd)
    await restart(0)
    await meet()
    await eventually(async () => (await health(ports[0])).domains[domain].digest === ann.stats().digest || undefined)

    const second = round('second-is-killed')
    await eventually(() => names.size > 140 || undefined)
    await kill(1)
    await second
    await agreed(ann, bob, cyd)
    const digest = ann.stats().digest
    expect(ann.stats().subjects).toBe(names.size)
    for (const name of names) expect(cyd.get(name)).toMatchObject({ name })
    await restart(1)
    await eventually(async () => (await health(ports[1])).domains[domain].digest === digest || undefined)

    // NATS itself: each serves its own, and afterwards they are one again.
    await nats.server.stop('SIGKILL')
    await eventually(async () => (await health(ports[0])).nats.state === 'offline' || undefined)
    expect(await health(ports[0])).toMatchObject({
      status: 'ok',
      nats: { servers: [nats.url], reason: expect.any(String) },
    })
    await write(bob, 'without-nats')
    await nats.server.start()
    await eventually(async () => {
      const [one, two] = [await health(ports[0]), await health(ports[1])]
      return (
        (one.domains[domain].digest === two.domains[domain].digest && two.domains[domain].subjects === names.size) ||
        undefined
      )
    })
  }, 120_000)

  test('show what NATS refuses, and what is secret nowhere', async () => {
    const { url } = await NatsServer.forTest(path, { config: 'authorization { token: right }' })
    const folder = emptyFolder()
    const at = (address: string) => ['--domain', domain, '--port', '0', '--data', folder, '--nats', address]
    const refused = await serve(...at(url.replace('//', '//wrong-secret@')))
    const shown = await eventually(async () => {
      const found = await health(refused.port)
      return found.nats.state === 'refused' ? found : undefined
    })
    expect(shown).toMatchObject({ status: 'ok', nats: { servers: [url] } })
    expect(shown.nats.reason).toContain('Authorization Violation')
    const { out, err } = await stopped(refused.gateway)
    expect(JSON.stringify([shown, out, err])).not.toContain('wrong-secret')
    expect(err).toContain(`at ${url}`)
    const right = await serve(...at(url.replace('//', '//right@')))
    await eventually(async () => (await health(right.port)).nats.state === 'online' || undefined)
  }, 60_000)
})

const stopped = (running: Running) => running.kill('SIGTERM')
