/** What is seen of an analysis: its stages, thoughts, code, verification, data, chart and text. */

import { element, redraw } from './element.js';
import { percent } from './figures.js';
import { markdown, plain } from './markdown.js';
import { Picture } from './pictures.js';

const STAGES = {
  data_loader: 'Load data', code_generator: 'Write code', executor: 'Run it', verifier: 'Verify', analyst: 'Explain',
};
const MOST_ROWS = 50;
const WIDEST_PX = 720;
const NOTHING_COMPUTED = 'Nothing was computed';
/** The dialect says with this piece that the text begins anew. */
const ANEW = '\n\n---\n\n';

export class AnalysisView {
  #attempt = 0;
  #computed = false;
  #scheduled = false;

  /** @param {(name: string) => HTMLElement} part of the panel */
  constructor(part) {
    this.part = part;
    this.chart = new Picture(part('chart'), 'chart');
    this.stages = new Map(Object.entries(STAGES).map(([stage, label]) => [stage, element('li', '', label)]));
    part('stages').append(...this.stages.values());
  }

  /** @param {string} question */
  begin(question) {
    this.part('welcome').hidden = true;
    this.part('sheet').hidden = false;
    this.part('asked').textContent = question;
    this.#clear();
  }

  #clear() {
    this.outcome = '';
    this.failed = false;
    this.text = '';
    this.code = '';
    this.#attempt = 0;
    this.#computed = false;
    for (const node of this.stages.values()) this.#mark(node, 'todo');
    for (const name of ['thoughts', 'table', 'badge', 'checks', 'text']) this.part(name).replaceChildren();
    for (const name of ['message', 'problem', 'code', 'caption']) this.part(name).textContent = '';
    for (const name of ['thinking', 'coding', 'verification', 'figures']) this.part(name).hidden = true;
    this.chart.clear();
  }

  /** @param {object} frame of the dialect */
  show(frame) {
    if (Object.hasOwn(FRAMES, frame.type)) FRAMES[frame.type](this, frame);
  }

  fail(message) {
    this.end('problem', message);
  }

  /** @param {'message' | 'problem'} where @param {string} words */
  end(where, words) {
    this.outcome = words;
    this.part('message').textContent = '';
    this.part(where).textContent = words;
    this.failed = where === 'problem';
    const last = this.failed ? 'failed' : 'todo';
    for (const node of this.stages.values()) if (node.dataset.state === 'now') this.#mark(node, last);
    this.part('text').dataset.state = 'settled';
  }

  /** The answer is whole. Without figures no stage has given anything. */
  complete(message) {
    this.end('message', this.#computed ? message : NOTHING_COMPUTED);
    for (const node of this.stages.values()) this.#mark(node, this.#computed ? 'done' : 'todo');
  }

  /** The end in words, for who cannot see it. */
  get spoken() {
    const found = [this.outcome, this.part('badge').textContent, plain(this.text)];
    return found.filter(Boolean).join('. ');
  }

  /** Begun again by another try, all of it comes once more. */
  restart({ message }) {
    this.#clear();
    this.part('message').textContent = message ?? '';
  }

  stage({ stage, message }) {
    this.part('message').textContent = message ?? '';
    const order = [...this.stages.keys()];
    const at = order.indexOf(stage);
    if (at < 0) return;
    const states = order.map((_, index) => (index < at ? 'done' : index === at ? 'now' : 'todo'));
    order.forEach((name, index) => this.#mark(this.stages.get(name), states[index]));
  }

  #mark(node, state) {
    node.dataset.state = state;
    if (state === 'now') node.setAttribute('aria-current', 'step');
    else node.removeAttribute('aria-current');
  }

  /** @param {'plan' | 'approach' | 'cause'} kind */
  think(kind, content) {
    this.part('thinking').hidden = false;
    const node = element('li', 'thought', ...markdown(String(content ?? '')));
    node.dataset.kind = kind;
    this.part('thoughts').append(node);
  }

  write({ chunk, attempt = 1 }) {
    if (attempt !== this.#attempt) this.code = '';
    this.#attempt = attempt;
    this.code += chunk ?? '';
    this.showCode();
  }

  showCode() {
    this.part('coding').hidden = false;
    this.part('code').textContent = this.code;
    this.part('attempt').textContent = this.#attempt > 1 ? `attempt ${this.#attempt}` : '';
  }

  verified({ is_valid: valid, confidence, attempts, checks = [] }) {
    this.part('verification').hidden = false;
    const badge = element('span', 'badge verdict', valid ? 'Verified' : 'Not verified');
    badge.dataset.tone = valid ? 'good' : 'bad';
    const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
    this.part('badge').replaceChildren(badge, ` ${percent(confidence)} confidence, ${tries}`);
    this.part('checks').replaceChildren(...checks.map((check) => element('li', '', String(check))));
  }

  async data({ data }) {
    const { code, result_preview: rows = [], columns, figure, total = rows.length, dataset } = data ?? {};
    this.#computed = true;
    this.part('figures').hidden = false;
    if (code) {
      this.code = code;
      this.showCode();
    }
    const names = columns ?? Object.keys(rows[0] ?? {});
    const shown = rows.slice(0, MOST_ROWS);
    this.part('table').replaceChildren(...(names.length ? tableParts(names, shown) : []));
    const from = dataset && dataset !== 'all' ? ` from ${dataset}` : '';
    const rowsIn = (count) => `${count.toLocaleString()} ${count === 1 ? 'row' : 'rows'}`;
    const first = shown.length < total ? `First ${shown.length} of ` : '';
    this.part('caption').textContent = `${first}${rowsIn(total)}${from}`;
    if (!figure) return;
    const room = this.part('chart').clientWidth;
    const problem = await this.chart.show(fitted(figure, room), `Chart: ${this.part('asked').textContent}`);
    if (problem) this.part('caption').textContent += `. No chart: ${problem}`;
  }

  /** @param {string} chunk of the text */
  say(chunk) {
    this.text = chunk.startsWith(ANEW) ? chunk.slice(ANEW.length) : this.text + chunk;
    this.part('text').dataset.state = 'streaming';
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      redraw(this.part('text'), markdown(this.text));
    });
  }
}

/** By frame type: what the view makes of it. */
const FRAMES = {
  start: (view, frame) => view.restart(frame),
  progress: (view, frame) => view.stage(frame),
  chain_of_thought: (view, { content }) => view.think('plan', content),
  reasoning: (view, { content }) => view.think('approach', content),
  reflection: (view, { content }) => view.think('cause', content),
  code_chunk: (view, frame) => view.write(frame),
  verification: (view, frame) => view.verified(frame),
  data_ready: (view, frame) => { view.data(frame); },
  analysis_chunk: (view, { chunk }) => view.say(String(chunk ?? '')),
  complete: (view, { message }) => view.complete(message ?? 'Analysis complete'),
  cancelled: (view, { message }) => view.end('message', message ?? 'Cancelled.'),
  error: (view, { message, code }) => view.fail([message, code && `(${code})`].filter(Boolean).join(' ')),
};

/** A figure that is as wide as its container, which a picture has none of. */
function fitted(figure, width) {
  if (figure.width !== 'container') return figure;
  return { ...figure, width: Math.min(width, WIDEST_PX), autosize: { type: 'fit-x', contains: 'padding' } };
}

function tableParts(names, rows) {
  const row = (cells) => element('tr', '', ...cells);
  const head = row(names.map((name) => {
    const cell = element('th', rows.some((one) => typeof one[name] === 'number') ? 'number-cell' : '', String(name));
    cell.scope = 'col';
    return cell;
  }));
  const body = rows.map((one) => row(names.map((name) => cellElement(one[name]))));
  return [element('thead', '', head), element('tbody', '', ...body)];
}

function cellElement(value) {
  const isNumber = typeof value === 'number';
  return element('td', isNumber ? 'number-cell' : '', isNumber ? figure(value) : String(value ?? '–'));
}

/** To four places, without separators: an integer may be a year. @param {number} value */
function figure(value) {
  if (Number.isInteger(value)) return String(value);
  return String(Number(Math.abs(value) < 1 ? value.toPrecision(4) : value.toFixed(4)));
}
