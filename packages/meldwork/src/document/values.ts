import { isJsonObject, type JsonObject, type JsonParseOptions, parseJson } from '../codec/index.js'
import { characterObject, isCharacterCode, objectDigest } from './object-digest.js'

/** Where a value lies in a pack, and the value, once it was asked for and as long as it is wanted. */
interface Place {
  readonly pack: Uint8Array
  readonly from: number
  readonly to: number
  /** null: these bytes are no object. */
  value: JsonObject | null | undefined
  /** Whether a block that counts names a pack with it. */
  named: boolean
}

const noBytes = new Uint8Array(0)

/**
 * The values of objects by their digests: those in packs, read when they are asked for, and those that are staged. Values are immutable and
 * shared: nobody changes what it gives.
 */
export class ObjectValues {
  private readonly reading: JsonParseOptions
  /** The digests of what is in each pack. */
  private readonly packs = new Map<string, readonly { readonly digest: string }[]>()
  private readonly places = new Map<string, Place>()
  private readonly staged = new Map<string, { readonly value: JsonObject; readonly text: string }>()

  /** @param reading how numbers are read */
  constructor(reading: JsonParseOptions = {}) {
    this.reading = reading
  }

  hasPack(digest: string): boolean {
    return this.packs.has(digest)
  }

  /**
   * Takes in the values of a pack, whose bytes stay referenced.
   * @param name the digest of the whole
   * @param entries where the objects lie, by their digests
   */
  addPack(name: string, bytes: Uint8Array, entries: readonly { digest: string; from: number; to: number }[]): void {
    this.packs.set(name, entries)
    for (const { digest, from, to } of entries) {
      if (this.places.has(digest)) continue
      this.places.set(digest, { pack: bytes, from, to, value: this.staged.get(digest)?.value, named: false })
      this.staged.delete(digest)
    }
  }

  /** Says that a block that counts names this pack. */
  name(pack: string): void {
    for (const { digest } of this.packs.get(pack) ?? []) this.places.get(digest)!.named = true
  }

  /** Says that no block counts any more. */
  unname(): void {
    for (const place of this.places.values()) place.named = place.pack === noBytes
  }

  /** Keeps a value that is in no pack yet. @param text as it will stand in one */
  stage(digest: string, value: JsonObject, text: string): void {
    if (!this.places.has(digest)) this.staged.set(digest, { value, text })
  }

  /**
   * The text of a value for the pack of a new block; undefined for one that needs none, as a pack of a block that counts has it. A pack that nobody names may
   * be what a failed commit left, or belong to another time.
   */
  newText(digest: string): string | undefined {
    const place = this.places.get(digest)
    if (!place) return this.staged.get(digest)?.text
    return place.named ? undefined : new TextDecoder().decode(place.pack.subarray(place.from, place.to))
  }

  /** Keeps a value that follows from others, which packs hold; unless it is not what its digest says. */
  derive(digest: string, value: JsonObject): void {
    if (this.places.has(digest) || objectDigest(value) !== digest) return
    this.places.set(digest, { pack: noBytes, from: 0, to: 0, value, named: true })
  }

  /** Lets go of all values that are in no pack. */
  unstage(): void {
    this.staged.clear()
  }

  /** Whether the value can be read, or there is none behind this digest (`d`, `r`). */
  hasValue(digest: string): boolean {
    return isKnownByDigest(digest) || this.get(digest) !== undefined
  }

  /** The value with this digest; undefined when it is not here, is no JSON, or for `d` and `r`, behind which there is none. */
  get(digest: string): JsonObject | undefined {
    const place = this.places.get(digest)
    if (place) {
      if (place.value === undefined) place.value = readObject(place, this.reading)
      return place.value ?? undefined
    }
    const staged = this.staged.get(digest)
    if (staged) return staged.value
    if (digest === 'e') return {}
    if (digest === 'd' || digest === 'r') return undefined
    return isCharacterCode(digest) ? characterObject(digest) : undefined
  }

  /** Says that a value will not be asked for soon: it is read from its pack again when it is. */
  release(digest: string): void {
    const place = this.places.get(digest)
    if (place?.value && place.pack !== noBytes) place.value = undefined
  }
}

/** Whether the value, or that there is none, is told by the digest itself. */
export function isKnownByDigest(digest: string): boolean {
  return digest === 'e' || digest === 'd' || digest === 'r' || isCharacterCode(digest)
}

function readObject({ pack, from, to }: Place, reading: JsonParseOptions): JsonObject | null {
  try {
    const value = parseJson(pack.subarray(from, to), reading)
    return isJsonObject(value) ? value : null
  } catch {
    return null // it blocks the deltas that need it, which are listed
  }
}
