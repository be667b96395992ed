export type { PageConfig } from './app.js'
export { type Gateway, openGateway } from './gateway.js'
export type { DomainHealth, Health } from './health.js'
export type { MqttStatistics } from './mqtt.js'
export {
  type Decision,
  defaultDomain,
  defaultFolder,
  defaultHost,
  defaultMqttPort,
  defaultPort,
  type GatewayLimits,
  type GatewayOptions,
  type GatewayRequest,
} from './options.js'
