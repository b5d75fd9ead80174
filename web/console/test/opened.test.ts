import { describe, expect, it } from 'vitest';
import { heard, newlyOpened, noted, sending, told, type Opened, type StaffEvent } from '../src/opened.js';
import { rated, timeline } from '../src/timeline.js';
import type { Message } from '../src/types.js';
import { row } from './rows.js';

const NOW = Date.UTC(2026, 10, 23, 9, 0);
const SESSION = 'session-a';

function ack(id: string, seq: number, run: string | null, sent = '2026-11-23T08:00:00.000Z') {
  return {
    type: 'ack',
    message_id: id,
    run_id: run,
    session_id: SESSION,
    message: `text of ${id}`,
    sent_at: sent,
    epoch: 'e',
    seq,
  } as never as StaffEvent;
}

function after(...frames: object[]): Opened {
  return frames.reduce<Opened>((before, frame) => heard(before, frame as StaffEvent, NOW), { ...newlyOpened(row('a')), live: true });
}

const stored = (id: string, change: Partial<Message> = {}): Message => ({
  message_id: id,
  seq: 2,
  role: 'assistant',
  text: 'x',
  created_at: '2026-11-23T08:00:05.000Z',
  run_id: 'r',
  name: null,
  agent: null,
  declined: false,
  deleted: false,
  superseded_by: null,
  feedback: null,
  ...change,
});

describe('an opened conversation', () => {
  const token = { type: 'token', run_id: 'r', token: 'It is 50', offset: 0 };

  it('shows the answer as it comes, and that a person took over in the middle of it', () => {
    const streaming = after(ack('q', 1, 'r'), token);
    expect(streaming.conversation.entries.at(-1)).toMatchObject({ kind: 'answer', status: 'writing', text: 'It is 50' });
    const taken = [
      { type: 'cancelled', run_id: 'r', partial_response: 'It is 50', side_effects: [], seq: 2 },
      { type: 'owner', session_id: SESSION, owner: 'staff', state: 'staff', staff: { name: 'Ada' }, seq: 3 },
      { type: 'token', run_id: 'r', token: ' kg', offset: 8 },
    ].reduce((before, frame) => heard(before, frame as never, NOW), streaming);
    expect(timeline(taken).map(({ kind }) => kind)).toEqual(['day', 'question', 'answer', 'owner']);
    expect(taken.conversation.entries[1]).toMatchObject({ status: 'cancelled', text: 'It is 50' });
  });

  it('has no answer below a message that a person answers', () => {
    expect(timeline(after(ack('q', 1, null))).map(({ kind }) => kind)).toEqual(['day', 'question']);
  });

  it('shows what the customer is typing until it is sent or erased', () => {
    const typing = after({ type: 'typing', text: 'how do I' });
    expect(typing.typing).toEqual({ text: 'how do I', at: NOW });
    expect(heard(typing, { type: 'typing', text: '' }, NOW).typing).toBeNull();
    expect(heard(typing, ack('q', 1, null), NOW).typing).toBeNull();
    expect(after({ type: 'typing' }).typing).toEqual({ text: null, at: NOW });
  });

  it('drops a suggestion once something was said after it', () => {
    const suggestion = { text: 'x', citations: [], agent: null, confidence: null, declined: false, seq: 3 };
    const suggested = { ...after(ack('q', 3, null)), suggestion };
    expect(heard(suggested, ack('q', 3, null), NOW).suggestion).toBe(suggestion);
    expect(heard(suggested, ack('p', 4, null), NOW).suggestion).toBeNull();
    const said = { type: 'staff_message', session_id: SESSION, message: 'hi', message_id: 'm', name: 'Ben', seq: 4 };
    expect(heard(suggested, said as never, NOW).suggestion).toBeNull();
  });

  it('shows a reply once, whichever comes first, the answer or the event', () => {
    const outgoing = { id: 'o', text: 'hi', status: 'sending', messageId: null, problem: null } as const;
    const said = {
      type: 'staff_message',
      session_id: SESSION,
      message: 'hi',
      message_id: 'm',
      name: 'Ada',
      seq: 1,
      sent_at: '2026-11-23T08:00:00.000Z',
    };
    const event = heard(sending(newlyOpened(row('a')), outgoing), said as never, NOW);
    expect(sending(event, { ...outgoing, messageId: 'm' }).outgoing).toEqual([]);
    const answer = sending(sending(newlyOpened(row('a')), outgoing), { ...outgoing, messageId: 'm' });
    expect(answer.outgoing).toHaveLength(1);
    expect(heard(answer, said as never, NOW).outgoing).toEqual([]);
  });

  it('marks what the customer has read, and never less of it', () => {
    const said = {
      type: 'staff_message',
      session_id: SESSION,
      message: 'hi',
      message_id: 'm',
      name: 'Ada',
      seq: 4,
      sent_at: '2026-11-23T08:00:00.000Z',
    };
    const read = after(said, { type: 'seen', upto_seq: 4 }, { type: 'seen', upto_seq: 2 });
    expect(timeline(read).at(-1)).toMatchObject({ kind: 'staff', read: true });
  });

  it('puts notes where they were written', () => {
    const note = (id: string, created_at: string) => ({
      note_id: id,
      conversation_id: 'a',
      text: id,
      author: { id: 'ben', name: 'Ben' },
      created_at,
    });
    let opened = after(ack('q', 1, null, '2026-11-23T08:00:00.000Z'), ack('p', 2, null, '2026-11-23T08:10:00.000Z'));
    opened = noted(noted(opened, note('late', '2026-11-23T08:20:00.000Z')), note('between', '2026-11-23T08:05:00.000Z'));
    expect(timeline(opened).map(({ id }) => id)).toEqual(['day Mon Nov 23 2026', 'q', 'between', 'p', 'late']);
    expect(noted(opened, note('late', '2026-11-23T08:20:00.000Z')).notes).toHaveLength(2);
  });

  it('begins each day with its name', () => {
    const opened = after(ack('q', 1, null, '2026-11-22T12:00:00.000Z'), ack('p', 2, null, '2026-11-23T12:00:00.000Z'));
    expect(timeline(opened).map(({ kind }) => kind)).toEqual(['day', 'question', 'day', 'question']);
  });

  it('knows the thumbs of answers', () => {
    const opened = told(after(ack('q', 1, 'r')), [
      stored('b', { seq: 4, feedback: { rating: 'up', reason: null, at: '' } }),
      stored('a', { feedback: { rating: 'down', reason: 'wrong', at: '' } }),
      stored('c'),
    ]);
    expect(rated(opened).map(({ message_id: id }) => id)).toEqual(['a', 'b']);
  });
});
