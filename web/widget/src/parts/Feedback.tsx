/** Whether an answer helped, and what was wrong with it. */

import { useState } from 'preact/hooks';
import { useSurroundings } from '../surroundings.js';
import { Icon } from './icons.js';

const MOST_CHARACTERS = 2_000;

export function Feedback({ messageId }: { messageId: string }) {
  const { client, snapshot, language: { messages } } = useSurroundings();
  const [asking, setAsking] = useState(false);
  const [thanked, setThanked] = useState(false);
  const [reason, setReason] = useState('');
  const rating = snapshot.ratings[messageId]?.rating;
  const rate = (chosen: 'up' | 'down') => {
    client.rate(messageId, chosen);
    setAsking(chosen === 'down');
    setThanked(chosen === 'up');
  };
  const explain = (event: Event) => {
    event.preventDefault();
    if (reason.trim()) client.rate(messageId, 'down', reason.trim());
    setAsking(false);
    setThanked(true);
  };
  return (
    <>
      <button type="button" class="tool" aria-pressed={rating === 'up'} aria-label={messages.helpful}
        title={messages.helpful} onClick={() => rate('up')}><Icon name="up" /></button>
      <button type="button" class="tool" aria-pressed={rating === 'down'} aria-label={messages.notHelpful}
        title={messages.notHelpful} onClick={() => rate('down')}><Icon name="thumbDown" /></button>
      {asking && (
        <form class="reason" onSubmit={explain}>
          <textarea aria-label={messages.whatWasWrong} placeholder={messages.whatWasWrong} rows={2} maxLength={MOST_CHARACTERS}
            value={reason} onInput={(event) => setReason(event.currentTarget.value)}
            ref={(box) => { if (box && !reason) box.focus(); }} />
          <button type="submit" class="primary">{messages.sendReason}</button>
        </form>
      )}
      <span class="hint" role="status">{thanked ? messages.thanks : ''}</span>
    </>
  );
}
