/** Sizes of a clone at one moment. More fields may come. */
export interface Stats {
  /** Of all live data: equal in two clones that have the same. 32 hexadecimal digits. */
  readonly digest: string
  /** Visible triples. */
  readonly triples: number
  /** Live triples, those that rules hide included. */
  readonly liveTriples: number
  readonly subjects: number
  /** How many replica ids the domain has seen: each costs every clone about a dozen bytes, for ever. */
  readonly replicas: number
  /** The concurrency of the moment. */
  readonly heads: number
  /** Operations kept for peers that were away. */
  readonly journalOperations: number
  readonly journalBytes: number
  /** Bytes that opening the store has to read after the last checkpoint. */
  readonly tailBytes: number
  /** Bytes of the typed arrays that hold terms, triples and indexes; JavaScript strings, and sets of more than 16 subjects of one value, come on top. */
  readonly memoryBytes: number
}
