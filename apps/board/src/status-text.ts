import type { StatusValue } from 'meldwork'

/** How a status is meant: all well; under way; not as it could be; something to do about it. */
export type Tone = 'good' | 'busy' | 'away' | 'trouble'

/** A status in words. */
export interface StatusText {
  readonly tone: Tone
  /** A few words. */
  readonly label: string
  /** What it means for the one who reads it. */
  readonly detail: string
}

/** What is said when the page can keep nothing, whatever else is. */
const notKept = 'This browser keeps nothing for this page: what has not been sent is lost when the tab is closed.'

/** What a status does not say by itself. */
export interface Circumstances {
  /** Whether this browser keeps the clone's data. Default: true. */
  readonly kept?: boolean
  /** Whether connecting has failed since it was online last: then the next attempt is no news. */
  readonly hasFailed?: boolean
}

/** Says how the clone is doing: the worst first, and never better than it is. */
export function statusText(status: StatusValue, { kept = true, hasFailed = false }: Circumstances = {}): StatusText {
  const text = describe(status, hasFailed)
  return kept ? text : { ...text, detail: `${text.detail} ${notKept}` }
}

function describe(status: StatusValue, hasFailed: boolean): StatusText {
  const { unsent, reason } = status
  if (status.closed) return { tone: 'trouble', label: 'Closed', detail: 'This page has stopped. Load it again.' }
  if (status.storage !== undefined)
    return {
      tone: 'trouble',
      label: 'Cannot save',
      detail: `This browser refuses to save, so nothing can be changed now. ${status.storage.message}`,
    }
  if (status.divergence !== undefined)
    return {
      tone: 'trouble',
      label: 'Copies differ',
      detail: `This copy and another differ although they have had the same changes. That is a defect: please report it. ${status.divergence}`,
    }
  if (status.connection === 'refused')
    return {
      tone: 'trouble',
      label: 'Not let in',
      detail: `The server refuses this page${because(reason)}. ${kept(unsent)}`,
    }
  if (!status.online) return offline(status, hasFailed)
  return online(status)
}

function offline(status: StatusValue, hasFailed: boolean): StatusText {
  const { connection, outdated, ticks, unsent, reason } = status
  const label = unsent > 0 ? `Offline, ${changes(unsent)} not sent` : 'Offline'
  const nothing = outdated && ticks === 0 ? ' Nothing has come from the others yet.' : ''
  if (connection === 'connecting' && unsent === 0 && !hasFailed)
    return { tone: 'busy', label: 'Connecting', detail: `Looking for the server.${nothing}` }
  return {
    tone: 'away',
    label,
    detail: `You can go on: changes are kept here, and sent when the server is back${because(reason)}.${nothing}`,
  }
}

function online(status: StatusValue): StatusText {
  const { unsent, peers, silo } = status
  const progress = status.catchingUp
  if (progress !== undefined) {
    const percent = progress.total > 0 ? Math.min(99, Math.floor((100 * progress.received) / progress.total)) : 0
    return { tone: 'busy', label: `Catching up, ${percent} %`, detail: 'Others have changes that are not here yet.' }
  }
  if (silo && (unsent > 0 || status.outdated))
    return {
      tone: 'away',
      label: unsent > 0 ? `Alone, ${changes(unsent)} not sent` : 'Alone',
      detail: 'The server answers, but nobody is there who has a copy of this board.',
    }
  if (status.outdated)
    return { tone: 'busy', label: 'Catching up', detail: 'Others have changes that are not here yet.' }
  if (status.waiting.count > 0)
    return {
      tone: 'busy',
      label: 'Waiting for changes',
      detail: `${changes(status.waiting.count)} came before others that belong before them.`,
    }
  if (unsent > 0) return { tone: 'busy', label: `Sending ${changes(unsent)}`, detail: 'Nobody has confirmed them yet.' }
  if (status.undurable > 0)
    return { tone: 'busy', label: 'Saving', detail: 'Changes are being written to this device.' }
  const others = silo
    ? 'Nobody else has a copy now.'
    : `${peers} other ${peers === 1 ? 'copy' : 'copies'} of this board connected.`
  return { tone: 'good', label: 'Up to date', detail: `Everything is saved and sent. ${others}` }
}

const changes = (count: number) => `${count} ${count === 1 ? 'change' : 'changes'}`
const because = (reason: string | undefined) => (reason ? ` (${reason})` : '')
const kept = (unsent: number) =>
  unsent > 0 ? `${changes(unsent)} will be sent when it lets you in.` : 'What is here stays here.'
