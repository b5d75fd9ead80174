/** A message of the customer's, which can be asked otherwise. */

import type { Question } from 'pitcrew-client';
import { useRef, useState } from 'preact/hooks';
import { useSurroundings } from '../surroundings.js';
import { Icon } from './icons.js';

export function QuestionView({ question, editable }: { question: Question; editable: boolean }) {
  const { client, language: { messages } } = useSurroundings();
  const [editing, setEditing] = useState(false);
  const edit = useRef<HTMLButtonElement>(null);
  const close = () => {
    setEditing(false);
    requestAnimationFrame(() => edit.current?.focus());
  };
  if (editing) return <Editor question={question} onClose={close} />;
  return (
    <article class="question" data-status={question.status}>
      <h3 class="unseen">{messages.you}</h3>
      <p class="bubble" dir="auto" data-deleted={question.deleted}>{question.deleted ? messages.deleted : question.text}</p>
      {question.status === 'queued' && <p class="hint">{messages.queued}</p>}
      {question.status === 'refused' && (
        <div class="refusal">
          <p class="problem" role="alert">{question.problem?.text}</p>
          <button type="button" class="quiet" onClick={() => client.discard(question)}>{messages.discard}</button>
          <button type="button" class="secondary" onClick={() => client.retry(question)}>
            <Icon name="again" />{messages.retry}
          </button>
        </div>
      )}
      {editable && question.messageId && question.clientMessageId && !question.deleted && (
        <button type="button" class="tool" aria-label={messages.edit} title={messages.edit} ref={edit}
          onClick={() => setEditing(true)}><Icon name="edit" /></button>
      )}
    </article>
  );
}

function Editor({ question, onClose }: { question: Question; onClose: () => void }) {
  const { client, language: { messages } } = useSurroundings();
  const [text, setText] = useState(question.text);
  const save = () => {
    if (!text.trim() || !question.messageId) return;
    client.send(text.trim(), { replaces: question.messageId });
    onClose();
  };
  const press = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      save();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    }
  };
  return (
    <form class="editor" onSubmit={(event) => { event.preventDefault(); save(); }}>
      <textarea aria-label={messages.editing} rows={3} value={text} dir="auto" onKeyDown={press}
        onInput={(event) => setText(event.currentTarget.value)}
        ref={(box) => { if (box && box.getRootNode() instanceof ShadowRoot && text === question.text) box.focus(); }} />
      <div class="options">
        <button type="button" class="quiet" onClick={onClose}>{messages.keep}</button>
        <button type="submit" class="primary">{messages.save}</button>
      </div>
    </form>
  );
}
