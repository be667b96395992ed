import { copyRange, type Reader, Writer } from '../codec/index.js'
import type { WireTerms } from '../operation/index.js'
import { TermKind } from '../rdf/index.js'

/**
 * How much of a text may be taken over from the one before it. Small, so that what a decoder allocates stays within a fixed multiple
 * of what it was sent.
 */
const maxSharedBytes = 63
const noText = new Uint8Array(0)

/**
 * Writes the texts of terms, each as what it has beyond the one before it:
 *
 *     kinds    runs: 4 * number of terms + kind
 *     shared   of each: how many bytes are those of the text before
 *     lengths  of each: how many follow
 *     bytes    these, of all
 */
export class TextsWriter {
  private readonly kinds = new Writer(64)
  private readonly shared = new Writer(256)
  private readonly lengths = new Writer(256)
  private readonly bytes = new Writer(256)
  private previous: Uint8Array = noText
  private kind = -1
  private run = 0

  add(kind: TermKind, text: Uint8Array): void {
    if (kind !== this.kind) {
      this.endRun()
      this.kind = kind
    }
    this.run++
    const { previous } = this
    const most = Math.min(text.length, previous.length, maxSharedBytes)
    let shared = 0
    while (shared < most && text[shared] === previous[shared]) shared++
    this.shared.uint8(shared)
    this.lengths.varint(text.length - shared)
    this.bytes.raw(text, shared)
    this.previous = text
  }

  private endRun(): void {
    if (this.run > 0) this.kinds.varint(this.run * 4 + this.kind)
    this.run = 0
  }

  /** Appends all of them, and begins anew. */
  finish(writer: Writer): void {
    this.endRun()
    for (const section of [this.kinds, this.shared, this.lengths, this.bytes]) {
      writer.section(section)
      section.reset()
    }
    this.previous = noText
    this.kind = -1
  }
}

/**
 * Reads what a {@link TextsWriter} wrote, adding terms that are new.
 * @throws CodedError `data-malformed`
 */
export function readTexts(reader: Reader, dictionary: WireTerms): Int32Array {
  const [kinds, shares, lengths, bytes] = [reader.section(), reader.section(), reader.section(), reader.section()]
  const terms = new Int32Array(shares.remaining)
  let text = new Uint8Array(256)
  let previousLength = 0
  let kind: TermKind = TermKind.iri
  let run = 0
  for (let i = 0; i < terms.length; i++) {
    if (run === 0) {
      const head = kinds.varint()
      run = Math.floor(head / 4)
      if (run === 0 || (i > 0 && head % 4 === kind)) kinds.fail('a run of kinds is empty, or cut in two')
      kind = (head % 4) as TermKind
    }
    run--
    const shared = shares.uint8()
    if (shared > previousLength || shared > maxSharedBytes) shares.fail('more is shared than there is')
    const from = bytes.skip(lengths.varint())
    const length = shared + (bytes.at - from)
    if (length > text.length) {
      const longer = new Uint8Array(length * 2)
      longer.set(text.subarray(0, shared))
      text = longer
    }
    copyRange(bytes.bytes, from, bytes.at, text, shared)
    previousLength = length
    terms[i] = dictionary.fromBytes(kind, text, 0, length)
    if (terms[i] === 0) bytes.fail('a term is not legal')
  }
  if (run > 0) kinds.fail('there are fewer terms than kinds')
  for (const section of [kinds, lengths, bytes]) section.finish()
  return terms
}
