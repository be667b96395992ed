import { type ErrorCode, hasCode } from '../errors.js'

// What the suites of stores say when something is not as it should be: plain errors, for any test runner.

/** A promise that is awaited later: if the test fails before, nobody must call the other failure unhandled. */
export function attended<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {})
  return promise
}

/** Of `found`, also that it is a plain `Uint8Array`. @throws Error that names the first difference */
export function equalBytes(found: Uint8Array | undefined, expected: ArrayLike<number> | undefined, what: string) {
  if (found !== undefined && !(ArrayBuffer.isView(found) && found.BYTES_PER_ELEMENT === 1)) {
    throw new Error(`${what}: not a Uint8Array`)
  }
  equal(found?.length, expected?.length, `length of ${what}`)
  for (let index = 0; index < (found?.length ?? 0); index++) {
    if (found![index] !== expected![index]) equal(found![index], expected![index], `byte ${index} of ${what}`)
  }
}

/** By their JSON. @throws Error that has both */
export function equal(found: unknown, expected: unknown, what: string) {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${what}: expected ${shortened(other)}, found ${shortened(one)}`)
}

const shortened = (json: string | undefined) =>
  json !== undefined && json.length > 500 ? `${json.slice(0, 500)}...` : json

/** @throws Error when the promise resolves, or rejects with another code */
export async function rejects(promise: Promise<unknown>, code: ErrorCode, what: string) {
  const outcome = await promise.then(
    () => 'it succeeded',
    error => (hasCode(error, code) ? undefined : `it failed with ${error}`),
  )
  if (outcome !== undefined) throw new Error(`${what}: expected an error with code ${code}, but ${outcome}`)
}
