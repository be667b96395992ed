import { createHash } from 'node:crypto'

/**
 * The name of the folder of a domain, below a folder of data: a digest, so that no two domains share one whatever a file system thinks
 * of case and length, and as much of the domain's name as any file system takes, for people.
 * The layout is one for the gateway and for commands, so that `--data` can name the folder of a gateway that is stopped.
 */
export function folderOfDomain(domain: string): string {
  const digest = createHash('sha256').update(`meldwork folder 1\n${domain}`).digest('hex').slice(0, 16)
  const readable = domain
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '_')
    .slice(0, 80)
    .replace(/\.+$/, '')
  return `${digest}-${readable}`
}
