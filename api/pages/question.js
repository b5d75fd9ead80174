/** The customer's own message on the page: read, edited, asked again, or taken back. */

import { button, element } from './element.js';

const SURE_MS = 5_000;

export class QuestionView {
  #editing = false;
  #sure = 0;

  /**
   * @param {import('./conversation.js').Turn} turn
   * @param {{replace: (turn, text: string) => boolean, remove: (turn) => boolean}} actions
   */
  constructor(turn, actions) {
    this.turn = turn;
    this.actions = actions;
    this.bubble = element('p', 'bubble');
    this.delivery = element('p', 'delivery');
    this.edit = button('', 'Edit', () => this.#open());
    this.again = button('', 'Regenerate', () => this.actions.replace(this.turn, this.turn.question));
    this.remove = button('', 'Delete', () => this.#remove());
    this.tools = element('div', 'tools', this.edit, this.again, this.remove);
    this.tools.setAttribute('role', 'group');
    this.tools.setAttribute('aria-label', 'Your message');
    this.editor = this.#makeEditor();
    this.element = element('div', 'question', element('h3', 'unseen', 'You'), this.bubble, this.editor, this.delivery,
      this.tools);
    this.render();
  }

  render() {
    const { turn } = this;
    this.bubble.textContent = turn.deleted ? 'Deleted' : turn.question;
    this.bubble.dataset.deleted = String(turn.deleted);
    this.delivery.textContent = turn.status === 'sending' ? 'sending …' : '';
    this.delivery.hidden = turn.status !== 'sending';
    const leaving = turn.replacing?.status === 'sending';
    this.tools.hidden = this.#editing || turn.deleted || !turn.questionId || leaving;
    this.edit.hidden = this.again.hidden = turn.status === 'told';
    this.bubble.hidden = this.#editing;
    this.editor.hidden = !this.#editing;
  }

  #makeEditor() {
    this.text = element('textarea');
    this.text.setAttribute('aria-label', 'Your message, edited');
    this.text.rows = 2;
    const save = element('button', 'primary', 'Send instead');
    const form = element('form', 'editor', this.text,
      element('div', 'buttons', button('', 'Keep as it was', () => this.#close()), save));
    form.addEventListener('submit', (event) => { event.preventDefault(); this.#save(); });
    this.text.addEventListener('keydown', (event) => {
      if (event.isComposing) return;
      if (event.key === 'Enter' && !event.shiftKey) {
        event.preventDefault();
        this.#save();
      } else if (event.key === 'Escape') {
        // On the page itself the key stops the answer.
        event.stopPropagation();
        this.#close();
      }
    });
    return form;
  }

  #open() {
    this.#editing = true;
    this.text.value = this.turn.question;
    this.render();
    this.text.focus({ preventScroll: true });
    this.editor.scrollIntoView({ block: 'nearest' });
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
  }

  #close() {
    this.#editing = false;
    this.render();
    this.edit.focus();
  }

  #save() {
    const text = this.text.value.trim();
    if (!text || !this.actions.replace(this.turn, text)) return;
    this.#editing = false;
    this.render();
  }

  /** Deletes at the second press, if that comes soon: a text that was taken back is gone. */
  #remove() {
    if (this.#sure) {
      this.#ask(false);
      this.actions.remove(this.turn);
    } else {
      this.#ask(true);
    }
  }

  #ask(sure) {
    clearTimeout(this.#sure);
    this.#sure = sure ? setTimeout(() => this.#ask(false), SURE_MS) : 0;
    this.remove.textContent = sure ? 'Delete for good?' : 'Delete';
    this.remove.dataset.tone = sure ? 'bad' : '';
  }
}
