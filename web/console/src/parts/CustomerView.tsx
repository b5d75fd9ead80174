/** The customer: vehicle, appointments, what they thought of answers, other conversations. */

import { useSurroundings } from '../around.js';
import type { Opened } from '../opened.js';
import { rated } from '../timeline.js';
import { clock, full, moment } from '../times.js';
import type { Appointment } from '../types.js';
import { nameOf, plain, STATE_WORDS, unmarked } from '../words.js';
import { Face } from './Face.js';
import { Icon } from './icons.js';

export function CustomerView({ opened }: { opened: Opened }) {
  const { desk, now } = useSurroundings();
  const { row, customer } = opened;
  const facts = Object.entries(customer?.facts ?? {});
  const others = customer?.conversations.filter(({ conversation_id: id }) => id !== row.conversation_id) ?? [];
  const thumbs = rated(opened);
  const jump = (messageId: string) => {
    desk.pane('conversation');
    requestAnimationFrame(() => {
      const found = document.querySelector(`.log [data-message="${CSS.escape(messageId)}"]`);
      found?.scrollIntoView({ block: 'center' });
    });
  };
  return (
    <>
      <section class="card person">
        <Face id={row.customer.id} name={nameOf(row.customer)} />
        <div>
          <h3 dir="auto">{nameOf(row.customer)}</h3>
          {row.customer.email && <p dir="auto">{row.customer.email}</p>}
          <p class="hint">
            {row.customer.guest ? 'Guest' : row.customer.id}
            {customer?.zone ? ` · ${customer.zone}, ${local(customer.zone, now)}` : ''}
          </p>
        </div>
      </section>
      <section class="card">
        <h3>Vehicle and facts</h3>
        {facts.length ? (
          <dl>
            {facts.map(([name, value]) => (
              <div key={name}>
                <dt>{plain(name)}</dt>
                <dd dir="auto">{value}</dd>
              </div>
            ))}
          </dl>
        ) : (
          <p class="hint">Nothing is known yet.</p>
        )}
      </section>
      <section class="card">
        <h3>Appointments</h3>
        {customer?.appointments.length ? (
          <ul class="plain">
            {customer.appointments.map((one) => (
              <li key={one.id}>
                <b>{startOf(one)}</b>
                <span dir="auto">{[one.work, one.vehicle].filter(Boolean).join(' · ')}</span>
                <span class="hint" dir="auto">
                  {dealerOf(one)}
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <p class="hint">None to come.</p>
        )}
      </section>
      {thumbs.length > 0 && (
        <section class="card" data-part="feedback">
          <h3>Feedback</h3>
          <ul class="plain">
            {thumbs.map(
              ({ message_id: id, feedback, text }) =>
                feedback && (
                  <li key={id}>
                    <button type="button" class="entry" onClick={() => jump(id)}>
                      <span class="thumb" data-rating={feedback.rating}>
                        <Icon name={feedback.rating === 'up' ? 'up' : 'thumbDown'} />
                        {feedback.reason ? <q dir="auto">{feedback.reason}</q> : feedback.rating === 'up' ? 'Helpful' : 'Not helpful'}
                      </span>
                      <span class="hint short" dir="auto">
                        {unmarked(text)}
                      </span>
                    </button>
                  </li>
                ),
            )}
          </ul>
        </section>
      )}
      {others.length > 0 && (
        <section class="card">
          <h3>Other conversations</h3>
          <ul class="plain">
            {others.map((one) => (
              <li key={one.conversation_id}>
                <button type="button" class="entry" onClick={() => desk.open(one.conversation_id)}>
                  <span class="short" dir="auto">
                    {one.title || 'Without words'}
                  </span>
                  <span class="hint">
                    {STATE_WORDS[one.state]} · {moment(one.updated_at, now)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section class="card">
        <h3>Conversation</h3>
        <dl>
          <div>
            <dt>Began</dt>
            <dd>{full(row.created_at)}</dd>
          </div>
          <div>
            <dt>Messages</dt>
            <dd>{row.messages}</dd>
          </div>
          <div>
            <dt>Session</dt>
            <dd dir="auto">{row.session_id}</dd>
          </div>
        </dl>
      </section>
    </>
  );
}

function dealerOf({ dealer }: Appointment): string {
  return typeof dealer === 'string' ? dealer : [dealer.name, dealer.town].filter(Boolean).join(', ');
}

/** By the clock of the dealer, as the customer was told. */
function startOf({ local_time: local, starts_at: at, time_zone: zone }: Appointment): string {
  if (!local) return full(at);
  const date = new Date(at);
  const words = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    ...(zone ? { timeZone: zone } : {}),
  });
  return words.format(date);
}

function local(zone: string, now: number): string {
  try {
    return new Date(now).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone });
  } catch {
    return clock(new Date(now).toISOString());
  }
}
