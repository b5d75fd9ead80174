/** The conversation that is open, as a value: what the socket and the store of messages tell of it. Pure. */

import { newConversation, received, type Conversation, type Received } from './protocol.js';
import type { CustomerPage, Message, Note, Row, Suggestion } from './types.js';

/** A reply on its way. */
export interface Outgoing {
  readonly id: string;
  readonly text: string;
  readonly status: 'sending' | 'failed';
  /** Known once the server has it. */
  readonly messageId: string | null;
  readonly problem: string | null;
}

export interface Opened {
  readonly row: Row;
  readonly conversation: Conversation;
  /** What is stored of messages, by id: times, thumbs. */
  readonly messages: Readonly<Record<string, Message>>;
  readonly notes: readonly Note[];
  /** When a live entry came, by its id. */
  readonly seenAt: Readonly<Record<string, string>>;
  /** Whether the past has been told. */
  readonly live: boolean;
  /** What stands in the customer's composer; null: writing, the words are not shown. */
  readonly typing: { readonly text: string | null; readonly at: number } | null;
  /** Up to which seq the customer has read. */
  readonly readUpto: number;
  readonly outgoing: readonly Outgoing[];
  readonly customer: CustomerPage | null;
  readonly suggestion: Suggestion | null;
}

export function newlyOpened(row: Row): Opened {
  return {
    row,
    conversation: newConversation(row.session_id),
    messages: {},
    notes: [],
    seenAt: {},
    live: false,
    typing: null,
    readUpto: 0,
    outgoing: [],
    customer: null,
    suggestion: null,
  };
}

export type StaffEvent =
  Received | { readonly type: 'typing'; readonly text?: string | null } | { readonly type: 'seen'; readonly upto_seq: number };

/** The conversation after an event of it.
 * @param now milliseconds since 1970 */
export function heard(before: Opened, frame: StaffEvent, now: number): Opened {
  if (frame.type === 'typing') {
    const typing = frame.text === '' ? null : { text: frame.text ?? null, at: now };
    return { ...before, typing };
  }
  if (frame.type === 'seen') return { ...before, readUpto: Math.max(before.readUpto, frame.upto_seq) };
  const conversation = received(before.conversation, frame as Received);
  if (conversation === before.conversation) return before;
  const after = { ...before, conversation, seenAt: timed(before, conversation, now) };
  if (frame.type === 'ack') return overtaken({ ...after, typing: null }, frame.seq ?? null);
  if (frame.type !== 'staff_message') return after;
  const outgoing = before.outgoing.filter(({ messageId }) => messageId !== frame.message_id);
  return overtaken({ ...after, outgoing }, frame.seq ?? null);
}

/** A draft of a reply is of no use once something was said after it. */
function overtaken(after: Opened, seq: number | null): Opened {
  return after.suggestion && seq !== null && seq > after.suggestion.seq ? { ...after, suggestion: null } : after;
}

function timed(before: Opened, after: Conversation, now: number): Opened['seenAt'] {
  if (!before.live) return before.seenAt;
  const fresh = after.entries.filter(({ id }) => !(id in before.seenAt) && !before.conversation.entries.some((entry) => entry.id === id));
  if (!fresh.length) return before.seenAt;
  const at = new Date(now).toISOString();
  return { ...before.seenAt, ...Object.fromEntries(fresh.map(({ id }) => [id, at])) };
}

/** With what is stored of some messages. */
export function told(before: Opened, messages: readonly Message[], notes?: readonly Note[]): Opened {
  const known = { ...before.messages, ...Object.fromEntries(messages.map((message) => [message.message_id, message])) };
  return { ...before, messages: known, notes: notes ? merged(before.notes, notes) : before.notes };
}

export function noted(before: Opened, note: Note): Opened {
  return { ...before, notes: merged(before.notes, [note]) };
}

function merged(before: readonly Note[], more: readonly Note[]): readonly Note[] {
  const all = new Map([...before, ...more].map((note) => [note.note_id, note]));
  return [...all.values()].sort((one, other) => (one.created_at < other.created_at ? -1 : 1));
}

/** With a reply on its way changed, or a new one. */
export function sending(before: Opened, outgoing: Outgoing): Opened {
  const others = before.outgoing.filter(({ id }) => id !== outgoing.id);
  const arrived = before.conversation.entries.some((entry) => entry.kind === 'staff' && entry.id === outgoing.messageId);
  return { ...before, outgoing: arrived ? others : [...others, outgoing] };
}
