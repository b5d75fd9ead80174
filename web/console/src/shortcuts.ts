/** Keys and what they do. */

export interface Shortcut {
  readonly key: string;
  readonly shown: string;
  readonly does: string;
}

export const SHORTCUTS = {
  next: { key: 'j', shown: 'J', does: 'Next conversation' },
  previous: { key: 'k', shown: 'K', does: 'Previous conversation' },
  take: { key: 't', shown: 'T', does: 'Take over' },
  return: { key: 'r', shown: 'R', does: 'Return to the assistant' },
  write: { key: 'e', shown: 'E', does: 'Write a reply' },
  note: { key: 'n', shown: 'N', does: 'Write a private note' },
  close: { key: 'c', shown: 'C', does: 'Close, or reopen' },
  suggest: { key: 's', shown: 'S', does: 'Suggest a reply' },
  why: { key: 'w', shown: 'W', does: 'Why the last answer' },
  slash: { key: '/', shown: '/', does: 'Canned replies; search where no conversation is open' },
  search: { key: 'f', shown: 'F', does: 'Search conversations' },
  figures: { key: 'd', shown: 'D', does: 'Figures, and back to the desk' },
  help: { key: '?', shown: '?', does: 'These shortcuts' },
} as const satisfies Record<string, Shortcut>;

export type Action = keyof typeof SHORTCUTS;

/** Others that work where the focus is, to be shown. */
export const WITHIN: readonly { readonly shown: string; readonly does: string }[] = [
  { shown: '↑ ↓ Home End', does: 'Move in the list' },
  { shown: 'Enter', does: 'Open; send what is written' },
  { shown: 'Shift Enter', does: 'New line' },
  { shown: 'Ctrl Enter', does: 'Send what is written' },
  { shown: 'Esc', does: 'Leave a text box, close what is open' },
];

/** What a key press asks for; null where it is part of a text, or of something else of the browser's. */
export function actionOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'defaultPrevented'>,
  writing: boolean,
): Action | null {
  if (writing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const names = Object.keys(SHORTCUTS) as Action[];
  return names.find((name) => SHORTCUTS[name].key === key) ?? null;
}

/** Whether keys that are pressed there belong to a text or to a choice. */
export function takesKeys(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}
