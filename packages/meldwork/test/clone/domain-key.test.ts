/** Domains of one name under several keys: they are on one channel, and nothing passes between them. */
import { describe, expect, it } from 'vitest'
import { World } from './world.js'

describe('a domain key', () => {
  it('keeps domains of one name apart; the status says that there are others', async () => {
    const world = new World()
    const red = await world.open({ domainKey: 'red' })
    const redToo = await world.open({ domainKey: 'red', genesis: false })
    const blue = await world.open({ domainKey: 'blue' })
    const none = await world.open()
    await world.settle(red.write({ '@id': 'fred', name: 'Red' }))
    await world.settle(blue.write({ '@id': 'fred', name: 'Blue' }))
    await world.settle(none.write({ '@id': 'fred', name: 'None' }))
    await world.pass(600_000)
    expect(redToo.get('fred')).toEqual({ '@id': 'fred', name: 'Red' })
    expect(blue.get('fred')).toEqual({ '@id': 'fred', name: 'Blue' })
    expect(none.get('fred')).toEqual({ '@id': 'fred', name: 'None' })
    for (const clone of [red, redToo])
      expect(clone.status.value).toMatchObject({ otherDomainKey: true, peers: 1, outdated: false, unsent: 0 })
    for (const clone of [blue, none])
      expect(clone.status.value).toMatchObject({
        otherDomainKey: true,
        peers: 0,
        silo: true,
        outdated: false,
        unsent: 1,
      })
  })

  it('says nothing of others where there are none', async () => {
    const world = new World()
    const clones = [await world.open({ domainKey: 'red' }), await world.open({ domainKey: 'red', genesis: false })]
    await world.settle(clones[0].write({ '@id': 'fred', name: 'Red' }))
    await world.rest()
    for (const clone of clones) expect(clone.status.value).toMatchObject({ otherDomainKey: false, outdated: false })
    expect(clones[1].get('fred')).toBeDefined()
  })

  it.each([
    ['red', 'blue', 'under another domainKey'],
    ['red', undefined, 'under a domainKey'],
    [undefined, 'blue', 'without a domainKey'],
  ])('of a store stays the same: %s is not opened as %s', async (first, second, words) => {
    const world = new World()
    const disk = world.disk()
    const clone = await world.alone({ disk, domainKey: first })
    await world.settle(clone.write({ '@id': 'fred', name: 'F' }))
    await world.settle(clone.close())
    const opening = world.alone({ disk, domainKey: second })
    await expect(opening).rejects.toMatchObject({ code: 'store-domain', message: expect.stringContaining(words) })
    const again = await world.alone({ disk, domainKey: first })
    expect(again.get('fred')).toBeDefined()
  })

  it('is a text', async () => {
    const world = new World()
    for (const domainKey of ['', 5, null])
      await expect(world.alone({ domainKey: domainKey as string })).rejects.toMatchObject({
        code: 'option-invalid',
        facts: { option: 'domainKey' },
      })
  })
})
