import { BrotliBlocks } from 'meldwork/blocks/brotli'
import { DeflateBlocks } from 'meldwork/blocks/deflate'
import { FolderBlocks } from 'meldwork/blocks/fs'
import { HttpBlocks } from 'meldwork/blocks/http'
import { MemoryBlocks } from 'meldwork/blocks/memory'
import { SqliteBlocks } from 'meldwork/blocks/sqlite'
import type { BlockStore } from 'meldwork/ports'
import { type Terminal, warn } from '../commands/terminal.js'
import { optionInvalid } from '../errors.js'
import { type BlockPlace, parseBlockUrl } from './block-urls.js'

/**
 * The store of a document, not open yet. Says on the error stream where Melda's own tools read the text otherwise.
 * @param text as {@link parseBlockUrl} takes it
 * @param create whether a missing place is made when the store is opened
 * @throws CodedError `option-invalid`
 */
export function blocksAt(text: string, create: boolean, terminal: Terminal): BlockStore {
  const place = parseBlockUrl(text)
  const { location, compression, original } = place
  if (original !== undefined)
    warn(terminal, `${text} is taken for ${location || 'memory'}; Melda's own tools take it for ${original}`)
  const store = storeOf(place, create)
  if (compression === 'flate') return new DeflateBlocks(store)
  return compression === 'brotli' ? new BrotliBlocks(store) : store
}

function storeOf(place: BlockPlace, create: boolean): BlockStore {
  const { kind, location } = place
  switch (kind) {
    case 'memory':
      return new MemoryBlocks()
    case 'folder':
      return new FolderBlocks(location, { create, pollMs: 2000 })
    case 'sqlite':
      return new SqliteBlocks(location, { create })
    case 'http':
      return new HttpBlocks(location, { create, fetch: authorizedFetch(place, process.env) })
  }
}

/**
 * What makes requests in the name of the user: with `MELDA_SOLID_TOKEN` as a bearer token, else with a user name and password, of the URL or of
 * `MELDA_SOLID_USERNAME` and `MELDA_SOLID_PASSWORD`, in the manner of HTTP (Basic).
 * @throws CodedError `option-invalid` when they would go over a network in clear
 */
export function authorizedFetch({ location, login }: BlockPlace, environment: NodeJS.ProcessEnv): typeof fetch {
  const { MELDA_SOLID_TOKEN: token, MELDA_SOLID_USERNAME: name, MELDA_SOLID_PASSWORD: secret } = environment
  const user = login ?? (name ? { username: name, password: secret ?? '' } : undefined)
  const authorization = login === undefined && token ? `Bearer ${token}` : user && basic(user)
  if (authorization === undefined) return fetch
  const { protocol, hostname } = new URL(location)
  if (protocol !== 'https:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname))
    throw optionInvalid('The place of a document', 'an https address when there is a token or a password to send')
  return (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('authorization', authorization)
    return fetch(input, { ...init, headers })
  }
}

const basic = ({ username, password }: { username: string; password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
