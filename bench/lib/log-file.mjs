// The least that a durable log costs: records appended to one file, and a flush that serves all who wait for one (group commit).
import { open } from 'node:fs/promises'

export class LogFile {
  #handle
  #waiting = []
  #running = false

  async open(path) {
    this.#handle = await open(path, 'a')
  }

  /** Resolves when the bytes are on the disk (fdatasync, as LevelDB does). */
  append(bytes) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject })
      if (!this.#running) void this.#run()
    })
  }

  async #run() {
    this.#running = true
    // Whoever appends in this turn is in the first group.
    await undefined
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      try {
        await this.#handle.appendFile(Buffer.concat(group.map(({ bytes }) => bytes)))
        await this.#handle.datasync()
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.#running = false
  }

  async close() {
    await this.#handle.close()
  }
}
