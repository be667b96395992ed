/** Blocks on a real Solid server, which this starts: the suite, several writers at once, and rights. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { HttpBlocks } from '../../packages/meldwork/src/blocks/http.js'
import { testBlocks } from '../../packages/meldwork/src/testkit/block-suite.js'
import { freePort } from '../../packages/meldwork/test/transports/servers.js'
import { fuzz } from '../fuzz.js'

const server = fileURLToPath(new URL('node_modules/@solid/community-server/bin/server.js', import.meta.url))
const isInstalled = existsSync(server)
if (!isInstalled && process.env.CI) throw new Error('The Solid server is missing: npm ci --prefix test/solid')

const bytes = (...values: number[]) => new Uint8Array(values)

describe.skipIf(!isInstalled)(`HttpBlocks on a Community Solid Server${isInstalled ? '' : ' (not installed)'}`, () => {
  let url: string
  let child: ChildProcess

  beforeAll(async () => {
    // A port that is free may be taken by another test before the server comes to it: then it ends at once.
    for (let attempt = 1; attempt <= 3; attempt++) {
      const port = await freePort()
      const args = [server, '-p', String(port), '-l', 'error']
      child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
      url = `http://localhost:${port}/`
      const isUp = () => fetch(url).then(() => true)
      const up = vi.waitFor(() => (child.exitCode === null ? isUp() : false), { timeout: 120_000, interval: 100 })
      if (await up) return
    }
    throw new Error('the Solid server has ended three times')
  }, 180_000)
  afterAll(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })

  const at = (address: string, create = true) => new HttpBlocks(address, { create, pollMs: 100 })

  testBlocks(
    { test },
    {
      create: name => at(`${url}${name}/`),
      another: ({ location }) => at(location, false),
      missing: name => at(`${url}${name}`, false),
      strew: async ({ location }) => {
        const others = ['README.md', 'abc/abc.pack', 'ab/other.pack', 'ab/ab%20c.pack', 'ab/deep/abdeep.pack']
        for (const path of [...others, 'ab/abnotes.txt', 'zz/zz']) {
          const headers = { 'content-type': 'text/plain' }
          const { status } = await fetch(location + path, { method: 'PUT', headers, body: 'theirs' })
          expect(status, path).toBe(201)
        }
        return ['abnotes.txt', 'zz']
      },
      watchMs: 5000,
    },
    { seed: fuzz.seed, steps: 20, files: 20, bigBytes: 1 << 20 },
  )

  test('one of many writers creates a block', async () => {
    const stores = Array.from({ length: 10 }, () => at(`${url}many/`))
    await Promise.all(stores.map(store => store.open()))
    const created = await Promise.all(stores.map((store, index) => store.write('ab.pack', bytes(index))))
    expect(created.filter(Boolean)).toHaveLength(1)
    expect(await stores[0].read('ab.pack')).toEqual(bytes(created.indexOf(true)))
    await Promise.all(stores.map(store => store.close()))
  })

  test('whoever may only read is told so when writing', async () => {
    const store = at(`${url}shown/`)
    await store.open()
    await store.write('ab.pack', bytes(1))
    const rights = `@prefix acl: <http://www.w3.org/ns/auth/acl#>.
      <#all> a acl:Authorization; acl:agentClass <http://xmlns.com/foaf/0.1/Agent>;
        acl:accessTo <./>; acl:default <./>; acl:mode acl:Read.
      <#owner> a acl:Authorization; acl:agent <${url}owner#me>;
        acl:accessTo <./>; acl:default <./>; acl:mode acl:Read, acl:Write, acl:Control.`
    const headers = { 'content-type': 'text/turtle' }
    const { status } = await fetch(`${url}shown/.acl`, { method: 'PUT', headers, body: rights })
    expect(status).toBe(201)
    expect([await store.list(), await store.read('ab.pack')]).toEqual([['ab.pack'], bytes(1)])
    await expect(store.write('ac.pack', bytes(1))).rejects.toMatchObject({
      code: 'store-failed',
      facts: { reason: 'denied' },
      message: expect.stringContaining('Log in'),
    })
    await store.close()
  })
})
