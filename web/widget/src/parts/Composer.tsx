/** Where the customer writes. */

import type { Answer } from 'pitcrew-client';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { filled } from '../messages.js';
import { useSurroundings } from '../surroundings.js';
import { Icon } from './icons.js';

const USUAL_LIMIT = 8_000;

export function Composer({ onSend }: { onSend: () => void }) {
  const { client, snapshot, language: { messages } } = useSurroundings();
  const [text, setText] = useState('');
  const box = useRef<HTMLTextAreaElement>(null);
  const over = Array.from(text.normalize()).length - (snapshot.limits?.message_chars ?? USUAL_LIMIT);
  const answering = snapshot.entries.findLast((entry): entry is Answer =>
    entry.kind === 'answer' && (entry.status === 'waiting' || entry.status === 'writing'));
  useLayoutEffect(() => {
    if (!box.current) return;
    // As high as its text, within what the style sheet allows.
    box.current.rows = 1;
    const line = Number.parseFloat(getComputedStyle(box.current).lineHeight) || 22;
    box.current.rows = Math.max(1, Math.min(6, Math.round((box.current.scrollHeight - 12) / line)));
  }, [text]);
  const write = (words: string) => {
    setText(words);
    client.typing(words);
  };
  const send = () => {
    if (!text.trim() || over > 0) return;
    client.send(text.trim());
    write('');
    onSend();
    box.current?.focus();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
      <textarea ref={box} rows={1} dir="auto" aria-label={messages.composer} placeholder={messages.placeholder} value={text}
        aria-invalid={over > 0} data-part="composer" onKeyDown={press}
        onInput={(event) => write(event.currentTarget.value)} />
      {answering && !text.trim() ? (
        <button type="button" class="round" aria-label={messages.stop} title={messages.stop}
          onClick={() => client.cancel(answering)}><Icon name="stop" /></button>
      ) : (
        <button type="submit" class="round" aria-label={messages.send} title={messages.send}
          disabled={!text.trim() || over > 0}><Icon name="send" /></button>
      )}
      {over > 0 && <p class="hint" role="status">{filled(messages.tooLong, { n: over })}</p>}
    </form>
  );
}
