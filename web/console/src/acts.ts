/** What a member of staff does with the open conversation. The server's word comes back as a new row, or by the socket. */

import { Refused, wordsOf } from './api.js';
import type { Desk } from './desk.js';
import { noted, sending, told } from './opened.js';
import type { Canned, Case, Message, Note, Priority, Row, Suggestion } from './types.js';

const TYPING_MS = 2_500;
/** After so long without a key one is not writing any more. */
const PAUSE_MS = 4_000;

export class Acts {
  #typedAt = 0;
  #stopping: ReturnType<typeof setTimeout> | undefined;

  /** @param ask asks a yes or no of whoever sits here */
  constructor(
    private readonly desk: Desk,
    private readonly ask: (question: string, yes: string) => Promise<boolean>,
  ) {}

  get #row(): Row | null {
    return this.desk.state.opened?.row ?? null;
  }

  /** Whether the open conversation is this member's. */
  get mine(): boolean {
    const row = this.#row;
    return row?.state === 'staff' && row.staff?.id === this.desk.state.me?.id;
  }

  /** @returns whether it is mine now */
  async take(): Promise<boolean> {
    const row = this.#row;
    if (!row || this.mine) return row !== null;
    const theirs = row.state === 'staff' ? (row.staff?.name ?? 'A colleague') : null;
    if (theirs && !(await this.ask(`${theirs} has this conversation. Take it over all the same?`, 'Take over'))) return false;
    return this.#changed('POST', 'take', { force: theirs !== null }, 'It is yours. The assistant is silent now.');
  }

  giveBack(): Promise<boolean> {
    return this.#changed('POST', 'return', {}, 'The assistant answers again.');
  }

  close(): Promise<boolean> {
    return this.#changed('POST', 'close', {}, 'Closed.');
  }

  reopen(): Promise<boolean> {
    return this.#changed('POST', 'reopen', {}, 'Open again. The assistant answers.');
  }

  assign(staffId: string): Promise<boolean> {
    if (staffId === this.desk.state.me?.id) return this.take();
    const colleague = this.desk.state.members.find(({ id }) => id === staffId);
    return this.#changed(
      'POST',
      'assign',
      { staff_id: staffId, name: colleague?.name ?? '' },
      `${colleague?.name ?? 'Your colleague'} has it now.`,
    );
  }

  prioritise(priority: Priority): Promise<boolean> {
    return this.#changed('PUT', 'priority', { priority });
  }

  tag(tags: readonly string[]): Promise<boolean> {
    return this.#changed('PUT', 'tags', { tags });
  }

  async #changed(method: 'POST' | 'PUT', act: string, body: object, done = ''): Promise<boolean> {
    const row = this.#row;
    if (!row) return false;
    try {
      const { conversation } = await this.desk.api.send<{ conversation: Row }>(method, `${pathOf(row)}/${act}`, body);
      this.desk.take(conversation);
      if (done) this.desk.say(done);
      return true;
    } catch (failure) {
      this.desk.say(
        failure instanceof Refused && failure.code === 'CONFLICT'
          ? 'The conversation has changed meanwhile: look again.'
          : wordsOf(failure),
        true,
      );
      return false;
    }
  }

  /** Sends a reply, and takes the conversation over before that where it is not mine.
   * @returns whether it was taken on; a reply that then fails stays in the conversation and can be sent again */
  async reply(text: string): Promise<boolean> {
    const row = this.#row;
    if (!row || !text.trim()) return false;
    if (!this.mine && !(await this.take())) return false;
    this.typing(false);
    await this.#sent(row, crypto.randomUUID(), text);
    return true;
  }

  resend(id: string): void {
    const row = this.#row;
    const text = this.desk.state.opened?.outgoing.find((one) => one.id === id)?.text;
    if (row && text) void this.#sent(row, id, text);
  }

  discard(id: string): void {
    const row = this.#row;
    if (row) this.desk.change(row.conversation_id, (opened) => ({ ...opened, outgoing: opened.outgoing.filter((one) => one.id !== id) }));
  }

  async #sent(row: Row, id: string, text: string): Promise<void> {
    const { conversation_id: conversationId } = row;
    const show = (messageId: string | null, problem: string | null) =>
      this.desk.change(conversationId, (opened) =>
        sending(opened, { id, text, status: problem === null ? 'sending' : 'failed', messageId, problem }),
      );
    show(null, null);
    try {
      const { message } = await this.desk.api.send<{ message: Message }>('POST', `${pathOf(row)}/reply`, { text, client_message_id: id });
      this.desk.change(conversationId, (opened) => told(opened, [message]));
      show(message.message_id, null);
    } catch (failure) {
      show(null, wordsOf(failure));
    }
  }

  /** @returns whether it was kept */
  async note(text: string): Promise<boolean> {
    const row = this.#row;
    if (!row || !text.trim()) return false;
    try {
      const { note } = await this.desk.api.send<{ note: Note }>('POST', `${pathOf(row)}/notes`, { text });
      this.desk.change(row.conversation_id, (opened) => noted(opened, note));
      return true;
    } catch (failure) {
      this.desk.say(wordsOf(failure), true);
      return false;
    }
  }

  /** The customer sees that somebody writes, at most so often. */
  typing(going: boolean): void {
    const row = this.#row;
    clearTimeout(this.#stopping);
    if (!row || !this.mine) return;
    if (going) this.#stopping = setTimeout(() => this.typing(false), PAUSE_MS);
    if (going ? Date.now() - this.#typedAt < TYPING_MS : this.#typedAt === 0) return;
    this.#typedAt = going ? Date.now() : 0;
    this.desk.send({ type: 'typing', conversation_id: row.conversation_id, typing: going });
  }

  async suggest(): Promise<Suggestion | null> {
    const row = this.#row;
    if (!row) return null;
    try {
      const { suggestion } = await this.desk.api.send<{ suggestion: Suggestion }>('POST', `${pathOf(row)}/suggestion`);
      this.desk.change(row.conversation_id, (opened) => ({ ...opened, suggestion }));
      return suggestion;
    } catch (failure) {
      const nothing = failure instanceof Refused && failure.code === 'CONFLICT';
      this.desk.say(nothing ? 'There is nothing to suggest: nothing was asked, or the conversation went on.' : wordsOf(failure), !nothing);
      return null;
    }
  }

  dismiss(): void {
    const row = this.#row;
    if (row) this.desk.change(row.conversation_id, (opened) => ({ ...opened, suggestion: null }));
  }

  /** An answer of the bot's becomes a case, which is tried ever after. Raises Refused. */
  async freeze(messageId: string, expected: string, comment: string): Promise<Case> {
    const row = this.#row;
    if (!row) throw new Error('No conversation is open.');
    const body = { expected, ...(comment.trim() ? { comment } : {}) };
    const answer = await this.desk.api.send<{ case: Case }>('POST', `${pathOf(row)}/messages/${encodeURIComponent(messageId)}/case`, body);
    return answer.case;
  }

  /** Raises Refused. */
  async keepCanned(id: string | null, canned: Pick<Canned, 'shortcut' | 'title' | 'text'>): Promise<void> {
    if (id === null) await this.desk.api.send('POST', '/canned', canned);
    else await this.desk.api.send('PUT', `/canned/${encodeURIComponent(id)}`, canned);
  }

  /** Raises Refused. */
  async dropCanned(id: string): Promise<void> {
    await this.desk.api.send('DELETE', `/canned/${encodeURIComponent(id)}`);
  }
}

export function pathOf({ conversation_id: id }: Row): string {
  return `/conversations/${encodeURIComponent(id)}`;
}
