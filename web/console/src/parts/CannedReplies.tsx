/** Replies that are written once and used often: looked at, written, removed. */

import { useState } from 'preact/hooks';
import { wordsOf } from '../api.js';
import { useSurroundings } from '../around.js';
import type { Canned } from '../types.js';
import { Dialog } from './Dialog.js';
import { Icon } from './icons.js';

const NEW = { canned_id: '', shortcut: '', title: '', text: '' };

export function CannedReplies({ onClose }: { onClose: () => void }) {
  const { desk, acts, state } = useSurroundings();
  const [edited, setEdited] = useState<Canned | null>(null);
  const [problem, setProblem] = useState('');
  const run = (work: Promise<void>) => {
    setProblem('');
    work.then(
      () => setEdited(null),
      (failure: unknown) => setProblem(wordsOf(failure)),
    );
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (edited) run(acts.keepCanned(edited.canned_id || null, { shortcut: edited.shortcut, title: edited.title, text: edited.text }));
  };
  const set = (change: Partial<Canned>) => edited && setEdited({ ...edited, ...change });
  return (
    <Dialog title="Canned replies" onClose={onClose}>
      {edited ? (
        <form class="stack" onSubmit={submit}>
          <label>
            Shortcut
            <input
              required
              pattern="[a-z0-9_\-]+"
              maxLength={40}
              value={edited.shortcut}
              placeholder="hello"
              title="a-z, 0-9, - and _"
              onInput={(event) => set({ shortcut: event.currentTarget.value.toLowerCase() })}
            />
          </label>
          <label>
            Title
            <input
              required
              maxLength={255}
              value={edited.title}
              placeholder="Greeting"
              onInput={(event) => set({ title: event.currentTarget.value })}
            />
          </label>
          <label>
            Text
            <textarea
              required
              rows={5}
              maxLength={8000}
              value={edited.text}
              placeholder="Hello {customer}, {name} here."
              onInput={(event) => set({ text: event.currentTarget.value })}
            />
          </label>
          <p class="hint">
            {'{name}'} becomes your name, {'{customer}'} the customer's.
          </p>
          {problem && (
            <p class="problem" role="alert">
              {problem}
            </p>
          )}
          <div class="options">
            {edited.canned_id && desk.may('canned_drop') && (
              <button type="button" class="quiet" onClick={() => run(acts.dropCanned(edited.canned_id))}>
                Remove
              </button>
            )}
            <span class="gap" />
            <button type="button" class="secondary" onClick={() => setEdited(null)}>
              Cancel
            </button>
            <button type="submit" class="primary">
              Keep
            </button>
          </div>
        </form>
      ) : (
        <>
          {state.canned.length === 0 && <p class="hint">There are none yet. What is written here comes by / in a reply.</p>}
          <ul class="plain canned-all">
            {state.canned.map((one) => (
              <li key={one.canned_id}>
                <button type="button" class="entry" disabled={!desk.may('canned_change')} onClick={() => setEdited(one)}>
                  <b>/{one.shortcut}</b> <span dir="auto">{one.title}</span>
                  <span class="hint short" dir="auto">
                    {one.text}
                  </span>
                </button>
              </li>
            ))}
          </ul>
          {desk.may('canned_add') && (
            <button type="button" class="primary" autofocus onClick={() => setEdited(NEW)}>
              <Icon name="plus" />
              New reply
            </button>
          )}
        </>
      )}
    </Dialog>
  );
}
