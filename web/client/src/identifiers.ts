/** Names that nobody else gives. */

/** A prefix and 128 random bits. `crypto.randomUUID` does not exist on pages served over plain HTTP from another host. */
export function newId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return prefix + Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
