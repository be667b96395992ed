import { expect, test, vi } from 'vitest'
import { chooseDomain, knownToken, loadConfig, relayAddress, withoutToken } from '../src/config.js'
import { forgetful } from '../src/storage.js'

const answers =
  (body: string, status = 200) =>
  async () =>
    new Response(body, { status })
const here = new URL('http://board.lan:7330/?domain=notes.example#token=secret')

test('the server says what it serves, and what it said is known without it', async () => {
  const storage = forgetful()
  const said = { domains: ['a.example', 7], tokenRequired: true, url: 'relay' }
  const config = await loadConfig(storage, answers(JSON.stringify(said)))
  expect(config).toEqual({ domains: ['a.example'], tokenRequired: true, url: 'relay' })
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  for (const load of [answers('gone', 500), answers('no JSON'), () => Promise.reject(new TypeError('offline'))])
    expect(await loadConfig(storage, load)).toEqual(config)
  expect(await loadConfig(forgetful(), answers('null'))).toEqual({ domains: [], tokenRequired: false, url: '/' })
  vi.restoreAllMocks()
})

test('the address may name another domain', () => {
  const config = { domains: ['a.example', 'b.example'], tokenRequired: false, url: 'relay' }
  expect(chooseDomain(here, config)).toBe('notes.example')
  expect(chooseDomain(new URL('http://localhost/'), config)).toBe('a.example')
  expect(chooseDomain(new URL('http://localhost/'), { ...config, domains: [] })).toBe('board.meldwork.example')
})

test('the relay is where the page came from', () => {
  const config = { domains: [], tokenRequired: false, url: 'relay' }
  expect(relayAddress(here, config)).toBe('ws://board.lan:7330/relay')
  expect(relayAddress(new URL('https://board.example/'), { ...config, url: '/' })).toBe('wss://board.example/')
})

test('a token in the address is kept, and leaves the address', () => {
  const storage = forgetful()
  expect(knownToken(new URL('http://localhost/'), storage)).toBeUndefined()
  expect(knownToken(here, storage)).toBe('secret')
  expect(knownToken(new URL('http://localhost/'), storage)).toBe('secret')
  expect(withoutToken(here)).toBe('http://board.lan:7330/?domain=notes.example')
  expect(withoutToken(new URL('http://localhost/#else'))).toBeUndefined()
})
