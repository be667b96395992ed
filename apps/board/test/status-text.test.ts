import { CodedError, type StatusValue } from 'meldwork'
import { expect, test } from 'vitest'
import { statusText } from '../src/status-text.js'

const well: StatusValue = {
  online: true,
  connection: 'online',
  reason: undefined,
  outdated: false,
  silo: false,
  peers: 2,
  others: [],
  keeper: undefined,
  ticks: 7,
  life: 'life',
  replica: undefined,
  unsent: 0,
  undurable: 0,
  catchingUp: undefined,
  waiting: { count: 0, bytes: 0, for: [] },
  divergence: undefined,
  forks: 0,
  storage: undefined,
  otherDomainKey: false,
  refused: { malformed: 0, foreign: 0, newer: 0 },
  rules: { inForce: 0, notInForce: 0, failing: 0, differ: false },
  closed: false,
}
const offline: Partial<StatusValue> = { online: false, connection: 'offline', peers: 0 }
const full = new CodedError('store-failed', 'The disk is full', {
  location: 'here',
  operation: 'batch',
  reason: 'full',
})

test.each<[label: string, tone: string, status: Partial<StatusValue>]>([
  ['Up to date', 'good', {}],
  ['Up to date', 'good', { silo: true, peers: 0 }],
  ['Sending 1 change', 'busy', { unsent: 1 }],
  ['Saving', 'busy', { undurable: 1 }],
  ['Catching up', 'busy', { outdated: true }],
  ['Catching up, 25 %', 'busy', { outdated: true, catchingUp: { received: 1, total: 4 } }],
  ['Waiting for changes', 'busy', { waiting: { count: 3, bytes: 9, for: [] } }],
  ['Alone', 'away', { silo: true, peers: 0, outdated: true }],
  ['Alone, 2 changes not sent', 'away', { silo: true, peers: 0, unsent: 2 }],
  ['Connecting', 'busy', { ...offline, connection: 'connecting' }],
  ['Offline', 'away', offline],
  ['Offline, 2 changes not sent', 'away', { ...offline, unsent: 2 }],
  ['Offline, 2 changes not sent', 'away', { ...offline, connection: 'connecting', unsent: 2 }],
  ['Not let in', 'trouble', { ...offline, connection: 'refused', reason: 'wrong token' }],
  ['Copies differ', 'trouble', { divergence: 'a b' }],
  ['Cannot save', 'trouble', { storage: full, unsent: 3 }],
  ['Cannot save', 'trouble', { ...offline, storage: full }],
  ['Closed', 'trouble', { closed: true, storage: full }],
])('says %j (%s)', (label, tone, status) => {
  expect(statusText({ ...well, ...status })).toMatchObject({ label, tone })
})

test('stays offline while it tries again', () => {
  const trying: StatusValue = { ...well, ...offline, connection: 'connecting' }
  expect(statusText(trying, { hasFailed: true }).label).toBe('Offline')
})

test('says why, and what is not kept', () => {
  expect(statusText({ ...well, ...offline, connection: 'refused', reason: 'wrong token' }).detail).toContain(
    'wrong token',
  )
  expect(statusText({ ...well, storage: full }).detail).toContain('The disk is full')
  expect(statusText({ ...well, ...offline, outdated: true, ticks: 0 }).detail).toContain('Nothing has come')
  expect(statusText(well, { kept: false }).detail).toContain('keeps nothing')
})
