import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SimulatedServer } from '../../../meldwork/test/blocks/ldp-server.js'
import { emptyFolder } from '../running.js'
import { done, failed, melda, transcripts } from './running.js'

const { fetch } = globalThis
let authorizations: Set<string | null>

beforeEach(() => {
  authorizations = new Set()
})

afterEach(() => {
  globalThis.fetch = fetch
  for (const name of ['TOKEN', 'USERNAME', 'PASSWORD']) delete process.env[`MELDA_SOLID_${name}`]
})

/** Puts a server where requests go. @param allowed what they must say, if not everybody may come in */
function serve(protocol: 'ldp' | 'webdav', allowed?: string): SimulatedServer {
  const server = new SimulatedServer(protocol)
  globalThis.fetch = async (input, init) => {
    const authorization = new Headers(init?.headers).get('authorization')
    authorizations.add(authorization)
    if (allowed !== undefined && authorization !== allowed) return new Response(null, { status: 401 })
    return server.fetch(input, init)
  }
  return server
}

const file = (name: string) => join(transcripts, name)

test.each(['ldp', 'webdav'] as const)('a document on a server, by %s', async protocol => {
  const server = serve(protocol)
  const place = `${protocol === 'ldp' ? 'solid' : 'https'}://alice.example.net/todolist`
  expect(await failed(4, 'read', '-s', place)).toMatch(/^store-missing: There is nothing at https:/)
  expect(server.requests.some(request => /^(PUT|MKCOL)/.test(request))).toBe(false)
  expect(await done('update', '-a', 'Alice', '-j', file('v1.json'), '-t', place)).toMatch(/^Committed block 1-/)
  await done('update', '-a', 'Alice', '-j', file('v2.json'), '-t', place)
  const copy = join(emptyFolder(), 'copy')
  expect(await done('meld', '-s', place, '-t', copy)).toMatch(/^\["\w+\.pack", "\w+\.pack", "1-.*", "2-.*"\]\n$/)
  expect(await done('read', '-s', copy)).toBe(await done('read', '-s', place))
  await done('update', '-a', 'Bob', '-j', file('v3_bob.json'), '-t', copy)
  await done('meld', '-t', place, '-s', copy)
  expect(await done('read', '-s', place)).toContain('bob_todo_02')
  expect(await done('check', '-s', place)).toContain('3 blocks')
  expect([...authorizations]).toEqual([null])
})

test('it comes in with a token, and is told when it may not', async () => {
  serve('ldp', 'Bearer secret')
  const place = 'solid://alice.example.net/todolist'
  expect(await failed(6, 'update', '-j', file('v1.json'), '-t', place)).toMatch(/^store-failed: .*MELDA_SOLID_TOKEN/)
  process.env.MELDA_SOLID_TOKEN = 'wrong'
  const refused = await failed(6, 'read', '-s', place)
  expect(refused).toMatch(/^store-failed: /)
  expect(refused).not.toContain('wrong')
  process.env.MELDA_SOLID_TOKEN = 'secret'
  await done('update', '-j', file('v1.json'), '-t', place)
  expect((await melda('read', '-s', place)).out).toContain('MeldaDo')
})

test('a user name and a password, of the URL or the environment, are not told to anybody', async () => {
  const basic = `Basic ${Buffer.from('fred:secret').toString('base64')}`
  serve('webdav', basic)
  const url = 'https://fred:secret@files.example/todolist'
  const updated = await melda('update', '-j', file('v1.json'), '-t', url)
  expect(updated.code).toBe(0)
  Object.assign(process.env, { MELDA_SOLID_USERNAME: 'fred', MELDA_SOLID_PASSWORD: 'secret' })
  await done('read', '-s', 'https://files.example/todolist')
  const missing = await melda('read', '-s', `${url}/none`)
  expect(missing.code).toBe(4)
  for (const { out, err } of [updated, missing]) expect(out + err).not.toContain('secret')
  expect([...authorizations]).toEqual([basic])
})
