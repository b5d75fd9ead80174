/** Text by code points: the protocol's positions count those, JavaScript's count UTF-16 units. */

/** How many code points a text has. */
export function pointsIn(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The first `points` code points of a text, all of it where it has fewer. */
export function firstPoints(text: string, points: number): string {
  let units = 0;
  let left = points;
  for (const point of text) {
    if (left <= 0) break;
    units += point.length;
    left -= 1;
  }
  return text.slice(0, units);
}

/** A text that grows, and how many code points it has. */
export interface Growing {
  readonly text: string;
  readonly points: number;
}

/** `text[:offset] + piece`: repeats change nothing. In time proportional to the piece where it is simply the next one. */
export function spliced({ text, points }: Growing, offset: number, piece: string): Growing {
  if (offset >= points) return { text: text + piece, points: points + pointsIn(piece) };
  return { text: firstPoints(text, offset) + piece, points: offset + pointsIn(piece) };
}
