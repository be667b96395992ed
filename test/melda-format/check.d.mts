/** What was found: a named check (its section of the format before the slash), where, and in words. */
export interface Finding {
  check: string
  /** A file relative to the folder, a delta's id or an object's id. */
  where: string
  message: string
}

/** One object as the original would show it. */
export interface ShownObject {
  /** The winning revision. */
  winner: string
  /** The revisions that nobody followed, ascending; more than one are a conflict. */
  leaves: string[]
  /** The winner and its ancestors, newest first. */
  history: string[]
  /** The winner's object as canonical JSON; of an array's order, as it is stored: an order or a patch. */
  value: string
  /** By revision, the objects of the leaves that did not win. */
  conflicting: Record<string, string>
  /** Of an array's order that is not deleted: the ids with those of all leaves merged, as canonical JSON. */
  order?: string
}

/** A delta that the original does not apply, the check that says why, and what it needs. */
export interface Blocked {
  id: string
  reason: string
  needs?: string
}

export interface Report {
  /** Null for a folder without deltas. */
  generation: 'A' | 'B' | 'C' | 'D' | null
  flavour: 'plain' | 'flate' | 'brotli'
  /** With these the original cannot load the folder, or loses data. Only causes: what follows from them is in `blocked`. */
  errors: Finding[]
  warnings: Finding[]
  /** The ids of the applied deltas. */
  ready: string[]
  /** Those of them that no applied one follows. */
  anchors: string[]
  blocked: Blocked[]
  objects: Record<string, ShownObject>
  /** The document as canonical JSON, or the words with which the original fails. */
  read: { text: string } | { error: string } | { panic: string }
}

/** Checks a folder as it lies on the disk, which is only read. Throws if there is no folder. */
export function checkFolder(path: string): Report
