/** A card on which the customer decides: what is about to be done, or one of several. */

import type { Answer } from 'pitcrew-client';
import { useState } from 'preact/hooks';
import { choicesIn } from '../markdown.js';
import { filled } from '../messages.js';
import { useSurroundings } from '../surroundings.js';

const MOST_CHOICES = 8;

/** What a run asks before it does something. */
export function Decision({ answer }: { answer: Answer }) {
  const { client, language: { code, messages } } = useSurroundings();
  const [decided, setDecided] = useState(false);
  const [change, setChange] = useState<string | null>(null);
  const { request } = answer;
  if (!request) return null;
  const open = answer.status === 'asking';
  const decide = (value: unknown) => {
    setDecided(true);
    client.decide(answer, value);
  };
  const heading = request.kind === 'confirm' ? messages.decide : messages.choose;
  return (
    <div class="card" role="group" aria-label={heading} data-kind={request.kind}>
      <p class="prompt" dir="auto">{request.prompt}</p>
      {open && (
        <div class="options">
          {request.options.map(({ value, label }, at) => (
            <button type="button" class={at === 0 && request.kind === 'confirm' ? 'primary' : 'secondary'} disabled={decided}
              key={label} onClick={() => decide(value)}>{label}</button>
          ))}
          {change === null && (
            <button type="button" class="quiet" disabled={decided} onClick={() => setChange('')}>{messages.other}</button>
          )}
        </div>
      )}
      {open && change !== null && (
        <form class="change" onSubmit={(event) => { event.preventDefault(); if (change.trim()) decide({ change: change.trim() }); }}>
          <input aria-label={messages.other} value={change} onInput={(event) => setChange(event.currentTarget.value)}
            ref={(box) => { if (box && !change) box.focus(); }} />
          <button type="submit" class="primary" disabled={decided}>{messages.otherSend}</button>
        </form>
      )}
      <p class="hint">
        {open ? request.expires_at && filled(messages.until, { time: timeOf(request.expires_at, code) }) : messages.decided}
      </p>
    </div>
  );
}

function timeOf(iso: string, code: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : new Intl.DateTimeFormat(code, { timeStyle: 'short' }).format(time);
}

/** What an answer offers when it asks back: dates, dealers. A press says it. */
export function Choices({ answer }: { answer: Answer }) {
  const { client, language: { messages } } = useSurroundings();
  const asks = answer.metadata?.parts?.some(({ status }) => status === 'asked_back') ?? false;
  const choices = asks ? choicesIn(answer.text).slice(0, MOST_CHOICES) : [];
  if (choices.length < 2) return null;
  return (
    <div class="choices" role="group" aria-label={messages.choose}>
      {choices.map((choice) => (
        <button type="button" class="secondary" key={choice} onClick={() => client.send(choice)}>{choice}</button>
      ))}
    </div>
  );
}
