/** An answer of the assistant's: on the way, as it is written, and whole. */

import type { Answer, Question } from 'pitcrew-client';
import { useState } from 'preact/hooks';
import { useSurroundings } from '../surroundings.js';
import { Choices, Decision } from './Decision.js';
import { Feedback } from './Feedback.js';
import { Icon } from './icons.js';
import { RichText } from './RichText.js';
import { Sources } from './Sources.js';

interface Properties {
  readonly answer: Answer;
  /** What it answers. */
  readonly question: Question | null;
  readonly last: boolean;
}

export function AnswerView({ answer, question, last }: Properties) {
  const { client, language: { messages } } = useSurroundings();
  const [wanted, setWanted] = useState<{ number: number; times: number } | null>(null);
  const underWay = answer.status === 'waiting' || answer.status === 'writing';
  // A decision was pressed, not written: it is not asked again.
  const repeatable = last && Boolean(question?.messageId && question.clientMessageId);
  const again = () => question && client.regenerate(question);
  const say = (number: number) => setWanted((before) => ({ number, times: (before?.times ?? 0) + 1 }));
  return (
    <article class="answer" data-status={answer.status} aria-busy={underWay}>
      <h3 class="unseen">{messages.assistant}</h3>
      {answer.text && <RichText text={answer.text} passages={answer.passages} onSource={say} />}
      {underWay && <Progress name={answer.steps.at(-1)?.name ?? 'starting'} said={answer.steps.at(-1)?.message ?? ''} />}
      <Decision answer={answer} />
      {answer.status === 'complete' && answer.metadata?.flagged && <p class="hint">{messages.unsupported}</p>}
      {answer.status === 'complete' && <Sources answer={answer} wanted={wanted} />}
      {answer.status === 'cancelled' && !answer.request && <p class="hint">{messages.stopped}</p>}
      {answer.status === 'failed' && <p class="problem" role="alert">{answer.problem?.text}</p>}
      {last && answer.status === 'complete' && <Choices answer={answer} />}
      <div class="tools">
        {answer.status === 'complete' && answer.messageId && (
          <>
            <Copy text={answer.text} />
            <Feedback messageId={answer.messageId} />
          </>
        )}
        {repeatable && (answer.status === 'failed' || (answer.status === 'cancelled' && !answer.request)) && (
          <button type="button" class="secondary" onClick={again}><Icon name="again" />{messages.retry}</button>
        )}
        {repeatable && answer.status === 'complete' && answer.messageId && (
          <button type="button" class="tool" aria-label={messages.regenerate} title={messages.regenerate} onClick={again}>
            <Icon name="again" />
          </button>
        )}
      </div>
    </article>
  );
}

/** The step that an answer has come to. @param said the server's words for it */
export function Progress({ name, said }: { name: string; said: string }) {
  const { language: { messages } } = useSurroundings();
  return (
    <p class="progress">
      <span class="dots" aria-hidden="true"><i /><i /><i /></span>
      <span>{messages.steps[name] ?? said}</span>
    </p>
  );
}

function Copy({ text }: { text: string }) {
  const { language: { messages } } = useSurroundings();
  const [copied, setCopied] = useState(false);
  const name = copied ? messages.copied : messages.copy;
  const copy = () => {
    void navigator.clipboard?.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 2_000);
    }, () => undefined);
  };
  return (
    <button type="button" class="tool" aria-label={name} title={name} onClick={copy}>
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
}
