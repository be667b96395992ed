// Tells whoever has forked the run how each case ended. CommonJS, because the suite's runner requires it.
const causes = ({ failedExpectations }) => failedExpectations.map(({ message, stack }) => `${message}\n${stack ?? ''}`)

module.exports = class {
  specDone(spec) {
    const { fullName, status, duration } = spec
    process.send?.({ case: fullName, status, durationMs: duration ?? 0, causes: causes(spec) })
  }

  suiteDone(suite) {
    if (suite.failedExpectations.length > 0)
      process.send?.({ case: suite.fullName, status: 'failed', durationMs: 0, causes: causes(suite) })
  }

  jasmineDone(run) {
    process.send?.({ status: run.overallStatus, causes: causes(run) })
  }
}
