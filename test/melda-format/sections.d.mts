/** Null, a boolean, a string, an `Integer`, a `Float`, an array or a `Map`. */
export type Value = null | boolean | string | Integer | Float | Value[] | JsonObject
export type JsonObject = Map<string, Value>

export class Integer {
  constructor(value: bigint)
  readonly value: bigint
}
export class Float {
  constructor(value: number)
  readonly value: number
}

/** Reads strictly and without loss. Throws an `Error` for what the original cannot read. */
export function parse(text: string): Value
export function canonical(value: Value, style?: 'ryu' | 'signed'): string

/** SHA-256 as lower-case hexadecimal digits. */
export function sha256(data: string | Uint8Array): string
/** Throws an `Error` with the original's word. */
export function digestOf(object: JsonObject): string
export function isCharcode(digest: string): boolean

/** Throws an `Error` where the original panics. */
export function flatten(document: JsonObject): { root: string; objects: Map<string, JsonObject> }

export interface Revision {
  index: number
  digest: string
  text: string
}
/** Throws an `Error` where the original panics. */
export function parseRevision(text: string): Revision | undefined
export function childRevision(parent: Revision, digest: string): Revision
export function compareRevisions(left: Revision, right: Revision): number

export function mergeOrders(base: Value[], other: Value[]): Value[]
export function diffOrders(old: Value[], now: Value[]): Value[]
export function applyPatch(order: Value[], patch: Value): Value[] | undefined

export function parseDeltaId(text: string): { index: number; hash: string; text: string } | undefined

/** By name: the level that the check has in a folder of a generation, and what it says. */
export const checks: Record<string, [level: (generation: string) => 'error' | 'warning', text: string]>
