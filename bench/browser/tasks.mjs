// The tasks of a page's main thread, as Chromium itself records them.

const recorded = ['toplevel', 'blink.user_timing']

/**
 * Records what the page does while `run` runs: between its marks `begin` and `end`.
 * @returns what `run` gave; and the lengths of the page's tasks in milliseconds, longest first: by the clock, and what of it they had the processor
 */
export async function recordTasks(page, run) {
  const session = await page.context().newCDPSession(page)
  const events = []
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  const complete = new Promise(resolve => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: recorded },
  })
  const result = await run()
  await session.send('Tracing.end')
  await complete
  await session.detach()
  const mark = name => events.find(event => event.cat.includes('user_timing') && event.name === name)
  const [begin, end] = [mark('begin'), mark('end')]
  const tasks = events.filter(
    ({ name, pid, tid, ts, dur }) =>
      name === 'ThreadControllerImpl::RunTask' &&
      pid === begin.pid &&
      tid === begin.tid &&
      ts + dur > begin.ts &&
      ts < end.ts,
  )
  const longestFirst = key => tasks.map(task => task[key] / 1000).sort((a, b) => b - a)
  return { result, byClock: longestFirst('dur'), byProcessor: longestFirst('tdur') }
}
