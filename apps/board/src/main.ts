import { type Clone, hasCode, openClone, type StatusValue } from 'meldwork'
import type { Store } from 'meldwork/ports'
import { IndexedDbStore } from 'meldwork/stores/indexeddb'
import { MemoryStore } from 'meldwork/stores/memory'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import { chooseDomain, keepToken, knownToken, loadConfig, relayAddress, withoutToken } from './config.js'
import { findDatabase, type Surroundings, type Tenancy } from './identity.js'
import { LeasedStore } from './leased-store.js'
import { BoardPage } from './page.js'
import { newName } from './random.js'
import { rules } from './rules.js'
import { keyValues } from './storage.js'
import { ask } from './view/question.js'

const local = keyValues(() => localStorage)
const surroundings: Surroundings = {
  session: keyValues(() => sessionStorage),
  local,
  openChannel: name => new BroadcastChannel(name),
  wait: ms => new Promise(resolve => setTimeout(resolve, ms)),
  newName,
  nowMs: Date.now,
}

/** Opens the page: who, which board, which database, and then the clone. Nothing of it needs the network. */
async function start(): Promise<void> {
  const address = new URL(location.href)
  const token = knownToken(address, local)
  const clean = withoutToken(address)
  if (clean !== undefined) history.replaceState(null, '', clean)
  const config = await loadConfig(local)
  const domain = chooseDomain(address, config)
  const transport = new WebSocketTransport(relayAddress(address, config), token === undefined ? {} : { token })
  const { clone, tenancy } = await open(domain, transport)
  const page = new BoardPage(clone, local, tenancy !== undefined)
  if (tenancy !== undefined) keepTenancy(tenancy, clone, page)
  watchToken(clone, transport, config.tokenRequired && token === undefined)
  keepForReload()
  await page.askName()
}

/** Opens the clone in this tab's database; without one, where the browser keeps nothing, in memory. */
async function open(domain: string, transport: WebSocketTransport): Promise<{ clone: Clone; tenancy?: Tenancy }> {
  const tenancy = await findDatabase(domain, surroundings)
  const attempt = (store: Store) => openClone({ domain, store, transport, constraints: rules })
  const inDatabase = async () => ({
    clone: await attempt(new LeasedStore(new IndexedDbStore(tenancy.name), () => tenancy.isMine)),
    tenancy,
  })
  try {
    return await inDatabase()
  } catch (error) {
    console.error('This tab cannot open its database', error)
    if (hasCode(error, 'store-corrupt') || hasCode(error, 'store-format') || hasCode(error, 'store-domain')) {
      tenancy.startAfresh()
      return await inDatabase()
    }
    if (!hasCode(error, 'store-failed')) throw error
    tenancy.leave()
    return { clone: await attempt(new MemoryStore()) }
  }
}

/** Keeps the database this tab's own, and gives it up when another tab has taken it. */
function keepTenancy(tenancy: Tenancy, clone: Clone, page: BoardPage): void {
  const holdsUnsent = ({ unsent, undurable }: StatusValue) => unsent > 0 || undurable > 0
  let noted: boolean | undefined
  const note = (status: StatusValue) => {
    const unsent = holdsUnsent(status)
    if (unsent !== noted) tenancy.note(unsent)
    noted = unsent
  }
  note(clone.status.value)
  clone.status.follow(note)
  addEventListener('pagehide', () => tenancy.note(holdsUnsent(clone.status.value)))
  const check = () => {
    if (tenancy.isMine) return
    tenancy.leave()
    page.leave('This tab was asleep, and another has taken over its data. It is being loaded again.')
    location.reload()
  }
  addEventListener('storage', check)
  addEventListener('pageshow', check)
  document.addEventListener('visibilitychange', check)
  for (const name of tenancy.stale) {
    const store = new IndexedDbStore(name)
    store.erase().then(
      () => tenancy.forget(name),
      error => console.warn('An old database could not be removed', error),
    )
  }
}

/** Asks for the token when the server wants one: once, and again when it does not take it. */
function watchToken(clone: Clone, transport: WebSocketTransport, isMissing: boolean): void {
  let asking = false
  const askToken = async (explanation: string) => {
    if (asking) return
    asking = true
    const token = await ask({
      title: 'This board is not open to everybody',
      label: 'Token',
      explanation: `${explanation} It is kept in this browser, for the next time, and sent to this server only.`,
      secret: true,
      button: 'Enter',
    })
    asking = false
    if (token === undefined) return
    keepToken(local, token)
    transport.authenticate(token)
  }
  if (isMissing) void askToken('The server asks for a token: whoever runs it can tell you.')
  let connection = clone.status.value.connection
  clone.status.follow(status => {
    if (status.connection === connection) return
    connection = status.connection
    if (connection === 'refused')
      void askToken(`The server does not let this page in${status.reason ? `: ${status.reason}` : ''}.`)
  })
}

/** Where the browser allows it: the page opens without a network. */
function keepForReload(): void {
  if (!('serviceWorker' in navigator)) return
  navigator.serviceWorker.register('/sw.js').catch(error => console.warn('The page cannot be kept for later', error))
  navigator.storage?.persist?.().catch(() => {})
}

start().catch(error => {
  console.error(error)
  const notice = document.getElementById('notice')!
  notice.textContent = `The board cannot be opened. ${error instanceof Error ? error.message : error}`
  notice.hidden = false
})
