/**
 * The seed and the length of random tests, as `vitest.config.ts` takes them from `FUZZ_SEED` and `FUZZ_RUNS`. fast-check has
 * them already (`test/setup.ts`); simulations with a generator of their own take them from here.
 */
export const fuzz = {
  /** A 31-bit seed. A test that draws several random sequences derives each from this and a number of its own. */
  seed: Number(process.env.FUZZ_SEED ?? 1),

  /** How often to repeat what a normal run repeats `normal` times. */
  runs: (normal: number): number => Math.max(1, Math.round((normal * Number(process.env.FUZZ_RUNS ?? 100)) / 100)),
}
