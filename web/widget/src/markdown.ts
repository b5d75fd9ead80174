/** An answer's Markdown as nodes that can do nothing: marked makes HTML of it, DOMPurify leaves only what is listed here. */

import DOMPurify, { type Config } from 'dompurify';
import { Lexer, Parser, Renderer, type Tokens } from 'marked';

const TAGS = [
  'p', 'br', 'hr', 'strong', 'em', 'del', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'h3', 'h4', 'h5', 'h6', 'a',
  'table', 'thead', 'tbody', 'tr', 'th', 'td',
];
const CLEAN: Config & { RETURN_DOM_FRAGMENT: true } = {
  ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ['href', 'start'], ADD_URI_SAFE_ATTR: ['start'], ALLOWED_URI_REGEXP: /^(?:https?|mailto|tel):/i,
  ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false, RETURN_DOM_FRAGMENT: true,
};
/** Headings of an answer stand below those of the page and of the widget. */
const HIGHEST_HEADING = 3;
const MARKER = /\[(\d{1,3})\]/g;
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** A word of its own: not the end of another address, and nothing but punctuation behind it. */
const CALENDAR = new RegExp(`(?<![^\\s("'])/api/v1/appointments/${UUID}\\.ics(?=[.,;:!?)"']*(?:\\s|$))`, 'g');

const SYNTAX = { gfm: true, breaks: true };

class SafeRenderer extends Renderer {
  // What somebody wrote as HTML is shown as it was written, and no picture is fetched.
  override html = escaped;
  override image = (_address: string, _title: string | null, text: string) => escaped(text);
  override heading(text: string, depth: number): string {
    const level = Math.min(6, depth + HIGHEST_HEADING - 1);
    return `<h${level}>${text}</h${level}>`;
  }
}

/** What is nested deeper than can be read is shown as it was written. */
function html(text: string): string {
  try {
    return Parser.parse(Lexer.lex(text, SYNTAX), { ...SYNTAX, renderer: new SafeRenderer() });
  } catch {
    return `<p>${escaped(text)}</p>`;
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export interface Words {
  /** The name of a marker's button; null where there is no such source. */
  readonly source: (number: number) => string | null;
  /** The name of the button that fetches a calendar file; null where it cannot be fetched. */
  readonly calendar: string | null;
}

/** The nodes of a text. Markers are buttons with `data-source`, calendar files with `data-calendar`. */
export function markdown(text: string, words: Words): DocumentFragment {
  const nodes = DOMPurify.sanitize(html(text), CLEAN);
  for (const link of nodes.querySelectorAll('a')) {
    // What led where no link may lead is a text.
    if (!link.href) link.replaceWith(...link.childNodes);
    link.target = '_blank';
    link.rel = 'noopener noreferrer nofollow';
  }
  for (const table of nodes.querySelectorAll('table')) framed(table);
  const walker = document.createTreeWalker(nodes, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const node of texts) if (!node.parentElement?.closest('code, a')) withButtons(node, words);
  return nodes;
}

/** A wide table is scrolled by itself, also by keyboard. */
function framed(table: HTMLTableElement): void {
  const frame = document.createElement('div');
  frame.className = 'table';
  frame.tabIndex = 0;
  frame.setAttribute('role', 'group');
  table.replaceWith(frame);
  frame.append(table);
}

function withButtons(node: Text, words: Words): void {
  const text = node.data;
  const found = [...text.matchAll(MARKER), ...text.matchAll(CALENDAR)].sort((one, other) => one.index - other.index);
  const pieces: (Node | string)[] = [];
  let end = 0;
  for (const match of found) {
    const made = match[1] === undefined ? calendarButton(match[0], words) : markerButton(Number(match[1]), words);
    if (!made || match.index < end) continue;
    pieces.push(text.slice(end, match.index), made);
    end = match.index + match[0].length;
  }
  if (end) node.replaceWith(...pieces, text.slice(end));
}

function markerButton(number: number, { source }: Words): HTMLElement | null {
  const name = source(number);
  return name === null ? null : button('marker', String(number), 'source', String(number), name);
}

function calendarButton(path: string, { calendar }: Words): HTMLElement | null {
  return calendar === null ? null : button('calendar', calendar, 'calendar', path, calendar);
}

function button(kind: string, text: string, key: string, value: string, name: string): HTMLElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = kind;
  made.textContent = text;
  made.dataset[key] = value;
  made.setAttribute('aria-label', name);
  return made;
}

/** Puts nodes into a place, and leaves alone those at the beginning that are there already: what somebody has selected in
 * a text that is being written stays selected. */
export function renewed(place: HTMLElement, nodes: DocumentFragment): void {
  const fresh = [...nodes.childNodes];
  let same = 0;
  while (same < fresh.length && fresh[same]?.isEqualNode(place.childNodes[same] ?? null)) same += 1;
  while (place.childNodes.length > same) place.lastChild?.remove();
  place.append(...fresh.slice(same));
}

/** The items of the last numbered list of a text, by which it offers a choice. */
export function choicesIn(text: string): string[] {
  const list = Lexer.lex(text, SYNTAX).findLast((token): token is Tokens.List => token.type === 'list' && token['ordered'] === true);
  return list ? list.items.map((item) => item.text.replace(/\*\*|\s*\[\d+\]/g, '').trim()) : [];
}
