/**
 * One entry of a conversation on the page. Everything a server sends becomes text nodes: no markup of an answer, a
 * passage or a name is ever interpreted.
 */

import { withAppointments } from './appointment.js';
import { badges } from './badges.js';
import { problemText } from './conversation.js';
import { button, element, redraw } from './element.js';
import { percent, seconds } from './figures.js';
import { LookupsView } from './lookups.js';
import { markdown, plain } from './markdown.js';
import { QuestionView } from './question.js';
import { StepsView } from './steps.js';

const NOT_FOUND = 'Not found in the sources';
const THUMB_PATH = 'M7 10v10H4V10zm2 0 4-7c1.5 0 2.5 1 2.2 2.6L14.5 9H19a2 2 0 0 1 2 2.4l-1.4 7A2 2 0 0 1 17.6 20H9z';

/** A line that is neither question nor answer. @param {{text: string, tone: string}} note */
export function noteElement(note) {
  const node = element('p', 'note', note.text);
  node.dataset.tone = note.tone;
  return node;
}

export class TurnView {
  #settled = false;
  #shown = { agents: null, passages: null, citations: null, lookups: null, error: null, request: null };
  #sourceNodes = new Map();

  /**
   * @param {import('./conversation.js').Turn} turn
   * @param {{again: (turn) => void, rate: (turn, rating: 'up' | 'down') => boolean,
   *   answer: (turn, value: unknown) => boolean, replace: (turn, text: string) => boolean,
   *   remove: (turn) => boolean, token: () => string}} actions
   */
  constructor(turn, actions) {
    this.turn = turn;
    this.actions = actions;
    this.question = new QuestionView(turn, actions);
    this.steps = new StepsView(turn);
    this.lookups = new LookupsView();
    this.chips = element('ul', 'chips');
    this.chips.setAttribute('aria-label', 'Routed to');
    this.sourceList = element('ol', 'source-list');
    this.sourceTitle = element('summary');
    this.sources = element('details', 'sources', this.sourceTitle, this.sourceList);
    this.text = element('div', 'text prose');
    this.text.setAttribute('aria-hidden', 'true');
    this.problem = element('div', 'problem');
    this.request = element('div', 'request');
    this.outcome = element('footer', 'outcome');
    this.answer = element('div', 'answer', element('h3', 'unseen', 'Assistant'), this.steps.element,
      this.chips, this.sources, this.lookups.element, this.text, this.request, this.problem, this.outcome);
    this.element = element('article', 'turn', this.question.element, this.answer);
    this.render();
  }

  render() {
    const { turn } = this;
    this.question.render();
    this.answer.dataset.status = turn.status;
    this.answer.hidden = turn.status === 'told';
    this.steps.render();
    if (this.#changed('agents', turn.agents)) this.#renderChips();
    const citationsChanged = this.#changed('citations', turn.citations);
    if (this.#changed('passages', turn.passages) || citationsChanged) this.#renderSources();
    if (this.#changed('lookups', turn.lookups)) this.lookups.render(turn.lookups);
    if (turn.ended && !this.#settled) this.#settle();
    else if (!turn.ended) this.#renderLive();
    if (this.#changed('request', turn.request)) this.#renderRequest();
    if (this.#changed('error', turn.error)) this.#renderProblem();
  }

  /** Called some times a second while a run is under way. */
  tick(now) {
    this.steps.tick(now);
  }

  /** Opens a source, and brings it and the keyboard there. */
  openSource(number) {
    const node = this.#sourceNodes.get(number);
    if (!node) return;
    this.sources.open = true;
    node.open = true;
    node.scrollIntoView({ block: 'nearest' });
    node.querySelector('summary').focus({ preventScroll: true });
  }

  #changed(name, value) {
    const before = this.#shown[name];
    this.#shown[name] = value;
    return before !== value && !(name === 'citations' && !before?.length && !value.length);
  }

  #renderChips() {
    this.chips.replaceChildren(...this.turn.agents.map((agent) => {
      const chip = element('li', 'chip', agent.name);
      if (typeof agent.confidence === 'number') chip.append(element('span', 'figure', percent(agent.confidence)));
      return chip;
    }));
  }

  #renderSources() {
    const { passages, citations } = this.turn;
    const opened = [...this.sourceList.querySelectorAll('details')].map((node) => node.open);
    this.#sourceNodes.clear();
    const known = new Set(passages.map((passage) => passage.id));
    const bare = citations.filter((citation) => !known.has(citation.passage_id));
    redraw(this.sourceList, [...passages, ...bare].map((passage) => this.#sourceElement(passage)));
    this.sourceList.querySelectorAll('details').forEach((node, index) => { node.open = opened[index] ?? false; });
    this.sources.hidden = passages.length + bare.length === 0;
    const cited = new Set(citations.map((citation) => citation.passage_id)).size;
    const count = passages.length + bare.length;
    this.sourceTitle.textContent = `${count} ${count === 1 ? 'source' : 'sources'}${cited ? `, ${cited} cited` : ''}`;
  }

  /** @param passage of a `sources` frame, or a citation whose passage never came */
  #sourceElement(passage) {
    const cited = this.turn.citations.filter((one) => one === passage || one.passage_id === passage.id);
    const place = [passage.section?.replaceAll(' > ', ' › '), passage.page != null && `p. ${passage.page}`]
      .filter(Boolean).join(' · ');
    const numbers = cited.map((one) => element('span', 'number', String(one.number)));
    const summary = element('summary', '', ...numbers, element('span', 'title', passage.title ?? passage.source));
    if (place) summary.append(element('span', 'place', place));
    const figures = [passage.source, typeof passage.score === 'number' && `score ${passage.score.toFixed(2)}`];
    const node = element('details', 'source', summary, passageText(passage, cited),
      element('p', 'hint', figures.filter(Boolean).join(' · ')));
    node.dataset.cited = String(cited.length > 0);
    for (const one of cited) this.#sourceNodes.set(one.number, node);
    return element('li', '', node);
  }

  #renderLive() {
    const { turn } = this;
    this.#settled = false;
    this.text.setAttribute('aria-hidden', 'true');
    this.outcome.replaceChildren();
    const text = turn.text;
    const waiting = turn.steps.at(-1)?.message ?? (turn.runId ? 'Waiting for its turn …' : '');
    this.text.dataset.state = text ? 'streaming' : 'waiting';
    redraw(this.text, text ? markdown(text) : [waiting]);
  }

  #settle() {
    const { turn } = this;
    this.#settled = true;
    this.text.dataset.state = 'settled';
    redraw(this.text, this.#withMarkers());
    this.text.removeAttribute('aria-hidden');
    this.text.hidden = turn.text === '';
    this.outcome.replaceChildren(...badges(turn), ...(turn.answerId ? [this.#thumbs()] : []));
  }

  /**
   * The text with each `[n]` that is a citation turned into a button, and what no source supports underlined. Positions
   * in the metadata count code points.
   */
  #withMarkers() {
    const { text, metadata: { unsupported = [], misplaced = [] } } = this.turn;
    const at = unitsOf(text);
    const unfounded = unsupported.map(({ start, end }) => ({ start: at(start), end: at(end), last: null }));
    const wrong = new Map(misplaced.map(({ start, instead }) => [at(start), instead]));
    const nodes = markdown(text, (words, from) => this.#founded(words, from, unfounded, wrong));
    for (const { last } of unfounded) last?.append(element('span', 'unseen', ` (${NOT_FOUND.toLowerCase()})`));
    return nodes;
  }

  /** One stretch of the text, which stands at `from` of it. */
  #founded(words, from, unfounded, wrong) {
    const nodes = [];
    const until = from + words.length;
    let at = from;
    const upTo = (end) => {
      const marked = this.#marked(words.slice(at - from, end - from), at, wrong);
      at = end;
      return marked;
    };
    for (const span of unfounded) {
      if (span.end <= at || span.start >= until) continue;
      nodes.push(...upTo(Math.max(at, span.start)));
      span.last = element('span', 'unfounded', ...upTo(Math.min(span.end, until)));
      span.last.title = NOT_FOUND;
      nodes.push(span.last);
    }
    return [...nodes, ...upTo(until)];
  }

  /** A marker in the wrong place leads to the source that supports its statement, or nowhere. */
  #marked(words, from, wrong) {
    let at = from;
    return words.split(/(\[\d+\])/).flatMap((piece) => {
      const start = at;
      at += piece.length;
      const written = /^\[(\d+)\]$/.exec(piece)?.[1];
      if (!written) return withAppointments(piece, this.actions.token);
      const number = wrong.has(start) ? wrong.get(start) : Number(written);
      const citation = this.turn.citations.find((one) => one.number === number);
      if (!citation) return document.createTextNode(piece);
      const marker = button('marker', String(number), () => this.openSource(number));
      marker.setAttribute('aria-label', `Source ${number}: ${citation.title}`);
      marker.title = citation.title;
      return marker;
    });
  }

  #thumbs() {
    const group = element('span', 'thumbs');
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', 'Rate this answer');
    const make = (rating, label) => {
      const node = button('thumb', '', () => {
        if (this.actions.rate(this.turn, rating)) show();
      });
      node.append(thumbIcon());
      node.dataset.rating = rating;
      node.setAttribute('aria-label', label);
      node.title = label;
      return node;
    };
    const buttons = [make('up', 'Good answer'), make('down', 'Bad answer')];
    const show = () => buttons.forEach((node) => {
      node.setAttribute('aria-pressed', String(node.dataset.rating === this.turn.rating));
    });
    show();
    group.append(...buttons);
    return group;
  }

  /** What the run asks before it acts; its buttons go when it was answered, from here or elsewhere. */
  #renderRequest() {
    const { request, prompt } = this.turn;
    const write = (words) => withAppointments(words, this.actions.token);
    this.request.replaceChildren(element('div', 'prompt prose', ...markdown(prompt, write)));
    if (!request) return;
    const choices = request.options.map((option) => button('', option.label, () => {
      if (this.actions.answer(this.turn, option.value)) choices.forEach((one) => { one.disabled = true; });
    }));
    const group = element('div', 'buttons', ...choices);
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', plain(prompt));
    const until = new Date(request.expires_at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
    this.request.append(group, element('p', 'hint', `Or write your answer below. Open until ${until}.`));
  }

  #renderProblem() {
    const { error } = this.turn;
    this.problem.replaceChildren();
    if (!error) return;
    this.problem.append(element('p', '', problemText(error)));
    if (!error.retryable) return;
    const again = button('', 'Send again', () => this.actions.again(this.turn));
    if (error.retry_after_ms > 0) {
      again.disabled = true;
      again.textContent = `Send again (in ${seconds(error.retry_after_ms)})`;
      setTimeout(() => {
        again.disabled = false;
        again.textContent = 'Send again';
      }, error.retry_after_ms);
    }
    this.problem.append(again);
  }
}

/** Where a code point of a text stands in it, in UTF-16 units. @param {string} text @returns {(point: number) => number} */
function unitsOf(text) {
  const starts = [];
  let unit = 0;
  for (const point of text) {
    starts.push(unit);
    unit += point.length;
  }
  return (point) => starts[point] ?? text.length;
}

/** The passage with the evidence marked; a citation's offsets count code points of the whole document. */
function passageText(passage, citations) {
  const points = Array.from(passage.text ?? '');
  const node = element('blockquote', 'passage');
  const spans = citations
    .map((one) => [Math.max(0, one.start - passage.start), Math.min(points.length, one.end - passage.start)])
    .filter(([start, end]) => start < end)
    .sort((one, other) => one[0] - other[0]);
  let at = 0;
  for (const [start, end] of spans) {
    if (end <= at) continue;
    node.append(points.slice(at, Math.max(at, start)).join(''));
    node.append(element('mark', '', points.slice(Math.max(at, start), end).join('')));
    at = end;
  }
  node.append(points.slice(at).join(''));
  node.hidden = points.length === 0;
  return node;
}

function thumbIcon() {
  const namespace = 'http://www.w3.org/2000/svg';
  const icon = document.createElementNS(namespace, 'svg');
  icon.setAttribute('viewBox', '0 0 24 24');
  icon.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', THUMB_PATH);
  icon.append(path);
  return icon;
}
