export { channelOf, type DomainChannel } from './channel.js'
export { MessageType, open, protocolVersion, seal } from './envelope.js'
export { type CatchUp, type RefusedCounts, Session, type SessionHost } from './session.js'
