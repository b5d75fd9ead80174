/** Markdown as page elements. Only elements made here come of it and every piece of text is a text node: no markup, no
 * address and no picture of the text is ever interpreted. Every piece knows where it stands in the text, since what is
 * said of an answer names its places. */

import { element } from './element.js';

const HEADING = /^(#{1,6})\s+(.*)$/;
const BULLET = /^\s{0,6}[-*•]\s+(.*)$/;
const NUMBERED = /^\s{0,6}(\d{1,9})[.)]\s+(.*)$/;
const QUOTE = /^>\s?(.*)$/;
const RULE = /^(-{3,}|\*{3,})\s*$/;
const FENCE = /^```/;
const ROW = /^\|.*\|\s*$/;
const DIVIDER = /^\|[\s:|-]+\|\s*$/;
const BEGINNINGS = [HEADING, BULLET, NUMBERED, QUOTE, RULE, FENCE, ROW];
/** Bold, slanted, code, and a link or picture. A number in brackets cites a source, whatever follows it. */
const MARKED = /\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|`([^`]+)`|!?\[(?!\d+\])([^[\]]*)\]\([^()]*\)/g;

/** Makes page nodes of words without marks. @typedef {(words: string, at: number) => (Node | string)[]} Writer */

/** A stretch of the text, and where it begins. @typedef {{text: string, at: number}} Piece */

/**
 * @param {string} text
 * @param {Writer} write `at` is where the words stand in `text`, in UTF-16 units
 * @returns {Node[]}
 */
export function markdown(text, write = (words) => [words]) {
  const lines = linesOf(text);
  const blocks = [];
  for (let at = 0; at < lines.length;) {
    const [block, next] = blockAt(lines, at, write);
    if (block) blocks.push(block);
    at = next;
  }
  return blocks;
}

/** The words of a text without its marks, to be read out. @param {string} text */
export function plain(text) {
  return markdown(text).map((block) => {
    const pieces = [...(block.querySelectorAll?.('th, td, li') ?? [])];
    return pieces.length ? pieces.map((piece) => piece.textContent).join(', ') : block.textContent;
  }).join('\n');
}

/** @returns {Piece[]} */
function linesOf(text) {
  let next = 0;
  return text.replaceAll('\r', ' ').split('\n').map((line) => {
    const at = next;
    next += line.length + 1;
    return { text: line, at };
  });
}

/** The block that begins at a line, and the line after it. */
function blockAt(lines, at, write) {
  const line = lines[at];
  const inside = (piece) => inline(piece, write);
  if (!line.text.trim()) return [null, at + 1];
  const heading = HEADING.exec(line.text);
  if (heading) {
    const level = Math.min(6, heading[1].length + 1);
    return [element(`h${level}`, '', ...inside(lastGroup(line, heading))), at + 1];
  }
  if (RULE.test(line.text)) return [element('hr'), at + 1];
  if (FENCE.test(line.text)) return fenced(lines, at + 1);
  if (ROW.test(line.text) && DIVIDER.test(lines[at + 1]?.text ?? '')) return table(lines, at, inside);
  const listed = (item) => element('li', '', ...inside(item));
  if (BULLET.test(line.text)) return run(lines, at, BULLET, (items) => element('ul', '', ...items.map(listed)));
  const numbered = NUMBERED.exec(line.text);
  if (numbered) {
    const list = (items) => Object.assign(element('ol', '', ...items.map(listed)), { start: Number(numbered[1]) });
    return run(lines, at, NUMBERED, list);
  }
  if (QUOTE.test(line.text)) {
    const quoted = (said) => said.flatMap((one, index) => [...(index ? ['\n'] : []), ...inside(one)]);
    return run(lines, at, QUOTE, (said) => element('blockquote', '', ...quoted(said)));
  }
  return paragraph(lines, at, inside);
}

/** What the last group of a pattern took of a line's end. @returns {Piece} */
function lastGroup(line, match) {
  const text = match.at(-1);
  return { text, at: line.at + line.text.length - text.length };
}

/** Lines of one kind, one after the other. */
function run(lines, at, pattern, make) {
  const found = [];
  for (let match; at < lines.length && (match = pattern.exec(lines[at].text)); at += 1)
    found.push(lastGroup(lines[at], match));
  return [make(found), at];
}

function fenced(lines, at) {
  let end = at;
  while (end < lines.length && !FENCE.test(lines[end].text)) end += 1;
  const code = lines.slice(at, end).map((line) => line.text).join('\n');
  return [element('pre', '', element('code', '', code)), end + 1];
}

function table(lines, at, inside) {
  const row = (line, name) => element('tr', '', ...cells(line).map((cell) => element(name, '', ...inside(cell))));
  const head = element('thead', '', row(lines[at], 'th'));
  const body = element('tbody');
  let next = at + 2;
  for (; next < lines.length && ROW.test(lines[next].text); next += 1) body.append(row(lines[next], 'td'));
  const whole = element('div', 'scrolled', element('table', '', head, body));
  whole.tabIndex = 0; // so that it can be scrolled by keyboard
  whole.setAttribute('role', 'group');
  whole.setAttribute('aria-label', 'Table');
  return [whole, next];
}

/** What stands between the bars of a row. @returns {Piece[]} */
function cells({ text, at }) {
  let from = at + 1;
  return text.trimEnd().slice(1, -1).split('|').map((cell) => {
    const piece = { text: cell.trim(), at: from + cell.length - cell.trimStart().length };
    from += cell.length + 1;
    return piece;
  });
}

function paragraph(lines, at, inside) {
  const begins = (line) => !line.text.trim() || BEGINNINGS.some((pattern) => pattern.test(line.text));
  let next = at + 1;
  while (next < lines.length && !begins(lines[next])) next += 1;
  const text = lines.slice(at, next).map((line) => line.text).join('\n');
  return [element('p', '', ...inside({ text, at: lines[at].at })), next];
}

/** Bold, slanted and code; of a link its words. @param {Piece} piece @param {Writer} write */
function inline({ text, at }, write) {
  const nodes = [];
  let done = 0;
  const upTo = (end) => { if (end > done) nodes.push(...write(text.slice(done, end), at + done)); };
  for (const match of text.matchAll(MARKED)) {
    const [whole, bold, slanted, code, link] = match;
    upTo(match.index);
    done = match.index + whole.length;
    const within = (words, offset) => inline({ text: words, at: at + match.index + offset }, write);
    if (bold !== undefined) nodes.push(element('strong', '', ...within(bold, 2)));
    else if (slanted !== undefined) nodes.push(element('em', '', ...within(slanted, 1)));
    else if (code !== undefined) nodes.push(element('code', '', ...write(code, at + match.index + 1)));
    else nodes.push(...within(link, whole.indexOf('[') + 1));
  }
  upTo(text.length);
  return nodes;
}
