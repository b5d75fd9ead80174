/** What the page may listen to. */

import type { Entry, Owner, PitcrewClient, Snapshot } from 'pitcrew-client';

export interface Events {
  readonly open: undefined;
  readonly close: undefined;
  /** The connection: `ready`, `waiting`, `refused` and so on. */
  readonly connection: { readonly state: string };
  /** Something was said: by the customer, once it is accepted, by the assistant, once it is whole, or by a person. */
  readonly message: { readonly from: 'customer' | 'assistant' | 'staff'; readonly text: string; readonly name: string | null };
  readonly unread: { readonly count: number };
  /** Who answers from now on. */
  readonly owner: Owner;
}

type Listener = (event: never) => void;

export class Heard {
  readonly #listeners = new Map<keyof Events, Set<Listener>>();

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  tell<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        // The page's own fault is no reason to stop the chat.
        reportError(error);
      }
    }
  }

  /** Tells what happens in a client. */
  follow(client: PitcrewClient): void {
    let before = client.snapshot();
    client.subscribe(() => {
      const after = client.snapshot();
      const [from, to] = [before, after];
      before = after;
      this.#compare(from, to);
    });
  }

  #compare(before: Snapshot, after: Snapshot): void {
    if (before.connection.name !== after.connection.name) this.tell('connection', { state: after.connection.name });
    if (before.unread !== after.unread) this.tell('unread', { count: after.unread });
    if (before.owner !== after.owner) this.tell('owner', after.owner);
    if (before.entries === after.entries) return;
    const said = new Map(before.entries.map((entry) => [entry.id, spoken(entry)]));
    for (const entry of after.entries) {
      const message = spoken(entry);
      if (message && !said.get(entry.id)) this.tell('message', message);
    }
  }
}

function spoken(entry: Entry): Events['message'] | null {
  switch (entry.kind) {
    case 'question':
      return entry.status === 'sent' ? { from: 'customer', text: entry.text, name: null } : null;
    case 'answer':
      return entry.status === 'complete' ? { from: 'assistant', text: entry.text, name: null } : null;
    case 'staff':
      return { from: 'staff', text: entry.text, name: entry.name };
    case 'owner':
      return null;
  }
}
