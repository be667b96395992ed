/** What shapes are as types. Compiled by `npm test`, never run. */
import { type Clone, type GraphSubject, Json, List, pick, Ref } from '../../src/index.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function isTrue<T extends true>(): T
declare const clone: Clone

const fred = clone.get('fred', {
  name: String,
  age: Number,
  done: Boolean,
  huge: BigInt,
  born: Date,
  photo: Uint8Array,
  data: Json,
  boss: Ref,
  tags: [String],
  friends: [{ name: String, '@list': Number }],
  address: { street: String },
  steps: List(String),
  grid: List(List(Number)),
  people: List({ name: String }),
  least: pick(Number, 'least'),
  first: pick({ name: String }, values => values[0]),
})!

isTrue<
  Equal<
    typeof fred,
    {
      '@id': string
      '@type': string[]
      name: string | undefined
      age: number | undefined
      done: boolean | undefined
      huge: bigint | undefined
      born: Date | undefined
      photo: Uint8Array | undefined
      data: Json | undefined
      boss: { '@id': string } | undefined
      tags: string[]
      friends: { '@id': string; '@type': string[]; name: string | undefined; '@list': number[] }[]
      address: { '@id': string; '@type': string[]; street: string | undefined } | undefined
      steps: string[]
      grid: number[][]
      people: { '@id': string; '@type': string[]; name: string | undefined }[]
      least: number | undefined
      first: { '@id': string; '@type': string[]; name: string | undefined } | undefined
    }
  >
>()

const maybe = clone.get('fred', { name: String })
isTrue<Equal<typeof maybe, { '@id': string; '@type': string[]; name: string | undefined } | undefined>>()
const plain = clone.get('fred')
isTrue<Equal<typeof plain, GraphSubject | undefined>>()
const some = clone.get('fred', 'name', 'age')
isTrue<Equal<typeof some, GraphSubject | undefined>>()

// A shape that is declared apart.
const cardShape = { title: String, labels: [String] } as const
const card = clone.get('card', cardShape)
isTrue<
  Equal<typeof card, { '@id': string; '@type': string[]; title: string | undefined; labels: string[] } | undefined>
>()

void clone.write(draft => {
  const read = draft.get('fred', { name: String })
  isTrue<Equal<typeof read, typeof maybe>>()
})

// @ts-expect-error the property is not in the shape
maybe?.age
// @ts-expect-error no kind of value
clone.get('fred', { name: Symbol })
// @ts-expect-error nor is a text one
clone.get('fred', { name: 'string' })
// @ts-expect-error one kind for all values
clone.get('fred', { name: [String, Number] })
// @ts-expect-error references have no order
clone.get('fred', { boss: pick(Ref, 'least') })
// @ts-expect-error what is chosen is one of the values
clone.get('fred', { name: pick(String, values => values.length) })
// @ts-expect-error names of properties, or a shape
clone.get('fred', 'name', { age: Number })
