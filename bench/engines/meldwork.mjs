// meldwork: requests in JSON, read, planned and answered in JSON each time.
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'

export const name = 'meldwork'

export async function load(rows) {
  const clone = await openClone({ domain: 'bench.example', store: new MemoryStore(), genesis: true })
  await clone.write({ '@graph': rows })
  return questionsTo(clone)
}

export const questionsTo = clone => ({
  clone,
  subj: id => Object.keys(clone.get(id)).length - 1,
  po: city => clone.read({ '@select': '?s', '@where': { '@id': '?s', city } }).length,
  join: dept =>
    clone.read({
      '@select': ['?s', '?a'],
      '@where': { '@id': '?s', dept: { '@id': dept }, age: { '@value': '?a', '@gt': 50 } },
    }).length,
  link: city =>
    clone.read({
      '@select': ['?s', '?t'],
      '@where': [
        { '@id': '?t', city },
        { '@id': '?s', knows: { '@id': '?t' }, age: '?a' },
        { '@filter': { '@gt': ['?a', 50] } },
      ],
    }).length,
  close: () => clone.close(),
})
