import { expect, test } from 'vitest'
import { opened } from './gateway-client.js'
import { ran } from './in-process.js'
import { emptyFolder } from './running.js'

test('help teaches, with examples of each command', async () => {
  const help = await ran('--help')
  expect(help).toMatchObject({ code: 0, err: '' })
  for (const name of [
    'serve',
    'write',
    'read',
    'follow',
    'status',
    'conflicts',
    'resolve',
    'rules',
    'declare',
    'import',
    'export',
    'repair',
  ]) {
    expect(help.out).toMatch(new RegExp(`^ +${name} .*\\w`, 'm'))
    const own = await ran(name, '--help')
    expect(own).toMatchObject({ code: 0, err: '' })
    expect(own.out).toContain(`Examples:\n  meldwork ${name}`)
    expect(await ran('help', name)).toEqual(own)
  }
  expect(await ran('--version')).toMatchObject({ code: 0, out: '0.1.0\n' })
})

test('a command line that is not understood is told with 2', async () => {
  const usage = async (...argv: string[]) => {
    const { code, out, err } = await ran(...argv)
    expect([code, out]).toEqual([2, ''])
    return err
  }
  expect(await usage('wriet')).toMatch(/^usage: unknown command 'wriet'.*\n?.*write/)
  expect(await usage('write')).toContain("missing required argument 'json'")
  expect(await usage('read', '{}', '--dmain', 'x')).toContain('--domain')
  expect(await usage('serve', '--port', 'http')).toContain('0 to 65535')
  expect(await usage('follow', '--timeout', 'soon')).toContain('seconds')
  expect(await usage()).toContain('meldwork serve')
  expect(await usage('write', '{', '--data', emptyFolder())).toMatch(/^input-malformed: /)
  expect(await usage('import', 'data', '--format', 'xml')).toMatch(/^option-invalid: .*nquads/)
  expect(await usage('import', 'data')).toMatch(/^option-invalid: /)
  expect(await usage('export', 'data.xml')).toMatch(/^option-invalid: /)
  expect(await usage('status', '--domain', 'No Domain', '--data', emptyFolder())).toMatch(/^domain-invalid: /)
  expect(await usage('status', '--url', 'mailto:fred')).toMatch(/^option-invalid: /)
  expect(JSON.parse(await usage('wriet', '--json-errors'))).toMatchObject({ code: 'usage' })
})

test('what did not work is told with 1, a code, and nothing on the output', async () => {
  const folder = ['--data', emptyFolder()]
  const failed = async (...argv: string[]) => {
    const { code, out, err } = await ran(...argv)
    expect([code, out]).toEqual([1, ''])
    return err
  }
  expect(await failed('write', '{"@id": "not an iri"}', ...folder)).toMatch(/^iri-malformed: .*not an iri/)
  expect(await failed('read', '{"@ask": {}}', ...folder)).toMatch(/^pattern-invalid: .*@construct/)
  expect(await failed('import', '/nowhere/data.nq', ...folder)).toMatch(/^file-unreadable: .*\/nowhere\/data\.nq/)
  expect(await failed('import', emptyFolder(), '-f', 'turtle', ...folder)).toMatch(/^file-unreadable: /)
  const away = ['--url', 'ws://127.0.0.1:9', '--timeout', '0.2']
  expect(await failed('read', '{"@describe": "fred"}', ...away)).toMatch(
    /^relay-unreachable: .*ECONNREFUSED.*meldwork serve/,
  )
})

test('a domain that nobody has is waited for, unless this is its first clone', async () => {
  const gateway = await opened({ anyDomain: true })
  const there = ['--url', `ws://127.0.0.1:${gateway.port}`, '--domain', 'new.example', '--timeout', '0.2']
  const absent = await ran('read', '{"@describe": "fred"}', ...there)
  expect(absent).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^domain-absent: .*--genesis/) })
  expect(await ran('read', '{"@describe": "fred"}', '--genesis', ...there)).toMatchObject({ code: 0, out: '[]\n' })
  // A write that nobody takes would be lost with this clone.
  const lost = await ran('write', '{"@id": "fred", "name": "Fred"}', '--genesis', ...there)
  expect(lost).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^wait-timeout: /) })
})

test('status is printed although nobody can be reached', async () => {
  const { code, out, err } = await ran('status', '--url', 'ws://127.0.0.1:9', '--timeout', '0.2')
  expect([code, JSON.parse(out)]).toMatchObject([1, { online: false, peers: 0, storage: null, stats: { triples: 0 } }])
  expect(err).toMatch(/^relay-unreachable: /)
})
