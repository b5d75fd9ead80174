/** A wrong answer becomes a case, with what it should have said; the evaluation tries it ever after. */

import { useState } from 'preact/hooks';
import { wordsOf } from '../api.js';
import { useSurroundings } from '../around.js';
import { Icon } from './icons.js';

export function Freezing({ messageId }: { messageId: string }) {
  const { acts } = useSurroundings();
  const [expected, setExpected] = useState('');
  const [comment, setComment] = useState('');
  const [said, setSaid] = useState<{ text: string; bad: boolean } | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await acts.freeze(messageId, expected.trim(), comment.trim());
      setSaid({ text: 'Kept as a case. The evaluation tries it from now on.', bad: false });
    } catch (failure) {
      setSaid({ text: wordsOf(failure), bad: true });
    }
  };
  return (
    <section class="card">
      <details>
        <summary>
          <Icon name="flag" />
          This answer is wrong
        </summary>
        <form class="stack" onSubmit={submit}>
          <label>
            What should it have said?
            <textarea rows={3} required maxLength={8000} value={expected} onInput={(event) => setExpected(event.currentTarget.value)} />
          </label>
          <label>
            Comment
            <input maxLength={2000} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
          </label>
          <button type="submit" class="secondary" disabled={!expected.trim()}>
            Keep as a case
          </button>
          {said && (
            <p class={said.bad ? 'problem' : 'done'} role="status">
              {said.text}
            </p>
          )}
        </form>
      </details>
    </section>
  );
}
