/**
 * Damage below the values: files of LevelDB that are cut, changed or missing. Opening must say so, or give everything; never something else, and never delete
 * what is there. What LevelDB can still read of a copy is brought back.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { repairStore } from '../../src/clone/repair.js'
import { openClone } from '../../src/index.js'
import { LevelStore } from '../../src/stores/level.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { Chance } from '../../src/testkit/chance.js'

const domain = 'damage.example'
const root = mkdtempSync(join(tmpdir(), 'level-damage-test-'))
const whole = join(root, 'whole')
let copies = 0
let digest: string
let triples: number
afterAll(() => rmSync(root, { recursive: true, force: true }))

beforeAll(async () => {
  // A small buffer: so there are tables, and a log.
  const database = new ClassicLevel(whole, { writeBufferSize: 32 * 1024 })
  const clone = await openClone({ domain, store: new LevelStore(database) })
  const chance = new Chance(fuzz.seed)
  for (let n = 0; n < 150; n++) {
    const text = String.fromCharCode(...Array.from({ length: 1000 }, () => chance.whole(33, 122)))
    await clone.write({ '@id': `s${n}`, number: n, text })
  }
  ;({ digest, triples } = clone.stats())
  await clone.close()
})

/** A copy of the folder, damaged. */
function damagedCopy(damage: (folder: string) => void): string {
  const folder = join(root, `copy${copies++}`)
  cpSync(whole, folder, { recursive: true })
  damage(folder)
  return folder
}

const filesLike = (folder: string, pattern: RegExp) =>
  readdirSync(folder)
    .filter(name => pattern.test(name))
    .map(name => join(folder, name))
const image = (folder: string) =>
  filesLike(folder, /\.(ldb|log)$|^MANIFEST|^CURRENT$/).map(path => [path, readFileSync(path).toString('base64')])

const damages: [name: string, pattern: RegExp, damage: (path: string, chance: Chance) => void][] = [
  [
    'a table that is cut',
    /\.ldb$/,
    (path, chance) => truncateSync(path, chance.whole(0, readFileSync(path).length - 1)),
  ],
  ['a table that is missing', /\.ldb$/, path => rmSync(path)],
  [
    'a table with another byte',
    /\.ldb$/,
    (path, chance) => {
      const bytes = readFileSync(path)
      bytes[chance.whole(0, bytes.length - 1)] ^= 0x41
      writeFileSync(path, bytes)
    },
  ],
  ['a manifest that is missing', /^MANIFEST/, path => rmSync(path)],
  ['a manifest that is cut', /^MANIFEST/, (path, chance) => truncateSync(path, chance.whole(0, 40))],
  ['a missing CURRENT', /^CURRENT$/, path => rmSync(path)],
  ['an empty CURRENT', /^CURRENT$/, path => truncateSync(path, 0)],
]

describe.each(damages)('a folder with %s', (_name, pattern, damage) => {
  test('is refused as corrupt, or shows everything; it is not taken for an empty one', async () => {
    const chance = new Chance(fuzz.seed)
    for (const path of filesLike(whole, pattern)) {
      const folder = damagedCopy(copy => damage(path.replace(whole, copy), chance))
      const opened = await openClone({ domain, store: new LevelStore(folder) }).catch(error => error)
      if (opened instanceof Error) {
        expect(opened, path).toMatchObject({ code: 'store-corrupt', facts: { location: folder } })
      } else {
        expect(opened.stats().digest, path).toBe(digest)
        await opened.close()
      }
      rmSync(folder, { recursive: true })
    }
  })

  test('gives what is whole, and is not touched', async () => {
    const chance = new Chance(fuzz.seed + 1)
    for (const path of filesLike(whole, pattern)) {
      const folder = damagedCopy(copy => damage(path.replace(whole, copy), chance))
      const before = image(folder)
      const readable = await LevelStore.readableCopy(folder, `${folder}.part`)
      const clone = await openClone({ domain, store: new MemoryStore() })
      const report = await repairStore(readable, clone)
      const mine = clone.read({ '@select': ['?s', '?n', '?t'], '@where': { '@id': '?s', number: '?n', text: '?t' } })
      expect(clone.stats().triples, path).toBeLessThanOrEqual(triples)
      expect(mine.length, `${path}: ${JSON.stringify(report)}`).toBeGreaterThan(20)
      if (!pattern.test('000001.ldb')) expect(clone.stats().triples, path).toBe(triples)
      expect(image(folder), path).toEqual(before)
      await clone.close()
      rmSync(folder, { recursive: true })
      rmSync(`${folder}.part`, { recursive: true })
    }
  })
})

test('a readable copy is not made over something, nor of nothing', async () => {
  await expect(LevelStore.readableCopy(whole, whole)).rejects.toMatchObject({ code: 'store-failed' })
  const nowhere = LevelStore.readableCopy(join(root, 'nowhere'), join(root, 'never'))
  await expect(nowhere).rejects.toMatchObject({ code: 'store-failed', facts: { operation: 'copy' } })
})
