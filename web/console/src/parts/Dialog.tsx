/** A window over the page; the browser keeps the focus in it, and Escape closes it. */

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Icon } from './icons.js';

interface Properties {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly narrow?: boolean;
}

export function Dialog({ title, onClose, children, narrow = false }: Properties) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const press = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose();
  };
  return (
    <dialog ref={dialog} aria-labelledby={name} class={narrow ? 'narrow' : ''} onClose={onClose} onClick={press}>
      <div class="sheet">
        <header>
          <h2 id={name}>{title}</h2>
          <button type="button" class="tool" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** A yes or no. */
export function Question({ text, yes, onAnswer }: { text: string; yes: string; onAnswer: (agreed: boolean) => void }) {
  return (
    <Dialog title="Are you sure?" narrow onClose={() => onAnswer(false)}>
      <p>{text}</p>
      <div class="options">
        <button type="button" class="secondary" onClick={() => onAnswer(false)}>
          Cancel
        </button>
        <button type="button" class="primary" autofocus onClick={() => onAnswer(true)}>
          {yes}
        </button>
      </div>
    </Dialog>
  );
}
