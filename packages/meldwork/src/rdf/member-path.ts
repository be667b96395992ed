const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** A member of an object or array, appended to a path: RFC 9535 (JSONPath), as `$.friend[0]['@id']`. */
export function memberPath(path: string, member: string | number): string {
  if (typeof member === 'number') return `${path}[${member}]`
  if (plainName.test(member)) return `${path}.${member}`
  return `${path}['${member.replace(/[\\']/g, '\\$&')}']`
}
