// As much as the tests use of packages that have no declarations of their own.

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

declare module 'rdf-canonize' {
  export function canonize(
    quads: readonly object[],
    options: { algorithm: 'RDFC-1.0'; format: 'application/n-quads'; maxWorkFactor?: number },
  ): Promise<string>
}
