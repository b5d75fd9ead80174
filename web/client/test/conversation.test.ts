import { describe, expect, test } from 'vitest';
import { backoffMs } from '../src/backoff.js';
import { asked, newConversation, received, type Conversation, type Received } from '../src/conversation.js';
import type { Answer, Question } from '../src/entries.js';
import { firstPoints, pointsIn, spliced } from '../src/points.js';
import { socketAddress } from '../src/index.js';
import { ack, complete, type Frame } from './scripted.js';

const after = (...frames: Frame[]): Conversation =>
  frames.reduce((conversation, frame) => received(conversation, frame as unknown as Received), newConversation('s'));
const question = { type: 'message', message: 'Hi', session_id: 's', client_message_id: 'c1' };
const token = (offset: number, piece: string, run = 'r1'): Frame => ({ type: 'token', run_id: run, offset, token: piece });
const texts = ({ entries }: Conversation) => entries.map((one) => ('text' in one ? one.text : one.owner.state));
const last = (conversation: Conversation) => conversation.entries.at(-1) as Answer;

describe('text', () => {
  test('positions count code points', () => {
    expect(pointsIn('a🚗é')).toBe(3);
    expect(firstPoints('🚗🚗🚗', 2)).toBe('🚗🚗');
    expect(spliced({ text: '🚗🚗x', points: 3 }, 2, 'y🚗')).toEqual({ text: '🚗🚗y🚗', points: 4 });
    expect(texts(after(ack(question), token(0, '🚗🚗'), token(2, ' ok'), token(2, ' okay')))).toEqual(['Hi', '🚗🚗 okay']);
  });

  test('repeats change nothing, and the end counts', () => {
    const once = after(ack(question), token(0, 'ab'), token(2, 'cd'));
    expect(last(after(ack(question), token(0, 'ab'), token(2, 'cd'), token(0, 'abcd'))).text).toBe(last(once).text);
    expect(last(after(ack(question), token(0, 'ab'), complete('other words'), token(2, 'late'))).text).toBe('other words');
  });
});

describe('order', () => {
  test('a durable frame that comes twice is told once', () => {
    const frames = [ack(question), complete('Hello')];
    expect(after(...frames, ...frames).entries).toEqual(after(...frames).entries);
  });

  test('answers stand below their questions, and what is not yet accepted last', () => {
    let conversation = after(ack(question));
    const own: Question = {
      kind: 'question', id: 'c2', text: 'And?', status: 'sending', clientMessageId: 'c2', messageId: null, sentAt: null,
      replaces: null, deleted: false, problem: null,
    };
    conversation = asked(conversation, own);
    conversation = received(conversation, token(0, 'Hello') as unknown as Received);
    expect(texts(conversation)).toEqual(['Hi', 'Hello', 'And?']);
    const other = ack({ ...question, client_message_id: 'c3', message: 'From my phone' }, 2);
    conversation = received(conversation, other as unknown as Received);
    expect(texts(conversation)).toEqual(['Hi', 'Hello', 'From my phone', '', 'And?']);
    const mine = ack({ ...question, client_message_id: 'c2', message: 'And?' }, 3);
    conversation = received(conversation, mine as unknown as Received);
    expect(texts(conversation)).toEqual(['Hi', 'Hello', 'From my phone', '', 'And?', '']);
    expect(conversation.entries[4]?.id).toBe('c2');
  });

  test('a restarted run forgets its text and sources', () => {
    const conversation = after(ack(question), { type: 'sources', run_id: 'r1', passages: [{ id: 'p' }], seq: 2 },
      token(0, 'Half'), { type: 'run_restarted', run_id: 'r1', attempt: 2, seq: 3 });
    expect(last(conversation)).toMatchObject({ status: 'waiting', text: '', passages: [] });
  });

  test('a replaced message goes with all after it', () => {
    const conversation = after(ack(question), complete('Old'), ack({ ...question, client_message_id: 'c2' }, 3), complete('B', 4, 'r3'),
      { type: 'superseded', message_id: 'm1', by: 'm6', run_id: 'r6', seq: 5 },
      ack({ ...question, message: 'Better', client_message_id: 'c3' }, 6));
    expect(texts(conversation)).toEqual(['Better', '']);
    expect(conversation.seq).toBe(6);
  });

  test('a deleted message keeps its place', () => {
    const conversation = after(ack(question), complete('Hello'), { type: 'deleted', message_id: 'm1', run_id: 'r1', seq: 3 });
    expect(conversation.entries[0]).toMatchObject({ text: '', deleted: true });
  });

  test('a conversation that was begun anew drops what came before', () => {
    const gone = after(ack(question), complete('Hello'),
      { type: 'resumed', session_id: 's', after: 0, head_seq: 1, epoch: 'f' });
    expect(gone).toMatchObject({ entries: [], seq: 0, epoch: 'f' });
    const heard = after(ack(question), complete('Hello'), ack({ ...question, message: 'New', client_message_id: 'c9' }, 1, { epoch: 'f', message_id: 'n' }));
    expect(texts(heard)).toEqual(['New', '']);
  });
});

describe('endings', () => {
  test.each([
    [{ type: 'cancelled', run_id: 'r1', partial_response: 'Ha', side_effects: [], seq: 2 }, 'cancelled', 'Ha'],
    [{ type: 'error', run_id: 'r1', error: 'Stalled', code: 'PROCESSING_ERROR', reason: 'LLM_STALLED', retryable: true, ref: 'x', seq: 2 }, 'failed', 'Hal'],
  ])('%j', (frame, status, text) => {
    expect(last(after(ack(question), token(0, 'Hal'), frame))).toMatchObject({ status, text });
  });
});

describe('people', () => {
  const owner = (state: string, seq: number, more: object = {}): Frame =>
    ({ type: 'owner', session_id: 's', owner: state === 'staff' ? 'staff' : 'bot', state, seq, ...more });

  test('the queue, the person, what they say, and the assistant again', () => {
    const conversation = after(ack(question), complete('Hello'),
      owner('waiting', 3, { notice: 'Somebody is coming.', queue: { place: 2 } }));
    expect(conversation.owner).toEqual({ state: 'waiting', name: null, notice: 'Somebody is coming.', place: 2 });
    const typing: Frame = { type: 'staff_typing', session_id: 's', name: 'Ada', typing: true };
    const said: Frame = { type: 'staff_message', session_id: 's', message: 'I am here', name: 'Ada', message_id: 'x', seq: 5 };
    const first = [ack(question), complete('Hello'), owner('staff', 4, { staff: { name: 'Ada' } }), typing];
    expect(after(...first)).toMatchObject({ owner: { name: 'Ada', state: 'staff' }, staffTyping: 'Ada' });
    const whole = after(...first, said, said, owner('bot', 6));
    expect(whole).toMatchObject({ staffTyping: null, owner: { state: 'bot' }, seq: 6 });
    expect(whole.entries.map(({ kind }) => kind)).toEqual(['question', 'answer', 'owner', 'staff', 'owner']);
  });

  test('what is said to a person begins no answer', () => {
    expect(after(owner('staff', 1), ack(question, 2, { run_id: null })).entries.map(({ kind }) => kind)).toEqual(['owner', 'question']);
  });

  test('of another conversation nothing is told', () => {
    const foreign = { type: 'staff_message', session_id: 'other', message: 'x', name: 'Ada', message_id: 'x', seq: 1 };
    expect(after(foreign, ack({ ...question, session_id: 'other' }))).toEqual(newConversation('s'));
  });
});

test('waits double up to a ceiling, fall anywhere below it, and respect the server\'s wish', () => {
  expect([0, 1, 2, 3, 4, 5, 9].map((attempt) => backoffMs(attempt, 0, () => 1))).toEqual(
    [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  expect(backoffMs(9, 0, () => 0)).toBe(0);
  expect(backoffMs(0, 3000, () => 0.5)).toBe(3250);
});

test.each([
  ['https://chat.example.com', 'wss://chat.example.com/ws/chat'],
  ['http://localhost:8000/', 'ws://localhost:8000/ws/chat'],
  ['https://example.com/help/', 'wss://example.com/help/ws/chat'],
  ['wss://example.com/ws/chat?token=x', 'wss://example.com/ws/chat'],
])('%s is reached at %s', (url, address) => expect(socketAddress(url)).toBe(address));
