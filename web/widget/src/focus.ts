/** The focus of a page, within a part of it. */

const REACHABLE = 'button:not([disabled]), textarea, input, a[href], summary, [tabindex="0"]';

/** Keeps the Tab key within a part: behind its last element comes its first. */
export function kept(event: KeyboardEvent, part: HTMLElement): void {
  const reachable = [...part.querySelectorAll<HTMLElement>(REACHABLE)].filter((one) => one.checkVisibility());
  const [first, last] = [reachable[0], reachable.at(-1)];
  const focused = (part.getRootNode() as ShadowRoot).activeElement;
  if (!first || !last) return;
  if (event.shiftKey && focused === first) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && focused === last) {
    event.preventDefault();
    first.focus();
  }
}
