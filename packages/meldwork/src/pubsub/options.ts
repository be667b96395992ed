import { channelPattern } from '../codec/index.js'
import { CodedError } from '../errors.js'
import { type BackoffSettings, platformEnvironment } from '../ports/index.js'

/** What a broker asks for: itself, or what fetches it, asked before each connection. Never in an address or a log. */
export type Given<Credentials> = Credentials | (() => Credentials | undefined | Promise<Credentials | undefined>)

/** Options of a TopicTransport, which those of an adapter extend. */
export interface TopicTransportOptions<Credentials = unknown> extends Partial<BackoffSettings> {
  /** When they are refused, the channels are told so, and nothing is tried until {@link TopicTransport.authenticate}. */
  credentials?: Given<Credentials> | undefined
  /** The longest message, in bytes, at least 64 KiB; a broker may lower it. Default: 1 MiB. */
  maxMessageBytes?: number
  /** Messages are dropped while this much waits to be sent. Default: 8 MiB. */
  sendBufferBytes?: number
  /** A connection that lasted so long makes the next wait short again. Default: 10,000. */
  stableMs?: number
  /** How long a connection may take. Default: 10,000. */
  connectTimeoutMs?: number
  /**
   * Every now and then, about so long after each other: a member says that it lives, where the broker does not notice who dies; one that has been silent for three
   * times so long is asked, and given up after five times. Default: 5,000.
   */
  beatMs?: number
  /** How long the connection stays after the last channel has closed. Default: 1,000. */
  lingerMs?: number
}

/** Options with the defaults in place of what was left out; the credentials, which change, are kept apart. */
export type Settings = Required<Omit<TopicTransportOptions, 'credentials'>>

const defaults: Settings = {
  environment: platformEnvironment,
  firstBackoffMs: 500,
  maxBackoffMs: 30_000,
  maxMessageBytes: 1024 * 1024,
  sendBufferBytes: 8 * 1024 * 1024,
  stableMs: 10_000,
  connectTimeoutMs: 10_000,
  beatMs: 5000,
  lingerMs: 1000,
}

/** What the port asks for at least. */
export const minMessageBytes = 65_536

/** @throws `option-invalid` */
export function settingsFrom(options: Omit<TopicTransportOptions, 'credentials'>): Settings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const settings = { ...defaults, ...given }
  if (!(settings.maxMessageBytes >= minMessageBytes)) throw invalid('maxMessageBytes', `at least ${minMessageBytes}`)
  if (!(settings.beatMs > 0)) throw invalid('beatMs', 'more than 0')
  return settings
}

/** @throws `option-invalid` */
export function checkChannel(channel: string): void {
  if (!channelPattern.test(channel)) throw invalid('channel', '1 to 64 characters of A-Z a-z 0-9 - _')
}

export function invalid(option: string, expected: string): CodedError {
  return new CodedError('option-invalid', `The ${option} must be ${expected}`, { option, expected })
}
