/** Markdown as page elements. Only elements made here come of it and every piece of text is a text node: no markup, no
 * address and no picture of the text is ever interpreted. */

import { element } from './element.js';

const HEADING = /^(#{1,6})\s+(.*)$/;
const BULLET = /^\s{0,6}[-*•]\s+(.*)$/;
const NUMBERED = /^\s{0,6}\d{1,9}[.)]\s+(.*)$/;
const QUOTE = /^>\s?(.*)$/;
const RULE = /^(-{3,}|\*{3,})\s*$/;
const FENCE = /^```/;
const ROW = /^\|.*\|\s*$/;
const DIVIDER = /^\|[\s:|-]+\|\s*$/;
const BEGINNINGS = [HEADING, BULLET, NUMBERED, QUOTE, RULE, FENCE, ROW];
const LINK = /!?\[([^[\]]*)\]\([^()]*\)/g;

/** @param {string} text @returns {Node[]} */
export function markdown(text) {
  const lines = text.replaceAll('\r', '').split('\n');
  const blocks = [];
  for (let at = 0; at < lines.length;) {
    const [block, next] = blockAt(lines, at);
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

/** The block that begins at a line, and the line after it. */
function blockAt(lines, at) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  const heading = HEADING.exec(line);
  if (heading) return [element(`h${Math.min(6, heading[1].length + 1)}`, '', ...inline(heading[2])), at + 1];
  if (RULE.test(line)) return [element('hr'), at + 1];
  if (FENCE.test(line)) return fenced(lines, at + 1);
  if (ROW.test(line) && DIVIDER.test(lines[at + 1] ?? '')) return table(lines, at);
  if (BULLET.test(line)) return run(lines, at, BULLET, (items) => element('ul', '', ...items.map(listed)));
  if (NUMBERED.test(line)) return run(lines, at, NUMBERED, (items) => element('ol', '', ...items.map(listed)));
  if (QUOTE.test(line)) return run(lines, at, QUOTE, (said) => element('blockquote', '', ...inline(said.join('\n'))));
  return paragraph(lines, at);
}

const listed = (item) => element('li', '', ...inline(item));

/** Lines of one kind, one after the other. */
function run(lines, at, pattern, make) {
  const found = [];
  for (let match; at < lines.length && (match = pattern.exec(lines[at])); at += 1) found.push(match[1]);
  return [make(found), at];
}

function fenced(lines, at) {
  let end = at;
  while (end < lines.length && !FENCE.test(lines[end])) end += 1;
  return [element('pre', '', element('code', '', lines.slice(at, end).join('\n'))), end + 1];
}

function table(lines, at) {
  const cells = (line) => line.trim().slice(1, -1).split('|').map((cell) => cell.trim());
  const row = (line, name) => element('tr', '', ...cells(line).map((cell) => element(name, '', ...inline(cell))));
  const head = element('thead', '', row(lines[at], 'th'));
  const body = element('tbody');
  let next = at + 2;
  for (; next < lines.length && ROW.test(lines[next]); next += 1) body.append(row(lines[next], 'td'));
  const whole = element('div', 'scrolled', element('table', '', head, body));
  whole.tabIndex = 0; // so that it can be scrolled by keyboard
  whole.setAttribute('role', 'group');
  whole.setAttribute('aria-label', 'Table');
  return [whole, next];
}

function paragraph(lines, at) {
  const taken = [lines[at]];
  const begins = (line) => !line.trim() || BEGINNINGS.some((pattern) => pattern.test(line));
  let next = at + 1;
  for (; next < lines.length && !begins(lines[next]); next += 1) taken.push(lines[next]);
  return [element('p', '', ...inline(taken.join('\n'))), next];
}

/** Bold, slanted and code; of a link its words. */
function inline(text) {
  return text.replace(LINK, '$1').split(/(\*\*[^*]+\*\*|\*[^*\s][^*]*\*|`[^`]+`)/).map((piece, index) => {
    if (index % 2 === 0) return piece;
    if (piece.startsWith('**')) return element('strong', '', piece.slice(2, -2));
    return piece.startsWith('`') ? element('code', '', piece.slice(1, -1)) : element('em', '', piece.slice(1, -1));
  });
}
