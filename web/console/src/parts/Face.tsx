/** Somebody, as a disc with initials in a colour of their own. */

const HUES = 8;

export function Face({ name, id, small = false, status }: { name: string; id: string; small?: boolean; status?: 'here' | 'away' }) {
  return (
    <span class={small ? 'face small' : 'face'} data-hue={hue(id)} aria-hidden="true">
      {initials(name)}
      {status && <i class="status" data-status={status} />}
    </span>
  );
}

export function initials(name: string): string {
  const words = name
    .trim()
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => /[\p{L}\p{N}]/u.exec(word ?? '')?.[0] ?? '');
  return letters.join('').toUpperCase() || '?';
}

function hue(id: string): number {
  let sum = 0;
  for (const point of id) sum = (sum * 31 + (point.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}
