/** The named checks: each is one rule of the format, its section before the slash. */

/** With an error the original cannot load the folder, or loses data. */
const error = () => 'error'
const warning = () => 'warning'
/** Observed of the newest generation only. */
const errorOfD = generation => (generation === 'D' ? 'error' : 'warning')

export const checks = {
  '0/mixed-generations': [error, 'a delta of another generation than the folder is skipped'],
  'A.2/object-id': [warning, 'an id begins as those of orders or escaped strings do'],
  'A.2/primitive-item': [warning, 'an element that is no id is stored but not shown'],
  'A.2/repeated-item': [warning, 'an id stands twice in an order and is shown once'],
  'A.3/no-root': [warning, 'there is no object √: the whole cannot be read'],
  'A.3/root-deleted': [error, 'the root is deleted: reading panics'],
  'A.3/unknown-descriptor': [error, 'a field names an order that is not there: reading panics'],
  'A.5/hash-field': [error, 'an object with a # that is no short hexadecimal number cannot be found again'],
  'A.5/identifier': [warning, 'a stored object contains _id'],
  'B/depth': [error, 'too many arrays and objects within one another'],
  'B/exponent-style': [warning, 'a float that older and newer builds print differently'],
  'B/lone-surrogate': [error, 'an escaped surrogate without its other half'],
  'B/number-range': [error, 'a number beyond the range of a double'],
  'C/unknown-parent': [error, 'a record follows a revision that is not there: the change is not shown'],
  'C.1/deleted-object': [warning, 'a deletion became an object with the field _deleted'],
  'C.3/no-full-order': [error, 'patches of an order that begins nowhere'],
  'C.3/order-object': [error, 'an order whose object is neither an order nor a patch'],
  'C.5/patch': [error, 'a patch that does not apply'],
  'D.1/depth': [warning, 'a folder within a folder is not seen'],
  'D.1/folder': [error, 'a file does not stand in the folder of its first two characters'],
  'D.1/stray-file': [warning, 'a file that is none of the format; it is copied along'],
  'D.1/top-level-file': [error, 'a file at the top: the folder cannot be opened'],
  'D.2/canonical-bytes': [errorOfD, 'a delta is not canonical: it is destroyed when it is melded elsewhere'],
  'D.2/changes-order': [warning, 'records are not sorted by id'],
  'D.2/empty-field': [warning, 'an empty field that should be left out'],
  'D.2/field-type': [error, 'a field of a delta has another type'],
  'D.2/index': [error, 'the index is not one more than the highest of the parents: the delta is rejected'],
  'D.2/info-float': [warning, 'a float in the information may print otherwise'],
  'D.2/json': [error, 'a delta is no JSON object'],
  'D.2/key-order': [errorOfD, 'the fields of a delta are not sorted: it is destroyed when it is melded elsewhere'],
  'D.2/name': [error, 'a delta has another hash than its name says: it is skipped'],
  'D.2/name-copy': [warning, 'the name is taken for that of another delta, and the file not seen'],
  'D.2/name-form': [error, 'the name is not that of a delta: it is skipped'],
  'D.2/origin-update': [errorOfD, 'a delta without parents follows a revision: it is rejected'],
  'D.2/parent-id': [error, 'a parent is not the id of a delta'],
  'D.2/parents-order': [errorOfD, 'parents are not sorted by index, then hash, each once'],
  'D.2/record-length': [error, 'a record has neither two nor three elements: the delta is rejected'],
  'D.2/record-shape': [error, 'a record is no array of strings'],
  'D.2/revision-order': [warning, 'records of one object are not in the order of their revisions'],
  'D.2/revision-string': [error, 'a revision is not written as the original writes it'],
  'D.2/unknown-field': [errorOfD, 'a field that the format does not know is lost when the delta is melded elsewhere'],
  'D.3/brace-counting': [error, 'braces in a string hide objects of this pack'],
  'D.3/canonical-bytes': [warning, 'a pack has white space between its objects'],
  'D.3/canonical-object': [warning, 'an object is not canonical: it has another digest when it is written again'],
  'D.3/entries': [warning, 'an element of a pack is no object'],
  'D.3/index-file': [error, 'an index does not agree with its pack'],
  'D.3/json': [error, 'a pack is no JSON array'],
  'D.3/name': [error, 'a pack has another hash than its name says: the folder cannot be opened'],
  'D.4/array-conflict': [warning, 'an order has several leaves: the next commit hangs'],
  'D.4/missing-object': [error, 'the object of a revision is in no pack'],
  'D.4/missing-pack': [error, 'a pack that a delta names is missing'],
  'D.4/missing-parent': [error, 'a parent is missing'],
  'E/compressed-bytes': [error, 'a file cannot be decompressed'],
  'E/mixed-flavours': [error, 'a file is compressed otherwise than most: it is not seen'],
  'J/digest': [error, 'a patched object has another digest than its record says'],
}

/** What was found in one folder. */
export class Findings {
  #found = []

  /** The first reason why the folder cannot be opened at all, in the original's words. */
  failure

  /**
   * @param {keyof typeof checks} check
   * @param {string} where a file, a delta or an object
   */
  add(check, where, detail = '') {
    this.#found.push({ check, where, message: checks[check][1] + (detail === '' ? '' : `: ${detail}`) })
  }

  /** The folder cannot be opened. */
  fail(reason) {
    this.failure ??= reason
  }

  /** Those of a level, for a folder of this generation. */
  of(level, generation) {
    return this.#found.filter(({ check }) => checks[check][0](generation) === level)
  }
}
