import { expect, test } from 'vitest'
import { announcement, initials, ownPerson, peopleIn, rename } from '../src/person.js'
import { forgetful } from '../src/storage.js'

test('a name is kept, and is empty until it is given', () => {
  const storage = forgetful()
  const nobody = ownPerson(storage)
  expect(nobody.name).toBe('')
  const ada = rename(storage, nobody, '  Ada \n Lovelace ')
  expect(ada.name).toBe('Ada Lovelace')
  expect(ownPerson(storage)).toEqual(ada)
  expect(announcement({ ...ada, at: 'card' })).toEqual({ id: ada.id, name: 'Ada Lovelace', at: 'card' })
})

test('people are told from what anybody may have announced', () => {
  const own = { id: 'me', name: 'Me', at: undefined }
  const data = [
    undefined,
    null,
    7,
    'text',
    [],
    {},
    { id: 'me', name: 'My other tab' },
    { id: 'bob', name: 'Bob' },
    { id: 'bob', name: 'Bob', at: 'card' },
    { id: '__proto__', name: 'x'.repeat(500), at: 7 },
    { id: 'empty', name: '  ' },
    { id: 7, name: 'Number' },
  ]
  const people = peopleIn(
    data.map((each, i) => ({ peer: String(i), data: each as never })),
    own,
  )
  expect(people).toEqual([
    { id: 'bob', name: 'Bob', at: 'card' },
    { id: '__proto__', name: 'x'.repeat(40), at: undefined },
  ])
})

test('a badge has one or two letters', () => {
  expect(['Ada Lovelace', 'bob', '  ', '𝒳 y z'].map(initials)).toEqual(['AL', 'B', '', '𝒳Z'])
})
