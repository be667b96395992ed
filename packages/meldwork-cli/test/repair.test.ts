import { cpSync, existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderOfDomain } from '../src/folders.js'
import { domain, gatewayOf } from './gateway-client.js'
import { ran } from './in-process.js'
import { emptyFolder } from './running.js'

const mine = (data: string) => ['--domain', domain, '--data', data]
/** Every file of a folder, with its bytes. */
const image = (folder: string) =>
  readdirSync(folder).map(name => [name, readFileSync(join(folder, name)).toString('base64')])

/** A folder of data in which LevelDB can open nothing any more. */
async function damagedData(): Promise<{ data: string; folder: string }> {
  const data = emptyFolder()
  for (const name of ['Fred', 'Wilma', 'Barney'])
    expect(await ran('write', JSON.stringify({ '@id': name.toLowerCase(), name }), ...mine(data))).toMatchObject({
      code: 0,
    })
  const folder = join(data, folderOfDomain(domain))
  for (const name of readdirSync(folder)) if (name.startsWith('MANIFEST')) truncateSync(join(folder, name), 5)
  return { data, folder }
}

test('a folder that is refused as damaged is told how to repair, is left as it is, and is brought back beside it', async () => {
  const { data, folder } = await damagedData()
  const refused = await ran('read', '{"@describe": "fred"}', ...mine(data))
  expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^store-corrupt: .*meldwork repair/) })
  const before = image(folder)
  const repaired = await ran('repair', data, '--domain', domain)
  expect(JSON.parse(repaired.out)).toEqual({
    folder: `${folder}.repaired`,
    damaged: [],
    operations: 3,
    found: 3,
    known: 0,
    broughtBack: 3,
    deletesBroughtBack: 0,
    triples: 3,
  })
  expect(repaired).toMatchObject({ code: 0, err: expect.stringContaining('To go on with it: move') })
  expect(image(folder)).toEqual(before)
  expect(readdirSync(data).sort()).toEqual([folderOfDomain(domain), `${folderOfDomain(domain)}.repaired`])
  // In its place.
  const again = emptyFolder()
  cpSync(`${folder}.repaired`, join(again, folderOfDomain(domain)), { recursive: true })
  expect(JSON.parse((await ran('read', '{"@describe": "fred"}', ...mine(again))).out)).toEqual([
    { '@id': 'fred', name: 'Fred' },
  ])
})

test('with others, only what they have never seen is brought back', async () => {
  const { to } = await gatewayOf()
  const data = emptyFolder()
  await ran('write', '{"@id": "fred", "name": "Fred"}', ...mine(data), ...to)
  await ran('write', '{"@delete": {"@id": "fred", "name": "?"}}', ...to)
  await ran('write', '{"@id": "wilma", "name": "Wilma"}', ...mine(data))
  const folder = join(data, folderOfDomain(domain))
  const target = join(data, 'new')
  const repaired = await ran('repair', folder, '--to', target, ...to)
  expect(JSON.parse(repaired.out)).toMatchObject({
    folder: target,
    found: 2,
    known: 1,
    broughtBack: 1,
    triples: 1,
    sent: true,
  })
  const read = await ran('read', '{"@select": "?n", "@where": {"name": "?n"}}', ...to)
  expect(JSON.parse(read.out)).toEqual([{ '?n': 'Wilma' }])
})

test('what cannot be repaired is told, and leaves nothing behind', async () => {
  const { data, folder } = await damagedData()
  const before = readdirSync(data)
  const failed = async (...argv: string[]) => (await ran('repair', ...argv)).err
  expect(await failed(emptyFolder())).toMatch(/^option-invalid: /)
  expect(await failed(data)).toMatch(/^option-invalid: .*--domain/)
  expect(await failed(folder, '--to', data)).toMatch(/^option-invalid: --to/)
  expect(await failed(folder, '--domain', 'else.example')).toMatch(/^store-domain: /m)
  expect(await failed(folder, '--url', 'ws://127.0.0.1:9', '--timeout', '0.2')).toMatch(/^relay-unreachable: /m)
  expect(readdirSync(data)).toEqual(before)
  expect(existsSync(`${folder}.repaired`)).toBe(false)
})
