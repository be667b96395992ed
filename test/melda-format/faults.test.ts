import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { checkFolder } from './check.mjs'
import { child, digest, Folder } from './folder.js'
import { checks } from './sections.mjs'

const folders: Folder[] = []
const folder = () => {
  const made = new Folder()
  folders.push(made)
  return made
}
afterAll(() => {
  for (const { path } of folders) rmSync(path, { recursive: true })
})

const root = '{"items♭":"^√@items♭"}'
const order = '{"A":["x"]}'
const item = '{"v":1}'
const orderId = '^√@items♭'
const firstOrder = `1-${digest(order)}`

/** The records of a document with one item. */
const soundRecords = `["${orderId}","${digest(order)}"],["x","${digest(item)}"],["√","${digest(root)}"]`

/** A sound folder with one delta, and that delta's id. */
const sound = (numbered = true) => {
  const made = folder()
  const pack = made.pack(root, order, item)
  return { made, pack, origin: made.delta(numbered ? 1 : 0, `{"c":[${soundRecords}],"k":["${pack}"]}`) }
}

/** A delta after the origin of a sound folder, of a text that is made of the origin's id. */
const after = (write: (origin: string) => string, index = 2) => {
  const { made, origin } = sound()
  made.delta(index, write(origin))
  return made
}

/** A sound folder with a chain of ten deltas, a branch of nine, and one delta after the ends of both. */
const far = (sort: (ends: string[]) => string[]) => {
  const { made, origin } = sound()
  const chain = (length: number) => {
    let last = origin
    for (let index = 2; index <= length; index++) last = made.delta(index, `{"i":{"n":${length}},"p":["${last}"]}`)
    return last
  }
  made.delta(11, `{"p":${JSON.stringify(sort([chain(9), chain(10)]))}}`)
  return made
}

/** A sound folder, and an origin beside it whose pack and records are these. */
const beside = (objects: string[], ...changes: string[]) => {
  const { made } = sound()
  const pack = made.pack(...objects)
  const records = changes.length > 0 ? `"c":[${changes.join(',')}],` : ''
  made.delta(1, `{${records}"k":["${pack}"]}`)
  return made
}

/** A sound folder, and a change of the order in it. */
const ordered = (object: string) => {
  const { made, origin } = sound()
  const pack = made.pack(object)
  made.delta(2, `{"c":[["${orderId}","${firstOrder}","${digest(object)}"]],"k":["${pack}"],"p":["${origin}"]}`)
  return made
}

const deep = `{"a":${'['.repeat(127)}${']'.repeat(127)}}`
const hidden = '{"v":"un}balanced"}'

/** Each fault, the errors and the warnings that it gives, and the folder that has it. */
const faults: [fault: string, errors: string[], warnings: string[], make: () => Folder][] = [
  ['none', [], [], () => sound().made],
  [
    'a README at the top',
    ['D.1/top-level-file'],
    [],
    () => {
      const { made } = sound()
      writeFileSync(join(made.path, 'README.txt'), 'hello')
      return made
    },
  ],
  [
    'a pack in a wrong folder',
    ['D.1/folder'],
    [],
    () => {
      const { made } = sound()
      made.put(`${digest('[]')}.pack`, '[]', 'zz')
      return made
    },
  ],
  [
    'a delta in a wrong folder',
    ['D.1/folder'],
    [],
    () => {
      const { made } = sound()
      made.put(`1-${digest('{}')}.delta`, '{}', '11')
      return made
    },
  ],
  [
    'a folder within a folder',
    [],
    ['D.1/depth'],
    () => {
      const { made } = sound()
      made.put('x.pack', '', 'aa/bb')
      return made
    },
  ],
  [
    'a stray file',
    [],
    ['D.1/stray-file'],
    () => {
      const { made } = sound()
      made.put('.DS_Store', '', '1-')
      return made
    },
  ],
  [
    "another's signature",
    [],
    [],
    () => {
      const { made, origin } = sound()
      made.put(`${origin}.delta.0a1b.sig`, '{}')
      return made
    },
  ],
  [
    "a sync client's copy of a pack",
    ['D.3/name'],
    [],
    () => {
      const { made, pack } = sound()
      made.put(`${pack} (conflicted copy).pack`, `[${root},${order},${item}]`)
      return made
    },
  ],
  [
    "a sync client's copy of a delta",
    [],
    ['D.2/name-copy'],
    () => {
      const { made, origin } = sound()
      made.put(`${origin} (conflicted copy).delta`, '{}')
      return made
    },
  ],
  [
    'a delta whose name is no hash',
    ['D.2/name-form'],
    [],
    () => {
      const { made } = sound()
      made.put('draft.delta', '{}')
      return made
    },
  ],
  [
    'a compressed file among others',
    ['E/mixed-flavours'],
    [],
    () => {
      const { made } = sound()
      made.put(`${digest('[]')}.pack.flate`, deflateRawSync('[]'))
      return made
    },
  ],
  [
    'a compressed delta that is none',
    ['E/compressed-bytes'],
    [],
    () => {
      const made = folder()
      made.put(`1-${digest('{}')}.delta.flate`, 'xx')
      return made
    },
  ],
  [
    'a compressed pack that is none',
    ['E/compressed-bytes'],
    [],
    () => {
      const made = folder()
      made.put(`${digest('[]')}.pack.brotli`, 'xx')
      return made
    },
  ],
  [
    'one byte of a pack',
    ['D.3/name'],
    [],
    () => {
      const { made, pack } = sound()
      made.put(`${pack}.pack`, `[${root},${order},${item.replace('1', '2')}]`)
      return made
    },
  ],
  [
    'one byte of a delta',
    ['D.2/name'],
    [],
    () => {
      const { made, origin, pack } = sound()
      made.put(`${origin}.delta`, `{"c":[${soundRecords}],"k":["${pack}" ]}`)
      made.delta(2, `{"c":[["x","1-${digest(item)}","d"]],"p":["${origin}"]}`)
      return made
    },
  ],
  ['a delta with a space', ['D.2/canonical-bytes'], [], () => after(id => `{"p": ["${id}"]}`)],
  ['a delta with a line feed at its end', ['D.2/canonical-bytes'], [], () => after(id => `{"p":["${id}"]}\n`)],
  [
    'a delta with an escape that it does not need',
    ['D.2/canonical-bytes'],
    [],
    () => after(id => `{"i":{"a":"\\u0041"},"p":["${id}"]}`),
  ],
  [
    'a delta with unsorted information',
    ['D.2/canonical-bytes'],
    [],
    () => after(id => `{"i":{"b":1,"a":1},"p":["${id}"]}`),
  ],
  [
    'unsorted fields of a delta',
    ['D.2/key-order'],
    [],
    () => after(id => `{"p":["${id}"],"c":[["x","1-${digest(item)}","d"]]}`),
  ],
  ['an unknown field', ['D.2/unknown-field'], [], () => after(id => `{"p":["${id}"],"z":1}`)],
  ['a field of another type', ['D.2/field-type'], [], () => after(id => `{"i":[],"p":["${id}"]}`)],
  ['a parent that is a number', ['D.2/field-type'], [], () => after(() => '{"p":[1]}')],
  ['an empty field', [], ['D.2/empty-field'], () => after(id => `{"c":[],"p":["${id}"]}`)],
  ['a delta that is no JSON', ['D.2/json'], [], () => after(() => '{')],
  [
    'a delta that is not UTF-8',
    ['D.2/json'],
    [],
    () => {
      const { made } = sound()
      const bytes = Buffer.concat([Buffer.from('{"i":{"a":"'), Buffer.of(0xff), Buffer.from('"}}')])
      made.put(`1-${digest(bytes)}.delta`, bytes)
      return made
    },
  ],
  ['a delta that is an array', ['D.2/json'], [], () => after(() => '[]')],
  ['a float in the information', [], ['D.2/info-float'], () => after(id => `{"i":{"t":1.5},"p":["${id}"]}`)],
  ['a higher index', ['D.2/index'], [], () => after(id => `{"p":["${id}"]}`, 3)],
  ['an index above 1 without parents', ['D.2/index'], [], () => after(() => '{"i":{}}', 2)],
  ['a parent by its hash only', ['D.2/parent-id'], [], () => after(id => `{"p":["${id.slice(2)}"]}`)],
  ['parents sorted as texts', ['D.2/parents-order'], [], () => far(([nine, ten]) => [ten, nine])],
  ['parents sorted as numbers', [], [], () => far(parents => parents)],
  ['a parent twice', ['D.2/parents-order'], [], () => after(id => `{"p":["${id}","${id}"]}`)],
  ['a missing parent', ['D.4/missing-parent'], [], () => after(() => `{"p":["1-${digest('')}"]}`)],
  ['a missing pack', ['D.4/missing-pack'], [], () => after(id => `{"k":["${digest('')}"],"p":["${id}"]}`)],
  ['a missing object', ['D.4/missing-object'], [], () => after(id => `{"c":[["y","${digest('')}"]],"p":["${id}"]}`)],
  [
    "a parent's missing object",
    ['D.4/missing-object'],
    [],
    () => after(id => `{"c":[["x","1-${digest('')}","d"]],"p":["${id}"]}`),
  ],
  [
    'an unknown parent revision',
    ['C/unknown-parent'],
    [],
    () => after(id => `{"c":[["x","1-${digest(root)}","d"]],"p":["${id}"]}`),
  ],
  [
    'an update in an origin',
    ['D.2/origin-update'],
    [],
    () =>
      beside(
        ['{"t":1}', '{"t":2}'],
        `["y","${digest('{"t":1}')}"]`,
        `["y","1-${digest('{"t":1}')}","${digest('{"t":2}')}"]`,
      ),
  ],
  ['a record with one element', ['D.2/record-length'], [], () => after(id => `{"c":[["x"]],"p":["${id}"]}`)],
  [
    'a record with four elements',
    ['D.2/record-length'],
    [],
    () => after(id => `{"c":[["x","1-e","e","e"]],"p":["${id}"]}`),
  ],
  ['a record that is no array', ['D.2/record-shape'], [], () => after(id => `{"c":["x"],"p":["${id}"]}`)],
  ['a record with a number', ['D.2/record-shape'], [], () => after(id => `{"c":[["x",1]],"p":["${id}"]}`)],
  [
    'a parent revision that is none',
    ['D.2/revision-string'],
    [],
    () => after(id => `{"c":[["x","x","d"]],"p":["${id}"]}`),
  ],
  [
    'a parent revision beyond 32 bits',
    ['D.2/revision-string'],
    [],
    () => after(id => `{"c":[["x","9999999999-e_1","d"]],"p":["${id}"]}`),
  ],
  [
    'a first revision with a tail',
    ['D.2/revision-string'],
    [],
    () => after(id => `{"c":[["x","1-${digest(item)}_0","d"]],"p":["${id}"]}`),
  ],
  [
    'unsorted records',
    [],
    ['D.2/changes-order'],
    () => after(id => `{"c":[["y","e"],["x","1-${digest(item)}","d"]],"p":["${id}"]}`),
  ],
  [
    'unsorted revisions of one object',
    [],
    ['D.2/revision-order'],
    () => {
      const [first, second] = [`1-${digest(item)}`, child(`1-${digest(item)}`, 'd')]
      return after(id => `{"c":[["x","${second}","e"],["x","${first}","d"]],"p":["${id}"]}`)
    },
  ],
  [
    'sorted revisions of one object',
    [],
    [],
    () => {
      const [first, second] = [`1-${digest(item)}`, child(`1-${digest(item)}`, 'd')]
      return after(id => `{"c":[["x","${first}","d"],["x","${second}","e"]],"p":["${id}"]}`)
    },
  ],
  [
    'an unbalanced brace',
    ['D.3/brace-counting'],
    [],
    () => beside([hidden, '{"v":3}'], `["y","${digest(hidden)}"]`, `["z","${digest('{"v":3}')}"]`),
  ],
  [
    'an unbalanced opening brace',
    ['D.3/brace-counting'],
    [],
    () => beside(['{"v":"{"}'], `["y","${digest('{"v":"{"}')}"]`),
  ],
  [
    'braces the wrong way round',
    ['D.3/brace-counting'],
    [],
    () => beside(['{"v":"}{"}'], `["y","${digest('{"v":"}{"}')}"]`),
  ],
  ['balanced braces in a string', [], [], () => beside(['{"v":"{}"}'], `["y","${digest('{"v":"{}"}')}"]`)],
  [
    'an escaped brace',
    [],
    ['D.3/canonical-object'],
    () => beside(['{"v":"\\u007d"}'], `["y","${digest('{"v":"\\u007d"}')}"]`),
  ],
  [
    'unsorted keys of an object',
    [],
    ['D.3/canonical-object'],
    () => beside(['{"w":1,"v":1}'], `["y","${digest('{"w":1,"v":1}')}"]`),
  ],
  ['a float that drifts', [], ['D.3/canonical-object'], () => beside(['{"v":9.313225746154785e-10}'])],
  ['a great float', [], ['B/exponent-style'], () => beside(['{"v":1e21}'])],
  ['a great float as newer builds write it', [], ['B/exponent-style'], () => beside(['{"v":1e+21}'])],
  [
    'a pack with white space',
    [],
    ['D.3/canonical-bytes'],
    () => {
      const { made } = sound()
      made.packText(`[${item}]\n`)
      return made
    },
  ],
  ['a pack with a number', [], ['D.3/entries'], () => beside(['1'])],
  [
    'a pack that is no array',
    ['D.3/json'],
    [],
    () => {
      const { made } = sound()
      made.packText(item)
      return made
    },
  ],
  ['an object that is too deep', ['B/depth'], [], () => beside([deep], `["y","${digest(deep)}"]`)],
  [
    'half of a surrogate pair',
    ['B/lone-surrogate'],
    [],
    () => beside(['{"v":"\\ud83d"}'], `["y","${digest('{"v":"\\ud83d"}')}"]`),
  ],
  ['a number out of range', ['B/number-range'], [], () => beside(['{"v":1e400}'], `["y","${digest('{"v":1e400}')}"]`)],
  ['a number out of range in a delta', ['B/number-range'], [], () => after(id => `{"i":{"v":1e400},"p":["${id}"]}`)],
  ['a # that is no short number', ['A.5/hash-field'], [], () => beside(['{"#":"custom-text"}'], '["y","custom-text"]')],
  ['an object with its id', [], ['A.5/identifier'], () => beside(['{"_id":"y"}'])],
  ['an id like an order', [], ['A.2/object-id'], () => beside([order], `["^y","${digest(order)}"]`)],
  ['an id like an escaped string', [], ['A.2/object-id'], () => after(id => `{"c":[["!y","e"]],"p":["${id}"]}`)],
  ['a primitive in an array', [], ['A.2/primitive-item'], () => ordered('{"A":["x",1]}')],
  ['an id twice in an array', [], ['A.2/repeated-item'], () => ordered('{"A":["x","x"]}')],
  ['a patch', [], [], () => ordered('{"a":[["d",1,0],["i",0,["y","x"]]]}')],
  ['a patch beyond the order', ['C.5/patch'], [], () => ordered('{"a":[["d",2,0]]}')],
  ['a patch that is none', ['C.5/patch'], [], () => ordered('{"a":[["x",0,0]]}')],
  ['an order that is none', ['C.3/order-object'], [], () => ordered('{"B":[]}')],
  [
    'an order that begins with a patch',
    ['C.3/no-full-order'],
    [],
    () => beside(['{"a":[["i",0,["x"]]]}'], `["^y@z♭","${digest('{"a":[["i",0,["x"]]]}')}"]`),
  ],
  [
    'an order with two leaves',
    [],
    ['D.4/array-conflict'],
    () => beside(['{"A":["y"]}'], `["${orderId}","${digest('{"A":["y"]}')}"]`),
  ],
  [
    'a deleted order that is referred to',
    ['A.3/unknown-descriptor'],
    [],
    () => after(id => `{"c":[["${orderId}","${firstOrder}","d"]],"p":["${id}"]}`),
  ],
  [
    'a deleted root',
    ['A.3/root-deleted'],
    [],
    () => after(id => `{"c":[["√","1-${digest(root)}","d"]],"p":["${id}"]}`),
  ],
  [
    'no root',
    [],
    ['A.3/no-root'],
    () => {
      const made = folder()
      made.delta(1, '{"c":[["x","e"]]}')
      return made
    },
  ],
  [
    'a deletion that became an object',
    [],
    ['C.1/deleted-object'],
    () => beside(['{"_deleted":true}'], `["y","${digest('{"_deleted":true}')}"]`),
  ],
  [
    'a delta of an older generation',
    ['0/mixed-generations'],
    [],
    () => {
      const { made } = sound()
      made.delta(0, '{"i":{"author":"Old"}}')
      return made
    },
  ],
  [
    'an index that agrees',
    [],
    [],
    () => {
      const { made, pack } = sound(false)
      made.put(`${pack}.index`, `{"${digest(root)}":[1,${Buffer.byteLength(root)}]}`)
      return made
    },
  ],
  [
    'an index that does not agree',
    ['D.3/index-file'],
    [],
    () => {
      const { made, pack } = sound(false)
      made.put(`${pack}.index`, `{"${digest(root)}":[2,${Buffer.byteLength(root)}]}`)
      return made
    },
  ],
]

const planted = (fault: string) => faults.find(([name]) => name === fault)![3]()

describe('a planted fault gives its error and nothing else', () => {
  test.each(faults)('%s', (_, errors, warnings, make) => {
    const report = checkFolder(make().path)
    expect(report.errors.map(({ check }) => check)).toEqual(errors)
    expect(report.warnings.map(({ check }) => check)).toEqual(warnings)
  })

  test('each check has one, but for those of generation A', () => {
    const planted = new Set(faults.flatMap(([, errors, warnings]) => [...errors, ...warnings]))
    expect(Object.keys(checks).filter(check => !planted.has(check))).toEqual(['J/digest'])
  })

  test.each([
    ['D.1/top-level-file', 'Not a directory (os error 20)', 'a README at the top'],
    ['D.3/name', 'mismatching_digest', 'one byte of a pack'],
  ])('with %s nothing is shown', (_, error, fault) => {
    const report = checkFolder(planted(fault).path)
    expect([report.read, report.objects, report.anchors, report.ready]).toEqual([{ error }, {}, [], []])
  })

  test('what does not hang on it is still shown', () => {
    const report = checkFolder(planted('an unbalanced brace').path)
    expect(report.read).toEqual({ text: '{"_id":"√","items♭":[{"_id":"x","v":1}]}' })
    expect(report.blocked).toEqual([{ id: expect.any(String), reason: 'D.4/missing-object', needs: digest(hidden) }])
  })

  test('what follows from it is blocked, and says so', () => {
    const report = checkFolder(planted('one byte of a delta').path)
    expect(report.read).toEqual({ error: 'no_root' })
    expect(report.blocked.map(({ reason }) => reason)).toEqual(['D.2/name', 'D.4/blocked-parent'])
  })
})

test('whatever byte is changed in a folder, it is found', () => {
  const fixture = fileURLToPath(new URL('../../packages/meldwork/test/vectors/melda/', import.meta.url))
  const sources = ['scenarios/10_two_origins/a', 'scenarios/22_many_deltas/a', 'cli_0.4.1/todolist']
  const copies = sources.map(source => {
    const { path } = folder()
    cpSync(join(fixture, source), path, { recursive: true })
    return path
  })
  const files = copies.flatMap(path =>
    readdirSync(path).flatMap(name =>
      readdirSync(join(path, name)).map(file => ({ path, file: join(path, name, file) })),
    ),
  )
  fc.assert(
    fc.property(fc.constantFrom(...files), fc.nat(), fc.integer({ min: 1, max: 255 }), ({ path, file }, at, change) => {
      const bytes = readFileSync(file)
      const changed = Buffer.from(bytes)
      changed[at % bytes.length] ^= change
      writeFileSync(file, changed)
      try {
        expect(checkFolder(path).errors.map(({ check }) => check)).toEqual([
          file.endsWith('.pack') ? 'D.3/name' : 'D.2/name',
        ])
      } finally {
        writeFileSync(file, bytes)
      }
    }),
  )
})

test('whatever a delta and a pack say, the rest is shown or the reason why not', () => {
  const digests = [root, order, item, '{"a":[["i",0,["y"]]]}', '{"Δz♭":[]}', 'e', 'd', 'r', '41'].map(text =>
    text.length > 2 ? digest(text) : text,
  )
  const revisions = digests.flatMap(each => [`1-${each}`, `2-${each}_1234567`, `2-Δ${each}~${each}_1234567`])
  const texts = fc.constantFrom('x', 'y', '√', orderId, '^z', '!', ...digests, ...revisions)
  const anything = fc.oneof(texts, fc.jsonValue({ maxDepth: 2 }))
  const record = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(texts, fc.constantFrom(...digests)) },
    { weight: 3, arbitrary: fc.tuple(texts, fc.constantFrom(...revisions), fc.constantFrom(...digests)) },
    fc.tuple(texts, fc.constantFrom(...revisions), fc.constantFrom(...digests), fc.constantFrom(...digests)),
    fc.array(anything, { maxLength: 5 }),
    anything,
  )
  const block = fc.record(
    { c: fc.oneof({ weight: 5, arbitrary: fc.array(record) }, anything), i: anything, k: anything, z: anything },
    { requiredKeys: [] },
  )
  const piece = fc.oneof(
    fc.constantFrom('{"a":[["i",0,["y"]]]}', '{"Δz♭":[]}', '{"A":[1,"x",["√"]]}', '{"#":1}', '{"}":"{"}', '{'),
    fc.json({ maxDepth: 2 }),
  )
  fc.assert(
    fc.property(block, fc.array(piece), fc.boolean(), (fields, pieces, numbered) => {
      const { made, origin } = sound(numbered)
      made.pack(...pieces)
      const id = made.delta(numbered ? 2 : 0, JSON.stringify({ ...fields, p: [origin] }))
      try {
        const { ready, blocked, read, generation } = checkFolder(made.path)
        expect(generation).not.toBeNull()
        if ('error' in read && read.error === 'revision_index') return
        expect(ready).toContain(origin)
        expect([...ready, ...blocked.map(each => each.id)].sort()).toEqual([origin, id].sort())
      } finally {
        rmSync(folders.pop()!.path, { recursive: true })
      }
    }),
  )
})
