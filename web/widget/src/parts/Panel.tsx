/** The chat window. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { ConnectionState, Owner } from 'pitcrew-client';
import { filled, type Messages } from '../messages.js';
import { useSurroundings } from '../surroundings.js';
import { kept } from '../focus.js';
import { Composer } from './Composer.js';
import { Icon } from './icons.js';
import { initial, Log } from './Log.js';

/** A connection that comes back sooner is not worth a word. */
const PATIENCE_MS = 1_500;

export function Panel({ onClose }: { onClose: () => void }) {
  const { client, snapshot, settings, language: { messages } } = useSurroundings();
  const panel = useRef<HTMLDivElement>(null);
  const [sent, setSent] = useState(0);
  const { owner, entries } = snapshot;
  useEffect(() => panel.current?.querySelector<HTMLElement>('[data-part=composer]')?.focus(), []);
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented) {
      event.stopPropagation();
      onClose();
    } else if (event.key === 'Tab' && panel.current) kept(event, panel.current);
  };
  const person = () => {
    if (snapshot.features.includes('handover')) client.handOver();
    else client.send(messages.personWish);
  };
  return (
    <div class="panel" role="dialog" aria-modal="true" aria-label={settings.title ?? messages.title} ref={panel}
      onKeyDown={press}>
      <header>
        <span class="face" aria-hidden="true">{owner.name ? initial(owner.name) : <Icon name="chat" />}</span>
        <div class="who">
          <h2 dir="auto">{owner.name ?? settings.title ?? messages.title}</h2>
          <p dir="auto">{status(owner, messages, settings.subtitle)}</p>
        </div>
        {entries.length > 0 && (
          <button type="button" class="tool" aria-label={messages.startOver} title={messages.startOver}
            onClick={() => client.startOver()}><Icon name="plus" /></button>
        )}
        <button type="button" class="tool" aria-label={messages.close} title={messages.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <Banner connection={snapshot.connection} />
      {snapshot.problem && <p class="banner" role="alert">{snapshot.problem.text}</p>}
      <Log sent={sent} />
      <Composer onSend={() => setSent((times) => times + 1)} />
      <footer>
        <p>{owner.state === 'staff' ? '' : messages.disclaimer}</p>
        {owner.state === 'bot' && entries.length > 0 && (
          <button type="button" class="link" onClick={person}><Icon name="person" />{messages.person}</button>
        )}
      </footer>
    </div>
  );
}

function status(owner: Owner, messages: Messages, subtitle: string | null): string {
  if (owner.state === 'waiting')
    return owner.place === null ? messages.waiting : `${messages.waiting} · ${filled(messages.place, { n: owner.place })}`;
  return owner.name ? filled(messages.joined, { name: owner.name }) : subtitle ?? messages.subtitle;
}

/** What is wrong with the connection, once that has lasted. */
function Banner({ connection }: { connection: ConnectionState }) {
  const { settings, language: { messages } } = useSurroundings();
  const [lasting, setLasting] = useState(false);
  const away = connection.name === 'waiting' || connection.name === 'connecting';
  useEffect(() => {
    setLasting(false);
    if (!away) return undefined;
    const timer = setTimeout(() => setLasting(true), navigator.onLine ? PATIENCE_MS : 0);
    return () => clearTimeout(timer);
  }, [away]);
  const text = connection.name === 'refused' ? messages.signInRefused
    : connection.name === 'idle' && !settings.credential ? messages.signInNeeded
      : away && lasting ? (navigator.onLine ? messages.reconnecting : messages.offline) : '';
  return <p class="banner" role="status" data-shown={text !== ''}>{text}</p>;
}
