import { CodedError } from 'meldwork'
import { systemReason } from '../errors.js'

/** Why a port cannot be had. @param option the one of the command that chooses it */
export function cannotListen(option: 'port' | 'mqtt', host: string, port: number, cause: unknown): CodedError {
  if ((cause as { code?: unknown }).code === 'EADDRINUSE') {
    const message = `Port ${port} of ${host} is in use: stop what listens there, or choose another with --${option}`
    return new CodedError('port-in-use', message, { host, port }, cause)
  }
  const reason = systemReason(cause)
  const message = `Cannot listen to port ${port} of ${host}: ${reason}`
  return new CodedError('address-unusable', message, { host, port, reason }, cause)
}
