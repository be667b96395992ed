import { expect, test } from 'vitest'
import { announcement, authorsIn, initials, ownPerson, peopleIn, rename } from '../src/person.js'
import { forgetful } from '../src/storage.js'

test('a name is kept, and is empty until it is given', () => {
  const storage = forgetful()
  const nobody = ownPerson(storage)
  expect(nobody.name).toBe('')
  const ada = rename(storage, nobody, '  Ada \n Lovelace ')
  expect(ada.name).toBe('Ada Lovelace')
  expect(ownPerson(storage)).toEqual(ada)
  expect(announcement({ ...ada, at: 'card' })).toEqual({ id: ada.id, name: 'Ada Lovelace', at: 'card' })
  expect(announcement(ada, '5f0c')).toEqual({ id: ada.id, name: 'Ada Lovelace', replica: '5f0c' })
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

test('whose a replica id is, those who are here say themselves', () => {
  const own = { id: 'me', name: 'Me', at: undefined }
  const data = [
    undefined,
    { id: 'me', name: 'My other tab', replica: 'a1' },
    { id: 'bob', name: 'Bob', replica: 'b1' },
    { id: 'bob', name: 'Bob', replica: 'b2' },
    { id: 'bob', name: 'Bob', replica: 7 },
    { id: 'bob', name: 'Bob', replica: 'x'.repeat(65) },
    { name: 'Nobody', replica: 'c1' },
  ]
  const present = data.map((each, i) => ({ peer: String(i), data: each as never }))
  expect([...authorsIn(present, own)]).toEqual([
    ['a1', 'You'],
    ['b1', 'Bob'],
    ['b2', 'Bob'],
  ])
})

test('a badge has one or two letters', () => {
  expect(['Ada Lovelace', 'bob', '  ', '𝒳 y z'].map(initials)).toEqual(['AL', 'B', '', '𝒳Z'])
})
