/** As much of jsonld as the tests use; it has no declarations of its own. */
declare module 'jsonld' {
  import type { Quad } from '@rdfjs/types'

  interface Options {
    readonly base: string
    readonly expandContext: object
    readonly documentLoader: (url: string) => Promise<never>
    readonly safe?: boolean
  }
  const jsonld: { toRDF(document: object, options: Options): Promise<Quad[]> }
  export default jsonld
}
