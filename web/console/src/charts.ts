/** The arithmetic of charts. Pure. */

/** A round number at or above the largest value, for the top of an axis; at least 4, which has whole quarters. */
export function ceiling(values: readonly number[]): number {
  const most = Math.max(4, ...values);
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 6, 8, 10, 12].map((step) => step * power).find((top) => top >= most && top % 4 === 0) ?? 20 * power;
}

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Stacked bars: for each column its pieces, from below.
 * @param columns values of the pieces of each column
 * @param top the value at the upper edge */
export function stacked(columns: readonly (readonly number[])[], width: number, height: number, top: number, gap = 0.28): Bar[][] {
  const step = width / Math.max(1, columns.length);
  return columns.map((values, at) => {
    let floor = height;
    return values.map((value) => {
      const tall = (value / top) * height;
      floor -= tall;
      return { x: at * step + (step * gap) / 2, y: floor, width: step * (1 - gap), height: tall };
    });
  });
}
