/** A conversation as a value: a frame goes in, the next conversation comes out. Pure; a frame may come more than once. */

import {
  BOT, ended, newAnswer, type Answer, type Entry, type Owner, type Problem, type Question,
} from './entries.js';
import type {
  AcceptedFrame, CancelledFrame, CompleteFrame, ErrorFrame, InputRequiredFrame, ResumedFrame, ServerFrame,
} from './frames.js';
import type { OwnerFrame, StaffMessageFrame, StaffTypingFrame } from './handover.js';
import { pointsIn, spliced } from './points.js';

export interface Conversation {
  readonly sessionId: string;
  /** Which life of the session id this is; null before the server has told. */
  readonly epoch: string | null;
  /** The last durable event that is in here. */
  readonly seq: number;
  /** In their order; what has yet to be accepted stands last. */
  readonly entries: readonly Entry[];
  readonly owner: Owner;
  /** The person who is writing now. */
  readonly staffTyping: string | null;
}

type StaffFrame = OwnerFrame | StaffMessageFrame | StaffTypingFrame;
export type Received = ServerFrame | StaffFrame;

export function newConversation(sessionId: string): Conversation {
  return { sessionId, epoch: null, seq: 0, entries: [], owner: BOT, staffTyping: null };
}

/** The conversation with a message that the server has yet to accept. */
export function asked(before: Conversation, question: Question): Conversation {
  return { ...before, entries: [...before.entries, question] };
}

/** The conversation with other words about a message that has yet to be accepted. */
export function changed(before: Conversation, clientMessageId: string, change: Partial<Question>): Conversation {
  const entries = before.entries.map((entry) =>
    entry.kind === 'question' && pending(entry) && entry.clientMessageId === clientMessageId
      ? { ...entry, ...change } : entry);
  return { ...before, entries };
}

/** The conversation without a message that was never accepted. */
export function without(before: Conversation, clientMessageId: string): Conversation {
  const entries = before.entries.filter((entry) =>
    !(entry.kind === 'question' && pending(entry) && entry.clientMessageId === clientMessageId));
  return { ...before, entries };
}

export function problemOf(frame: ErrorFrame): Problem {
  const { code, error, reason, retryable, ref } = frame;
  return { code, text: error, reason: reason ?? null, retryable, ref };
}

/** The conversation after a frame of it; the same one where the frame tells nothing new. */
export function received(before: Conversation, frame: Received): Conversation {
  if (frame.type === 'resumed') return resumed(before, frame);
  if (frame.type === 'ack') return accepted(before, frame);
  const seq = 'seq' in frame && typeof frame.seq === 'number' ? frame.seq : null;
  if (seq !== null && seq <= before.seq) return before;
  const after = told(before, frame);
  return seq === null || after === before ? after : { ...after, seq };
}

function told(before: Conversation, frame: Exclude<Received, ResumedFrame | AcceptedFrame>): Conversation {
  switch (frame.type) {
    case 'owner':
    case 'staff_message':
    case 'staff_typing':
      return frame.session_id === before.sessionId ? fromStaff(before, frame) : before;
    case 'deleted':
      return revised(before, (entry) => (entry.kind === 'question' && entry.messageId === frame.message_id
        ? { ...entry, text: '', deleted: true } : entry));
    case 'superseded':
      return superseded(before, frame.message_id);
    default:
      return 'run_id' in frame && frame.run_id ? ofRun(before, frame.run_id, frame) : before;
  }
}

/** Of the answers of a run the last one: a run that has asked goes on below the customer's decision. */
function ofRun(before: Conversation, runId: string, frame: ServerFrame): Conversation {
  const at = before.entries.findLastIndex((entry) => entry.kind === 'answer' && entry.runId === runId);
  const answer = before.entries[at];
  if (answer?.kind !== 'answer') return before;
  const after = answered(answer, frame);
  return { ...before, entries: before.entries.with(at, after) };
}

function answered(answer: Answer, frame: ServerFrame): Answer {
  if (ended(answer)) return answer;
  switch (frame.type) {
    case 'progress': {
      const step = { name: frame.step, message: frame.message };
      const steps = answer.steps.at(-1)?.name === step.name ? answer.steps.slice(0, -1) : answer.steps;
      return { ...answer, steps: [...steps, step] };
    }
    case 'routed':
      return { ...answer, agents: frame.agents };
    case 'sources':
      return { ...answer, passages: frame.passages };
    case 'token':
      return answer.status === 'asking' ? answer
        : { ...answer, status: 'writing', ...spliced(answer, frame.offset, frame.token) };
    case 'run_restarted':
      return newAnswer(answer.id, answer.runId);
    case 'input_required':
      return asking(answer, frame);
    case 'complete':
      return completed(answer, frame);
    case 'cancelled':
      return cancelled(answer, frame);
    case 'error':
      return { ...answer, status: 'failed', problem: problemOf(frame), seq: frame.seq ?? null };
    default:
      return answer;
  }
}

function asking(answer: Answer, frame: InputRequiredFrame): Answer {
  const text = frame.partial_response ?? '';
  return { ...answer, status: 'asking', request: frame, text, points: pointsIn(text), seq: frame.seq ?? null };
}

/** What the server says at the end counts, whatever the tokens were. */
function completed(answer: Answer, frame: CompleteFrame): Answer {
  const { metadata, response } = frame;
  return {
    ...answer, status: 'complete', text: response, points: pointsIn(response), metadata,
    agents: answer.agents.length ? answer.agents : metadata.agents ?? [], citations: metadata.context?.citations ?? [],
    messageId: frame.message_id ?? null, seq: frame.seq ?? null,
  };
}

function cancelled(answer: Answer, frame: CancelledFrame): Answer {
  const text = frame.partial_response;
  return { ...answer, status: 'cancelled', text, points: pointsIn(text), seq: frame.seq ?? null };
}

function accepted(before: Conversation, frame: AcceptedFrame): Conversation {
  if (frame.session_id !== before.sessionId) return before;
  const started = before.epoch !== null && before.epoch !== frame.epoch ? anew(before) : before;
  const epoch = { ...started, epoch: frame.epoch };
  if (epoch.entries.some((entry) => entry.kind === 'question' && entry.messageId === frame.message_id))
    return without(epoch, frame.client_message_id ?? '');
  return settled(epoch, frame);
}

/** The message takes its place behind what was accepted before, and its answer the place below it. */
function settled(before: Conversation, frame: AcceptedFrame): Conversation {
  const own = before.entries.find((entry): entry is Question =>
    entry.kind === 'question' && pending(entry) && entry.clientMessageId === (frame.client_message_id ?? NOBODY));
  const question: Question = {
    kind: 'question', id: own?.id ?? frame.message_id, text: frame.message, status: 'sent',
    clientMessageId: frame.client_message_id ?? null, messageId: frame.message_id, sentAt: frame.sent_at,
    replaces: frame.replaces ?? null, deleted: frame.message === '', problem: null,
  };
  const others = before.entries.filter((entry) => entry !== own).map((entry) =>
    entry.kind === 'answer' && entry.runId === frame.run_id && entry.status === 'asking'
      ? { ...entry, status: 'decided' as const } : entry);
  // While a person answers there is no run.
  const answers = frame.run_id ? [newAnswer(`${frame.run_id}/${frame.message_id}`, frame.run_id)] : [];
  const place = others.findIndex((entry) => entry.kind === 'question' && pending(entry));
  const entries = others.toSpliced(place < 0 ? others.length : place, 0, question, ...answers);
  return { ...before, entries, seq: Math.max(before.seq, frame.seq ?? 0) };
}

const NOBODY = '\0';

function resumed(before: Conversation, frame: ResumedFrame): Conversation {
  if (frame.session_id !== before.sessionId) return before;
  const kept = frame.after < before.seq ? anew(before) : before;
  return { ...kept, epoch: frame.epoch };
}

/** Nothing that came counts any more; what has yet to be accepted stays. */
function anew(before: Conversation): Conversation {
  const entries = before.entries.filter((entry) => entry.kind === 'question' && pending(entry));
  return { ...newConversation(before.sessionId), entries };
}

/** A message and all after it are a branch of the past, but for what has yet to be accepted. */
function superseded(before: Conversation, messageId: string): Conversation {
  const first = before.entries.findIndex((entry) => entry.kind === 'question' && entry.messageId === messageId);
  if (first < 0) return { ...before };
  const entries = before.entries.filter((entry, at) => at < first || (entry.kind === 'question' && pending(entry)));
  return { ...before, entries };
}

function fromStaff(before: Conversation, frame: StaffFrame): Conversation {
  switch (frame.type) {
    case 'staff_typing':
      return { ...before, staffTyping: frame.typing ? frame.name : null };
    case 'staff_message':
      return { ...placed(before, staffMessage(frame)), staffTyping: null };
    case 'owner': {
      const owner = ownerOf(frame);
      const change: Entry = { kind: 'owner', id: `owner/${frame.seq ?? ''}`, owner, seq: frame.seq ?? null };
      return { ...placed(before, change), owner, staffTyping: null };
    }
  }
}

function staffMessage(frame: StaffMessageFrame): Entry {
  const { message_id: id, name, message: text } = frame;
  return { kind: 'staff', id, name, text, sentAt: frame.sent_at ?? null, seq: frame.seq ?? null };
}

function ownerOf(frame: OwnerFrame): Owner {
  return {
    state: frame.state, name: frame.staff?.name ?? null, notice: frame.notice ?? null, place: frame.queue?.place ?? null,
  };
}

/** Behind what was accepted. */
function placed(before: Conversation, entry: Entry): Conversation {
  const place = before.entries.findIndex((one) => one.kind === 'question' && pending(one));
  return { ...before, entries: before.entries.toSpliced(place < 0 ? before.entries.length : place, 0, entry) };
}

function revised(before: Conversation, revise: (entry: Entry) => Entry): Conversation {
  return { ...before, entries: before.entries.map(revise) };
}

function pending(question: Question): boolean {
  return question.status !== 'sent';
}
