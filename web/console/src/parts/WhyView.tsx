/** Why an answer was given: how it was read, who answered, what was found and done, what it took. */

import { useEffect, useState } from 'preact/hooks';
import { pathOf } from '../acts.js';
import { wordsOf } from '../api.js';
import { useSurroundings } from '../around.js';
import type { Opened } from '../opened.js';
import { milliseconds, percent } from '../times.js';
import type { Explanation, Passage, RunStep } from '../types.js';
import { plain } from '../words.js';
import { Freezing } from './Freezing.js';
import { Icon } from './icons.js';

export function WhyView({ runId, opened }: { runId: string; opened: Opened }) {
  const { desk } = useSurroundings();
  const [run, setRun] = useState<Explanation | null>(null);
  const [problem, setProblem] = useState('');
  const answer = opened.conversation.entries.findLast((entry) => entry.kind === 'answer' && entry.runId === runId);
  const status = answer?.kind === 'answer' ? answer.status : '';
  useEffect(() => {
    desk.api.get<{ run: Explanation }>(`${pathOf(opened.row)}/runs/${encodeURIComponent(runId)}`).then(
      (found) => setRun(found.run),
      (failure: unknown) => setProblem(wordsOf(failure)),
    );
  }, [runId, status]);
  if (problem)
    return (
      <p class="problem" role="alert">
        {problem}
      </p>
    );
  if (!run)
    return (
      <p class="hint" aria-live="polite">
        Loading …
      </p>
    );
  const messageId = answer?.kind === 'answer' ? answer.messageId : null;
  return (
    <>
      <section class="card">
        <h3>Question</h3>
        <p dir="auto">{run.question}</p>
        <p class="marks">
          <span class="tag" data-status={run.status}>
            {plain(run.status)}
          </span>
          {run.declined && <span class="flag">No answer in the documents</span>}
          {run.hedged && <span class="flag">Told with a caveat</span>}
          {run.degraded && <span class="flag">Degraded: {plain(run.degraded)}</span>}
          {run.failure && <span class="flag">{run.failure}</span>}
          {run.attempts > 1 && <span class="tag">{run.attempts} attempts</span>}
        </p>
      </section>
      <section class="card">
        <h3>Reading</h3>
        <dl>
          <div>
            <dt>What it does</dt>
            <dd>{run.act ? plain(run.act) : run.reading.act ? plain(run.reading.act) : 'Not told'}</dd>
          </div>
          {run.reading.aside && (
            <div>
              <dt>Specialist</dt>
              <dd>None was needed</dd>
            </div>
          )}
        </dl>
      </section>
      <Route run={run} />
      <Passages passages={run.passages} />
      {run.unsupported.length > 0 && (
        <section class="card">
          <h3>Not borne out by any passage</h3>
          <ul class="plain">
            {run.unsupported.map((text) => (
              <li key={text} dir="auto">
                {text}
              </li>
            ))}
          </ul>
        </section>
      )}
      {run.steps.length > 0 && (
        <section class="card">
          <h3>Steps</h3>
          <ol class="steps">
            {run.steps.map((step, at) => (
              <Step key={at} step={step} />
            ))}
          </ol>
        </section>
      )}
      {run.effects.length > 0 && (
        <section class="card">
          <h3>Done</h3>
          <ul class="plain">
            {run.effects.map((effect) => (
              <li key={effect} dir="auto">
                {effect}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Taken run={run} />
      {messageId && run.status === 'completed' && desk.may('case') && <Freezing messageId={messageId} />}
    </>
  );
}

function Route({ run }: { run: Explanation }) {
  const route = run.route.length ? run.route : run.agent ? [{ name: run.agent, confidence: run.confidence ?? 0 }] : [];
  return (
    <section class="card">
      <h3>Route</h3>
      {route.length ? (
        <ul class="bars">
          {route.map(({ name, confidence }) => (
            <li key={name}>
              <span>{plain(name)}</span>
              <meter min={0} max={1} value={confidence} aria-label={`Confidence of ${plain(name)}`} />
              <b>{percent(confidence)}</b>
            </li>
          ))}
        </ul>
      ) : (
        <p class="hint">The assistant replied without a specialist.</p>
      )}
      {run.parts.length > 1 && (
        <dl>
          {run.parts.map(({ part, agent, status }, at) => (
            <div key={at}>
              <dt>
                Part {part + 1}: {plain(agent)}
              </dt>
              <dd>{plain(status)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function Passages({ passages }: { passages: readonly Passage[] }) {
  if (!passages.length) return null;
  const used = passages.filter(({ cited }) => cited).length;
  return (
    <section class="card">
      <h3>
        Passages{' '}
        <span class="hint">
          {passages.length} found, {used} cited
        </span>
      </h3>
      <ol class="passages">
        {passages.map((passage) => (
          <li key={passage.number} data-cited={passage.cited}>
            <details>
              <summary>
                <b class="number">{passage.number}</b>
                <span class="short" dir="auto">
                  {passage.title}
                </span>
                <span class="score">{passage.score.toFixed(2)}</span>
              </summary>
              <p class="hint" dir="auto">
                {[passage.source, passage.section, passage.page ? `page ${passage.page}` : ''].filter(Boolean).join(' · ')}
              </p>
              <blockquote dir="auto">{passage.text}</blockquote>
            </details>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Step({ step }: { step: RunStep }) {
  return (
    <li data-kind={step.kind} data-ok={step.ok ?? ''}>
      <p>
        {step.tool && <code>{step.tool}</code>} <span dir="auto">{step.content}</span>
        {step.ms !== null && <span class="hint"> {milliseconds(step.ms)}</span>}
      </p>
      {step.arguments && Object.keys(step.arguments).length > 0 && (
        <details>
          <summary>Arguments</summary>
          <pre tabIndex={0}>{JSON.stringify(step.arguments, null, 2)}</pre>
        </details>
      )}
    </li>
  );
}

function Taken({ run: { timing, usage, answerer } }: { run: Explanation }) {
  const asked = usage.input_tokens + usage.output_tokens > 0;
  const price = usage.cost_micros === null ? 'Price not known' : (usage.cost_micros / 1e6).toFixed(usage.cost_micros < 1e4 ? 5 : 3);
  return (
    <section class="card">
      <h3>Time and cost</h3>
      <dl>
        {timing && (
          <div>
            <dt>First words</dt>
            <dd>{milliseconds(timing.first_token_ms)}</dd>
          </div>
        )}
        {timing && (
          <div>
            <dt>Whole answer</dt>
            <dd>{milliseconds(timing.total_ms)}</dd>
          </div>
        )}
        <div>
          <dt>Answered by</dt>
          <dd dir="auto">{usage.model || answerer || 'Nobody'}</dd>
        </div>
        {asked && (
          <div>
            <dt>Tokens in, out</dt>
            <dd>
              {usage.input_tokens.toLocaleString('en')}, {usage.output_tokens.toLocaleString('en')}
            </dd>
          </div>
        )}
        <div>
          <dt>Cost</dt>
          <dd>{asked ? price : 'None: no model was asked'}</dd>
        </div>
      </dl>
      {usage.calls.length > 0 && (
        <div class="table" tabIndex={0} role="group" aria-label="Calls of models and tools">
          <table>
            <thead>
              <tr>
                <th>Call</th>
                <th>By</th>
                <th>Times</th>
                <th>ms</th>
              </tr>
            </thead>
            <tbody>
              {usage.calls.map((call, at) => (
                <tr key={at}>
                  <td>{plain(call.kind)}</td>
                  <td>{call.name || call.agent}</td>
                  <td>
                    {call.calls}
                    {call.failures ? ` (${call.failures} failed)` : ''}
                  </td>
                  <td>{Math.round(call.ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {usage.calls.length === 0 && !timing && (
        <p class="hint">
          <Icon name="info" /> Nothing was measured.
        </p>
      )}
    </section>
  );
}
