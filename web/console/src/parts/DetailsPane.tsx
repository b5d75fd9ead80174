/** Beside the conversation: who the customer is, and why an answer was given. */

import { useSurroundings } from '../around.js';
import { Icon } from './icons.js';
import { CustomerView } from './CustomerView.js';
import { WhyView } from './WhyView.js';

export function DetailsPane() {
  const { desk, state } = useSurroundings();
  const { opened, why } = state;
  if (!opened) return null;
  const last = lastRun(opened.conversation.entries);
  return (
    <aside class="details-pane" aria-label="Details" tabIndex={-1}>
      <header>
        <button type="button" class="tool only-narrow" aria-label="Back to the conversation" onClick={() => desk.pane('conversation')}>
          <Icon name="back" />
        </button>
        <div class="tabs" role="group" aria-label="What is shown">
          <button type="button" aria-pressed={!why} onClick={() => desk.explain(null)}>
            Customer
          </button>
          {desk.may('why') && (
            <button type="button" aria-pressed={why !== null} disabled={!last && !why} onClick={() => desk.explain(why ?? last)}>
              Why this answer
            </button>
          )}
        </div>
      </header>
      <div class="details" tabIndex={0} role="group" aria-label={why ? 'Why this answer' : 'Customer'}>
        {why ? <WhyView runId={why} opened={opened} key={why} /> : <CustomerView opened={opened} />}
      </div>
    </aside>
  );
}

/** The run of the last answer. */
export function lastRun(entries: readonly { readonly kind: string; readonly runId?: string }[]): string | null {
  return entries.findLast(({ kind }) => kind === 'answer')?.runId ?? null;
}
