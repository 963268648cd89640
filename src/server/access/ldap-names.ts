/** RFC 4514 §2.4. */
const SPECIAL = /[\\"#+,;<=>]|^ | $/g;

/** As whom a user binds. A name with `=` in it is a distinguished name: there his own stays one value, whatever is in it. */
export function bindName(template: string, user: string): string {
  const value = template.includes('=') ? escapedValue(user) : user;
  return template.replace('{user}', () => value);
}

/** A value of a distinguished name in the text of one. */
export function escapedValue(text: string): string {
  return text.replace(SPECIAL, '\\$&').replaceAll('\0', '\\00');
}
