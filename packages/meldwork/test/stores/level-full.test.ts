/**
 * A disk that is full, for real: a file system of 2 MB in a name space of its own, which needs no rights where the system lets users have
 * such; and a limit on the size of files, which needs none anywhere. After the refusal everything acknowledged must be there, also what
 * was acknowledged after space was made: LevelDB by itself loses that.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { openClone } from '../../src/index.js'
import { LevelStore } from '../../src/stores/level.js'
import { compileLibrary } from './compiled.js'

const root = mkdtempSync(join(tmpdir(), 'level-full-test-'))
const library = compileLibrary(join(root, 'compiled'))
const filler = fileURLToPath(new URL('filler.mjs', import.meta.url))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Runs a shell command line in which `$1` to `$5` are: Node, the filler, the library, a folder, a file outside of it for ballast. */
async function fill(command: string, folder: string): Promise<Map<string, unknown>> {
  const args = [process.execPath, filler, library, join(folder, 'store'), join(folder, 'ballast')]
  const child = spawn('sh', ['-c', command, 'sh', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = new Map<string, unknown>()
  for await (const line of createInterface({ input: child.stdout })) {
    const { what, value } = JSON.parse(line)
    said.set(what, value)
  }
  return said
}

const inNamespace = (command: string) => ['--user', '--map-root-user', '--mount', 'sh', '-c', command]
const canMount = (() => {
  const folder = join(root, 'probe')
  mkdirSync(folder)
  return spawnSync('unshare', [...inNamespace('mount -t tmpfs -o size=1m tmpfs "$0"'), folder]).status === 0
})()

describe.skipIf(!canMount)(`a full disk${canMount ? '' : ' (this system lets nobody mount one)'}`, () => {
  test('is told, is read from, and is written to again when there is space: nothing that was acknowledged is missing', async () => {
    const folder = join(root, 'full')
    const kept = join(root, 'kept')
    mkdirSync(folder)
    mkdirSync(kept)
    // The file system goes with its name space: what the killed process has left is copied out before.
    const command = `exec unshare --user --map-root-user --mount sh -c '
      mount -t tmpfs -o size=6m tmpfs ${folder} && dd if=/dev/zero of="$5" bs=1024 count=4096 2>/dev/null || exit 1
      "$1" "$2" "$3" "$4" "$5"
      cp -r "$4"/. ${kept}' sh "$@"`
    const said = await fill(command, folder)
    expect(said.get('refused')).toEqual(['store-failed', 'full', true])
    expect([said.get('reads'), said.get('status'), said.get('still')]).toEqual([true, 'full', 'full'])
    await expectKept(kept, said)
  })
})

test('a limit on the size of files is told, and gone around when the store is opened again: nothing that was acknowledged is missing', async () => {
  const folder = join(root, 'limited')
  mkdirSync(folder)
  // In blocks of 512 or 1024 bytes, depending on the shell.
  const said = await fill('ulimit -f 400 && exec "$1" "$2" "$3" "$4" ""', folder)
  expect(said.get('refused')).toEqual(['store-failed', 'quota', true])
  expect([said.get('reads'), said.get('status')]).toEqual([true, 'quota'])
  await expectKept(join(folder, 'store'), said)
})

async function expectKept(folder: string, said: Map<string, unknown>): Promise<void> {
  const acknowledged = said.get('acknowledged') as string[]
  expect(acknowledged.length).toBeGreaterThan(50)
  const clone = await openClone({ domain: 'full.example', store: new LevelStore(folder) })
  expect(acknowledged.filter(id => clone.get(id) === undefined)).toEqual([])
  expect(clone.stats().digest).toBe(said.get('digest'))
  await clone.close()
}
