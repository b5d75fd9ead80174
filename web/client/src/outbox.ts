/** What has yet to be obeyed by the server, in order: held until the sign-in has succeeded, sent again after a lost
 * connection, given up only when the server refuses it for good. All of it may be sent twice. */

import type { AnswerFrame, CancelFrame, DeleteFrame, FeedbackFrame, MessageFrame } from './frames.js';
import type { HandoverFrame } from './frames.js';

export type Command = MessageFrame | AnswerFrame | CancelFrame | DeleteFrame | FeedbackFrame | HandoverFrame;

export interface Waiting {
  /** What the server's answer to it repeats. */
  readonly request: string;
  readonly frame: Command;
  /** Attempts that the server asked to make again. */
  readonly refusals: number;
  /** Whether it left by the connection there is. */
  readonly sent: boolean;
}

export class Outbox {
  #waiting: readonly Waiting[];

  constructor(
    waiting: readonly Waiting[],
    private readonly onChange: (waiting: readonly Waiting[]) => void,
  ) {
    this.#waiting = waiting.map((one) => ({ ...one, sent: false }));
  }

  get waiting(): readonly Waiting[] {
    return this.#waiting;
  }

  add(request: string, frame: Command): void {
    this.#set([...this.#waiting, { request, frame, refusals: 0, sent: false }]);
  }

  /** What is named so, which is no longer waited for. */
  take(request: string): Waiting | undefined {
    const found = this.#waiting.find((one) => one.request === request);
    if (found) this.#set(this.#waiting.filter((one) => one !== found));
    return found;
  }

  /** The message with this name of the client's. */
  message(clientMessageId: string): Waiting | undefined {
    return this.#waiting.find(({ frame }) => frame.type === 'message' && frame.client_message_id === clientMessageId);
  }

  /** To be sent again. */
  again(request: string): Waiting | undefined {
    this.#set(this.#waiting.map((one) =>
      one.request === request ? { ...one, sent: false, refusals: one.refusals + 1 } : one));
    return this.#waiting.find((one) => one.request === request);
  }

  /** The connection is lost: nobody knows what of it arrived. */
  unsend(): void {
    this.#set(this.#waiting.map((one) => ({ ...one, sent: false })));
  }

  clear(): void {
    this.#set([]);
  }

  /** Sends what has not left, in order, until one does not leave. */
  flush(send: (waiting: Waiting) => boolean): void {
    const next = [...this.#waiting];
    for (const [at, one] of next.entries()) {
      if (one.sent) continue;
      if (!send(one)) break;
      next[at] = { ...one, sent: true };
    }
    this.#set(next);
  }

  #set(waiting: readonly Waiting[]): void {
    this.#waiting = waiting;
    this.onChange(waiting);
  }
}
