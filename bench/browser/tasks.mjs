// The tasks of a page's main thread, as Chromium itself records them.

/**
 * Records what the page does while `run` runs: between its marks `begin` and `end`.
 * @returns the lengths of its tasks in ms, longest first; and what `run` gave
 */
export async function recordTasks(page, run, categories = []) {
  const session = await page.context().newCDPSession(page)
  const events = []
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  const complete = new Promise(resolve => session.once('Tracing.tracingComplete', resolve))
  const includedCategories = ['toplevel', 'blink.user_timing', ...categories]
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories } })
  const result = await run()
  await session.send('Tracing.end')
  await complete
  await session.detach()
  const mark = name => events.find(event => event.cat.includes('user_timing') && event.name === name)
  const [begin, end] = [mark('begin'), mark('end')]
  const isTask = ({ name, pid, tid, ts, dur }) =>
    name === 'ThreadControllerImpl::RunTask' &&
    pid === begin.pid &&
    tid === begin.tid &&
    ts + dur > begin.ts &&
    ts < end.ts
  const tasks = events.filter(isTask).sort((a, b) => b.dur - a.dur)
  return { result, lengths: tasks.map(({ dur }) => dur / 1000), tasks, events, begin }
}
