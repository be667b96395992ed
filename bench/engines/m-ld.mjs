// m-ld-js, with a store in memory. https://github.com/m-ld/m-ld-js
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import { MemoryRemotes } from '../lib/m-ld-network.mjs'

export const name = 'm-ld'

const require = createRequire(import.meta.url)
const { clone, uuid } = require('@m-ld/m-ld')
const { MemoryLevel } = require('memory-level-1')

let domains = 0
/** The name of a domain that nobody has used. */
export const newDomain = () => `bench${domains++}.example.org`

export const open = (domain, genesis) =>
  clone(new MemoryLevel(), MemoryRemotes, {
    '@id': uuid(),
    '@domain': domain,
    genesis,
    logLevel: 'error',
    networkTimeout: 60_000,
  })

const read = async (clone, request) => {
  const found = await new Promise((resolve, reject) =>
    Promise.resolve(clone.read(async state => state.read(request).then(resolve, reject))).catch(reject),
  )
  // Its reads hold a lock until then.
  await setImmediate()
  return found.length
}

export const questionsTo = clone => ({
  clone,
  async subj(id) {
    const found = await clone.get(id)
    await setImmediate()
    return Object.keys(found).length - 1
  },
  po: city => read(clone, { '@select': '?s', '@where': { '@id': '?s', city } }),
  join: dept =>
    read(clone, {
      '@select': ['?s', '?a'],
      '@where': {
        '@graph': { '@id': '?s', dept: { '@id': dept }, age: '?a' },
        '@filter': { '@gt': ['?a', 50] },
      },
    }),
})
