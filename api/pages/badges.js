/** What the metadata of an answer says, as small badges: how it ended, what became of each question in it, its cost. */

import { element } from './element.js';
import { percent, seconds } from './figures.js';

/** What `metadata.agent` says where no specialist answered. */
const UNANSWERED = { out_of_scope: 'out of scope', clarify: 'asks back', human: 'passed to a person' };
/** What became of a part of the message; a word that is not here is shown as it is. */
const STATUSES = {
  answered: 'answered', declined: 'not found', asked_back: 'asks back', passed_on: 'passed on',
  to_person: 'to a person',
};

/** @param {import('./conversation.js').Turn} turn @returns {HTMLElement[]} */
export function badges({ status, metadata }) {
  const parts = partBadges(metadata.parts);
  const found = [];
  if (status === 'cancelled') found.push(badge('stopped', 'warn'));
  if (UNANSWERED[metadata.agent]) found.push(badge(UNANSWERED[metadata.agent], 'warn'));
  if (metadata.declined) found.push(badge('declined: not in the documents', 'warn'));
  found.push(...parts);
  if (metadata.degraded) found.push(badge(`degraded: ${metadata.degraded}`, 'warn'));
  if (metadata.truncated) found.push(badge('shortened', 'warn'));
  if (metadata.unsupported?.length) found.push(badge(`${metadata.unsupported.length} not found in the sources`, 'warn'));
  return [...found, ...costs(metadata)];
}

/** One badge for each specialist that had a part, unless there is nothing to tell: one part, and that was answered. */
function partBadges(parts) {
  if (!Array.isArray(parts) || (parts.length < 2 && (parts[0]?.status ?? 'answered') === 'answered')) return [];
  return parts.map((part) => {
    const node = badge(`${part.agent}: ${STATUSES[part.status] ?? part.status}`,
      part.status === 'answered' ? 'good' : 'warn');
    node.classList.add('part');
    const sources = part.sources?.length ? `from ${part.sources.join(', ')}` : '';
    const sure = typeof part.confidence === 'number' ? `routed with ${percent(part.confidence)}` : '';
    node.title = [`Question ${part.part + 1}`, sure, sources].filter(Boolean).join(' · ');
    return node;
  });
}

function costs({ answerer, usage, timing }) {
  const found = [];
  if (answerer) found.push(badge(answerer));
  if (usage?.model) found.push(badge(usage.model));
  if (usage?.output_tokens) found.push(badge(`${usage.input_tokens} + ${usage.output_tokens} tokens`));
  const { first_token_ms: first, total_ms: total } = timing ?? {};
  if (typeof first === 'number') found.push(badge(`first word ${seconds(first)}`));
  if (typeof total === 'number') found.push(badge(`total ${seconds(total)}`));
  return found;
}

function badge(text, tone = 'plain') {
  const node = element('span', 'badge', text);
  node.dataset.tone = tone;
  return node;
}
