// The acceptance suite itself: each of these stores breaks one promise of the contract, and must not pass.
import { describe, expect, test } from 'vitest'
import { MemoryBlocks } from '../../src/blocks/memory.js'
import { CodedError } from '../../src/errors.js'
import type { BlockWriteMode } from '../../src/ports/index.js'
import { testBlocks } from '../../src/testkit/block-suite.js'

const later = () => new Promise(resolve => setTimeout(resolve, 1))
type Files = Map<string, Uint8Array>

const faulty: Record<string, (files: Files) => MemoryBlocks> = {
  'writes over what is there': files =>
    new (class extends MemoryBlocks {
      override write(name: string, bytes: Uint8Array) {
        return super.write(name, bytes, 'replace')
      }
    })(files),
  'tells every writer that it has created': files =>
    new (class extends MemoryBlocks {
      override async write(name: string, bytes: Uint8Array, mode?: BlockWriteMode) {
        await super.write(name, bytes, mode)
        return true
      }
    })(files),
  'looks whether a file is there, and then writes it': files =>
    new (class extends MemoryBlocks {
      override async write(name: string, bytes: Uint8Array, mode?: BlockWriteMode) {
        if (mode !== 'replace' && (await super.read(name)) !== undefined) return false
        await later()
        return super.write(name, bytes, 'replace')
      }
    })(files),
  'never replaces': files =>
    new (class extends MemoryBlocks {
      override write(name: string, bytes: Uint8Array) {
        return super.write(name, bytes)
      }
    })(files),
  'writes a half first': files =>
    new (class extends MemoryBlocks {
      override async write(name: string, bytes: Uint8Array, mode?: BlockWriteMode) {
        if (!(await super.write(name, bytes.subarray(0, bytes.length >> 1), mode))) return false
        for (let turn = 0; turn < 3; turn++) await later()
        return super.write(name, bytes, 'replace')
      }
    })(files),
  'takes any name': files =>
    new (class extends MemoryBlocks {
      override async write(name: string, bytes: Uint8Array, mode?: BlockWriteMode) {
        return super.write(name.replace(/[^\w.-]|^\./g, '') || 'x', bytes, mode)
      }
    })(files),
  'takes an empty file for none': files =>
    new (class extends MemoryBlocks {
      override async read(name: string) {
        const found = await super.read(name)
        return found?.length ? found : undefined
      }
    })(files),
  'keeps the buffer under a view': files =>
    new (class extends MemoryBlocks {
      override write(name: string, bytes: Uint8Array, mode?: BlockWriteMode) {
        return super.write(name, new Uint8Array(bytes.buffer as ArrayBuffer), mode)
      }
    })(files),
  'writes into the bytes that it gave': files =>
    new (class extends MemoryBlocks {
      override async write(name: string, bytes: Uint8Array, mode?: BlockWriteMode) {
        if (mode === 'replace') (await super.read(name))?.fill(0)
        return super.write(name, bytes, mode)
      }
    })(files),
  'lists no files of others': files =>
    new (class extends MemoryBlocks {
      override async list() {
        return (await super.list()).filter(name => !name.endsWith('.txt'))
      }
    })(files),
  'lists what cannot be read': files =>
    new (class extends MemoryBlocks {
      override async list() {
        await super.list()
        return [...files.keys()]
      }
    })(files),
  'reads after closing': files =>
    new (class extends MemoryBlocks {
      override async read(name: string) {
        return super.read(name).catch(() => undefined)
      }
    })(files),
  'closes without waiting for writes': files =>
    new (class extends MemoryBlocks {
      override async write(name: string, bytes: Uint8Array, mode?: BlockWriteMode) {
        const written = await super.write(name, bytes, mode)
        for (let turn = 0; turn < 20; turn++) await null
        return written
      }
    })(files),
  'tells watchers nothing of others': files =>
    new (class extends MemoryBlocks {
      readonly #own = new Set<() => void>()
      override async write(name: string, bytes: Uint8Array, mode?: BlockWriteMode) {
        const written = await super.write(name, bytes, mode)
        if (written) for (const changed of this.#own) changed()
        return written
      }
      override watch(changed: () => void) {
        super.watch(() => {})
        this.#own.add(changed)
        return () => this.#own.delete(changed)
      }
    })(files),
  'tells a watcher that has ended': files =>
    new (class extends MemoryBlocks {
      override watch(changed: () => void) {
        super.watch(changed)
        return () => {}
      }
    })(files),
  'is at a place that is not there': files =>
    new (class extends MemoryBlocks {
      override async open() {
        if (this.location === 'missing')
          throw new CodedError('store-failed', 'it is missing', { location: 'x', operation: 'open', reason: 'io' })
        return super.open()
      }
    })(files, 'missing'),
}

/** Runs every case. @returns the names of those that failed */
async function failuresOf(make: (files: Files) => MemoryBlocks): Promise<string[]> {
  const cases: [name: string, run: () => Promise<void>][] = []
  const runner = { test: (name: string, run: () => Promise<void>) => cases.push([name, run]) }
  const filesOf = new Map<object, Files>()
  const over = (files: Files) => {
    const store = make(files)
    filesOf.set(store, files)
    return store
  }
  const strew = async (store: object) => {
    filesOf.get(store)!.set('no block', new Uint8Array(1)).set('theirs.txt', new Uint8Array(1))
    return ['theirs.txt']
  }
  const factory = { create: () => over(new Map()), another: (store: object) => over(filesOf.get(store)!), strew }
  testBlocks(runner, { ...factory, watchMs: 100 }, { bigBytes: 10_000, files: 20 })
  const failures: string[] = []
  for (const [name, run] of cases) await run().catch(() => failures.push(name))
  return failures
}

describe('the block suite', () => {
  test('passes a store that keeps the contract', async () => {
    expect(await failuresOf(files => new MemoryBlocks(files))).toEqual([])
  })
  test.each(Object.keys(faulty))('finds out a store that %s', async name => {
    expect((await failuresOf(faulty[name])).length).toBeGreaterThan(0)
  })
})
