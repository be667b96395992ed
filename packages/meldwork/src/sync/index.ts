export { channelOf, type DomainChannel } from './channel.js'
export { protocolVersion } from './envelope.js'
export { readPresence, writePresence } from './presence.js'
export { type CatchUp, type RefusedCounts, Session, type SessionHost } from './session.js'
