/** What is shown of a conversation, in its order: what was said, what was noted, and where another day begins. Pure. */

import type { Outgoing, Opened } from './opened.js';
import type { Answer, OwnerChange, Question, StaffMessage } from './protocol.js';
import type { Message, Note } from './types.js';

export type Item =
  | { readonly kind: 'day'; readonly id: string; readonly at: string }
  | { readonly kind: 'question'; readonly id: string; readonly at: string | null; readonly entry: Question }
  | { readonly kind: 'answer'; readonly id: string; readonly at: string | null; readonly entry: Answer; readonly message: Message | null }
  | { readonly kind: 'staff'; readonly id: string; readonly at: string | null; readonly entry: StaffMessage; readonly read: boolean }
  | { readonly kind: 'owner'; readonly id: string; readonly at: string | null; readonly entry: OwnerChange }
  | { readonly kind: 'note'; readonly id: string; readonly at: string; readonly note: Note }
  | { readonly kind: 'outgoing'; readonly id: string; readonly at: string | null; readonly outgoing: Outgoing };

export function timeline(opened: Opened): Item[] {
  const said = opened.conversation.entries.map((entry): Item => {
    const { id } = entry;
    switch (entry.kind) {
      case 'question':
        return { kind: 'question', id, at: entry.sentAt, entry };
      case 'answer': {
        const message = opened.messages[entry.messageId ?? ''] ?? null;
        return { kind: 'answer', id, at: message?.created_at ?? opened.seenAt[id] ?? null, entry, message };
      }
      case 'staff':
        return { kind: 'staff', id, at: entry.sentAt, entry, read: entry.seq !== null && entry.seq <= opened.readUpto };
      case 'owner':
        return { kind: 'owner', id, at: opened.seenAt[id] ?? null, entry };
    }
  });
  const outgoing = opened.outgoing.map((one): Item => ({ kind: 'outgoing', id: one.id, at: null, outgoing: one }));
  return withDays([...withNotes(said, opened.notes), ...outgoing]);
}

/** Notes stand behind what had been said by then. What has no time of its own has that of what stands before it. */
function withNotes(said: readonly Item[], notes: readonly Note[]): Item[] {
  const waiting = notes.map((note): Item => ({ kind: 'note', id: note.note_id, at: note.created_at, note }));
  const items: Item[] = [];
  for (const item of said) {
    while (waiting[0] && item.at !== null && (waiting[0].at ?? '') < item.at) items.push(...waiting.splice(0, 1));
    items.push(item);
  }
  return [...items, ...waiting];
}

function withDays(items: readonly Item[]): Item[] {
  let last = '';
  return items.flatMap((item): Item[] => {
    const at = item.at;
    const day = at === null ? last : new Date(at).toDateString();
    if (day === last || at === null) return [item];
    last = day;
    return [{ kind: 'day', id: `day ${day}`, at }, item];
  });
}

/** The thumbs that were given in a conversation, in its order. */
export function rated(opened: Opened): Message[] {
  return Object.values(opened.messages)
    .filter(({ feedback }) => feedback)
    .sort((one, other) => one.seq - other.seq);
}
