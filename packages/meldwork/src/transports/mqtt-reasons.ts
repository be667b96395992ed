import type { MqttError } from './mqtt-client.js'

/** What a broker says, by its code: those below 0x80 are of MQTT 3.1.1, the others of 5. */
const words: Readonly<Record<number, string>> = {
  1: 'it does not speak this version of MQTT: set protocolVersion',
  2: 'it does not take this client id',
  3: 'it is not available now',
  4: 'the user name or the password is wrong',
  5: 'these credentials are not allowed',
  128: 'without a reason',
  129: 'the packet is malformed',
  130: 'this is against the protocol',
  131: 'its implementation does not allow it',
  132: 'it does not speak this version of MQTT: set protocolVersion',
  133: 'it does not take this client id',
  134: 'the user name or the password is wrong',
  135: 'these credentials are not allowed',
  136: 'it is not available now',
  137: 'it is busy',
  138: 'this client is banned',
  139: 'it is shutting down',
  140: 'it wants another way of authentication',
  141: 'this client was silent for too long',
  142: 'another connection has the same client id',
  143: 'it does not take this topic',
  144: 'it does not take this topic',
  147: 'too much was sent without waiting',
  149: 'the message is longer than it takes: set maxMessageBytes lower',
  150: 'messages come too fast',
  151: 'a quota is used up',
  152: 'its administrator has ended the connection',
  154: 'it does not retain messages, which presence needs',
  155: 'it does not take this quality of service',
  156: 'another server is to be used',
  157: 'it has moved to another server',
  159: 'connections come too fast',
  160: 'the connection has lasted as long as it may',
  162: 'it does not take wildcards, which presence needs',
}

/** What a CONNACK says that will be said again, until somebody changes something. */
const finalOnConnect = new Set([1, 2, 4, 5, 129, 130, 132, 133, 134, 135, 138, 140, 144, 149, 153, 154, 155, 156, 157])

/** What a PUBACK says that will be said again. */
const finalOnPublish = new Set([135, 144, 149, 153, 154])

export const isFinalOnPublish = (code: unknown): boolean => finalOnPublish.has(code as number)

export const isFinalOnConnect = (code: unknown): boolean => finalOnConnect.has(code as number)

/** For people. */
export function reasonOf(code: number): string {
  return words[code] ?? `code ${code}`
}

/** What to say of an error of the library's, which has no secrets in it. */
export function troubleOf(error: MqttError): string {
  const { code, errors, message } = error
  // Several addresses were tried.
  if (errors?.length && !message) return troubleOf(errors[0])
  if (typeof code === 'number') return `the broker refuses: ${reasonOf(code)}`
  if (typeof code === 'string' && /CERT|SIGNATURE|SELF_SIGNED|ALTNAME/.test(code))
    return `the broker's certificate is not trusted: ${message} (${code}); see the option tls`
  return message || String(code ?? 'the connection failed')
}
