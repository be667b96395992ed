export {
  anyPart,
  type Broker,
  type BrokerConnection,
  type BrokerListener,
  BrokerRefusal,
  type BrokerRequest,
  type Farewell,
  type Topic,
} from './broker.js'
export { contentOf, envelopeBytes } from './message.js'
export type { Given, TopicTransportOptions } from './options.js'
export type { TopicTransportStatistics } from './statistics.js'
export { TopicTransport } from './topic-transport.js'
