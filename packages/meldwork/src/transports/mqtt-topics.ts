import type { Topic } from '../pubsub/index.js'

/** How topics are written for MQTT: parts with `/` between them, behind a prefix. */
export class MqttTopics {
  private readonly start: string

  constructor(prefix: string) {
    this.start = `${prefix}/`
  }

  /** The greatest number of bytes that a topic of a channel takes: of one for a peer of the longest name. */
  get maxBytes(): number {
    return this.start.length + 'channels/'.length + 64 + '/here/'.length + 64
  }

  write(topic: Topic): string {
    return this.start + topic.join('/')
  }

  /** @returns undefined for a topic that is not behind the prefix */
  read(name: string): Topic | undefined {
    return name.startsWith(this.start) ? name.slice(this.start.length).split('/') : undefined
  }
}
