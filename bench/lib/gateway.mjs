// A relay and a clone beside it in a process of their own, and other processes: what `import`, `join`, `loopback` and `catchup` start.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Starts a script of `processes/`, and waits for its first message. @param flags more of them, for Node */
export async function start(script, settings, flags = []) {
  const file = fileURLToPath(new URL(`../processes/${script}.mjs`, import.meta.url))
  // As an app runs, but that it can be told to collect.
  const child = fork(file, [JSON.stringify(settings)], { execArgv: ['--expose-gc', ...flags] })
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${script} ended with ${code}`))),
  ])
  return { child, message }
}

/** Runs `script` until it has ended. @returns its first message */
export async function outcome(script, settings, flags) {
  const { child, message } = await start(script, settings, flags)
  await once(child, 'exit')
  return message
}

/**
 * Runs `use` with the address of a gateway, and what tells it something (`{ digest }` to hold durably, or what to `write`), and waits until that
 * is done, for its digest.
 */
export async function withGateway(settings, use) {
  const { child, message } = await start('gateway', settings)
  const ended = once(child, 'exit')
  const tell = async what => {
    child.send(what)
    const [{ held }] = await once(child, 'message')
    return held
  }
  try {
    return await use(message.url, tell)
  } finally {
    child.send({ close: true })
    await ended
  }
}
