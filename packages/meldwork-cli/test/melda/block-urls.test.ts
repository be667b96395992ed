import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type BlockPlace, parseBlockUrl } from '../../src/melda/block-urls.js'
import { authorizedFetch } from '../../src/melda/open-blocks.js'
import { emptyFolder } from '../running.js'
import { done, fixtures, melda } from './running.js'

const at = (text: string): [kind: string, location: string] => {
  const { kind, location } = parseBlockUrl(text, '/work')
  return [kind, location]
}
const original = (text: string) => parseBlockUrl(text, '/work').original

test('paths are paths', () => {
  expect(at('todolist')).toEqual(['folder', '/work/todolist'])
  expect(at('./my dir/é')).toEqual(['folder', '/work/my dir/é'])
  expect(at('../up/')).toEqual(['folder', '/up'])
  expect(at('/abs/to do%20list')).toEqual(['folder', '/abs/to do%20list'])
  expect(at('C:\\x')).toEqual(['folder', '/work/C:\\x'])
  expect(at('notes:2024')).toEqual(['folder', '/work/notes:2024'])
  expect(at('#1?')).toEqual(['folder', '/work/#1?'])
  expect(original('my dir')).toBeUndefined()
})

test('URLs mean what a person means', () => {
  expect(at('file:///abs/todolist')).toEqual(['folder', '/abs/todolist'])
  expect(at('FILE:///abs/todolist')).toEqual(['folder', '/abs/todolist'])
  expect(at('file://localhost/abs')).toEqual(['folder', '/abs'])
  expect(at('file://todolist')).toEqual(['folder', '/work/todolist'])
  expect(at('file://./todolist/a')).toEqual(['folder', '/work/todolist/a'])
  expect(at('file:relative')).toEqual(['folder', '/work/relative'])
  expect(at('file:///a/my%20dir/%C3%A9')).toEqual(['folder', '/a/my dir/é'])
  expect(at('file:///a/my dir/é')).toEqual(['folder', '/a/my dir/é'])
  expect(at('file:///a/100%')).toEqual(['folder', '/a/100%'])
  expect(at('sqlite://my.db')).toEqual(['sqlite', '/work/my.db'])
  expect(at('sqlite:///abs/db.sqlite')).toEqual(['sqlite', '/abs/db.sqlite'])
  expect(at('sqlite::memory:')).toEqual(['memory', ''])
  expect(at('memory://')).toEqual(['memory', ''])
  expect(at('https://pod.example/a/my%20doc')).toEqual(['http', 'https://pod.example/a/my%20doc'])
  expect(parseBlockUrl('solid://user:p%40w@alice.example.net/my/doc')).toEqual({
    kind: 'http',
    location: 'https://alice.example.net/my/doc',
    compression: undefined,
    login: { username: 'user', password: 'p@w' },
    original: undefined,
  })
  for (const [suffix, compression] of [
    ['+flate', 'flate'],
    ['+BROTLI', 'brotli'],
  ])
    for (const url of ['file', 'memory', 'sqlite', 'solid'].map(scheme => `${scheme}${suffix}://a/b`))
      expect(parseBlockUrl(url).compression).toBe(compression)
})

test('what is no place is refused, and says what is', () => {
  const bad = [
    '',
    'ftp://host/x',
    'file://',
    'file:///a?b',
    'file:///a#b',
    'file+zip:///a',
    'solid:///',
    'https://',
    'file:///%00',
  ]
  for (const text of [...bad, 'https://host/a?b'])
    expect(() => parseBlockUrl(text)).toThrow(expect.objectContaining({ code: 'option-invalid' }))
})

/** What the original's URL parser makes of each: to the letter, but for what follows. */
const rows = readFileSync(join(fixtures, 'vectors/url_parsing.txt'), 'utf8').trim().split('\n')

test.each(rows)('against the original: %s', row => {
  const [, text, outcome] = /^(.*) -> (.*)$/.exec(row)!
  const path = /path="(.*?)" user/.exec(outcome)?.[1]
  if (text.startsWith('solid') || text.startsWith('memory')) return expect(original(text)).toBeUndefined()
  // A path of Windows; they take it for an unknown scheme.
  if (text.startsWith('C:')) return expect(at(text)[0]).toBe('folder')
  if (path === undefined) return expect(original(text)).toBe('no address at all')
  if (path === ':memory:') return expect(at(text)[0]).toBe('memory')
  const { location } = parseBlockUrl(text, '/work')
  expect(original(text)).toBe(path === location ? undefined : path === '' ? 'no path' : path)
})

test('it warns where the original reads a URL otherwise, and where it does not, it says nothing', async () => {
  const folder = join(emptyFolder(), 'my dir')
  await done('init', '-t', folder)
  expect((await melda('log', '-s', `file://${folder}`)).err).toBe(
    `warning: file://${folder} is taken for ${folder}; Melda's own tools take it for ${folder.replace(' ', '%20')}\n`,
  )
  expect((await melda('log', '-s', folder)).err).toBe('')
  expect((await melda('log', '-s', `file://${folder.replace('my dir', '.')}`)).err).toBe('')
})

const place = (text: string): BlockPlace => parseBlockUrl(text)

test('servers are asked in the name of the user, and not in clear', async () => {
  const seen: (string | null)[] = []
  const { fetch } = globalThis
  globalThis.fetch = async (_, init) => {
    seen.push(new Headers(init?.headers).get('authorization'))
    return new Response()
  }
  try {
    const ask = (url: string, environment: NodeJS.ProcessEnv) => authorizedFetch(place(url), environment)(url)
    const user = { MELDA_SOLID_USERNAME: 'fred', MELDA_SOLID_PASSWORD: 'é' }
    await ask('https://pod.example/', {})
    await ask('https://pod.example/', { MELDA_SOLID_TOKEN: 'abc', ...user })
    await ask('https://pod.example/', user)
    await authorizedFetch(place('solid://ann:pw@pod.example/'), { MELDA_SOLID_TOKEN: 'abc' })('https://pod.example/')
    await ask('http://localhost:3000/', { MELDA_SOLID_TOKEN: 'abc' })
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
    expect(seen).toEqual([null, 'Bearer abc', basic('fred:é'), basic('ann:pw'), 'Bearer abc'])
    expect(() => ask('http://pod.example/', user)).toThrow(expect.objectContaining({ code: 'option-invalid' }))
    expect(() => authorizedFetch(place('http://localhost.evil.example/'), user)).toThrow()
  } finally {
    globalThis.fetch = fetch
  }
})
