// A network inside the process for clones of m-ld-js, which brings none: messages are the encoded buffers, delivered in a later turn, in the manner of its own transports.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
// It does not export the class that its transports extend.
const entry = require.resolve('@m-ld/m-ld')
const { PubsubRemotes } = require(entry.replace(/index\.js$/, 'engine/remotes/index.js'))

const domains = new Map()

export class MemoryRemotes extends PubsubRemotes {
  constructor(config, extensions) {
    super(config, extensions)
    const name = config['@domain']
    if (!domains.has(name)) domains.set(name, { members: new Map(), present: new Set() })
    this.domain = domains.get(name)
    this.domain.members.set(this.id, this)
    setImmediate(() => {
      this.onConnect()
      this.onPresenceChange([...this.domain.present])
    })
  }
  async close(error) {
    this.domain.members.delete(this.id)
    this.domain.present.delete(this.id)
    await super.close(error)
  }
  async setPresent(isPresent) {
    const { members, present } = this.domain
    if (isPresent) present.add(this.id)
    else present.delete(this.id)
    for (const member of members.values()) setImmediate(() => member.onPresenceChange([...present]))
  }
  async publishOperation(message) {
    for (const member of this.domain.members.values())
      if (member !== this) setImmediate(() => member.onOperation(message))
  }
  notifier({ channelId, toId }) {
    const publish = async message => this.later(toId, member => member.onNotify(channelId, message))
    return { id: channelId, publish, close() {} }
  }
  sender(parameters) {
    const { toId } = parameters
    return { id: toId, publish: async message => this.later(toId, member => member.onSent(message, parameters)) }
  }
  replier(parameters) {
    const { toId } = parameters
    return { id: toId, publish: async message => this.later(toId, member => member.onReply(message, parameters)) }
  }
  later(id, tell) {
    const member = this.domain.members.get(id)
    if (member) setImmediate(() => tell(member))
  }
}
