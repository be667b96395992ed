import type { Verdict } from './relay-options.js'

/** A {@link Verdict} spelled out. */
export type Decision = Exclude<Verdict, boolean>

/**
 * Asks a hook; the answer is `undefined` when it failed. In the same turn, unless the hook is asynchronous.
 *
 * @param report told what the hook threw
 */
export function askHook(
  hook: () => Verdict | Promise<Verdict>,
  report: (error: unknown) => void,
  answer: (decision: Decision | undefined) => void,
): void {
  const failed = (error: unknown) => {
    report(error)
    answer(undefined)
  }
  let verdict: Verdict | Promise<Verdict>
  try {
    verdict = hook()
  } catch (error) {
    failed(error)
    return
  }
  if (isPromise(verdict)) verdict.then(settled => answer(decision(settled)), failed)
  else answer(decision(verdict))
}

const decision = (verdict: Verdict): Decision => (typeof verdict === 'object' ? verdict : { allowed: verdict })
const isPromise = (verdict: Verdict | Promise<Verdict>): verdict is Promise<Verdict> =>
  typeof verdict === 'object' && 'then' in verdict
