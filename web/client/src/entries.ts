/** What a conversation consists of, for those who show it. All of it is immutable. */

import type {
  CitedSpan, CompleteFrame, InputRequiredFrame, RoutedAgent, SourcePassage,
} from './frames.js';

/** Why something did not work. `text` is the server's, for people. */
export interface Problem {
  readonly code: string;
  readonly text: string;
  readonly reason: string | null;
  readonly retryable: boolean;
  /** Stands in the server's log. */
  readonly ref: string | null;
}

/** A message of the customer's. `queued` waits for a connection, `sending` for the server's word. */
export interface Question {
  readonly kind: 'question';
  /** Stays the same as long as the entry is shown. */
  readonly id: string;
  readonly text: string;
  readonly status: 'queued' | 'sending' | 'sent' | 'refused';
  readonly clientMessageId: string | null;
  /** The server's name for it: what `replaces` and `delete` need. */
  readonly messageId: string | null;
  readonly sentAt: string | null;
  readonly replaces: string | null;
  readonly deleted: boolean;
  readonly problem: Problem | null;
}

/** A step on the way to an answer; `message` says it to a person. */
export interface Step {
  readonly name: string;
  readonly message: string;
}

export interface Rating {
  readonly rating: 'up' | 'down';
  readonly reason: string | null;
}

/** One answer of the assistant's. `asking`: the run waits for the customer to decide on `request`; `decided`: it goes on
 * below that. */
export interface Answer {
  readonly kind: 'answer';
  readonly id: string;
  readonly runId: string;
  readonly status: 'waiting' | 'writing' | 'asking' | 'decided' | 'complete' | 'failed' | 'cancelled';
  readonly text: string;
  /** Code points of `text`. */
  readonly points: number;
  readonly steps: readonly Step[];
  readonly agents: readonly RoutedAgent[];
  /** What was found, in the order of the markers `[1]`, `[2]` …. */
  readonly passages: readonly SourcePassage[];
  /** What the finished answer rests on. */
  readonly citations: readonly CitedSpan[];
  readonly metadata: CompleteFrame['metadata'] | null;
  readonly request: InputRequiredFrame | null;
  readonly messageId: string | null;
  readonly seq: number | null;
  readonly problem: Problem | null;
}

/** What a person of the staff said. */
export interface StaffMessage {
  readonly kind: 'staff';
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly sentAt: string | null;
  readonly seq: number | null;
}

/** Who answers the customer. */
export interface Owner {
  readonly state: 'bot' | 'waiting' | 'staff' | 'closed';
  /** The person's name, where one answers. */
  readonly name: string | null;
  /** What happens next, in the customer's words. */
  readonly notice: string | null;
  /** The place in the queue, from 1. */
  readonly place: number | null;
}

/** The owner has changed. */
export interface OwnerChange {
  readonly kind: 'owner';
  readonly id: string;
  readonly owner: Owner;
  readonly seq: number | null;
}

export type Entry = Question | Answer | StaffMessage | OwnerChange;

export const BOT: Owner = { state: 'bot', name: null, notice: null, place: null };

export function newAnswer(id: string, runId: string): Answer {
  return {
    kind: 'answer', id, runId, status: 'waiting', text: '', points: 0, steps: [], agents: [], passages: [],
    citations: [], metadata: null, request: null, messageId: null, seq: null, problem: null,
  };
}

/** Whether nothing more comes of an answer. */
export function ended(answer: Answer): boolean {
  return !['waiting', 'writing', 'asking'].includes(answer.status);
}
