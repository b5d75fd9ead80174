// Runs the official AG-UI client as it is told on stdin, and prints what came of each run as a line of JSON.
//
// {url, token, threadId, runs: [{message?, runId?, resume?, forwardedProps?, answer?, abortAfter?}]}
// `answer` answers what the last run was interrupted with; `abortAfter` stops at the first event of that type.

import { HttpAgent } from "@ag-ui/client";
import { readFileSync } from "node:fs";

const { url, token, threadId, runs } = JSON.parse(readFileSync(0, "utf8"));
const agent = new HttpAgent({ url, threadId, headers: { Authorization: `Bearer ${token}` } });
const warnings = [];
console.warn = (...words) => warnings.push(words.join(" "));

for (const [number, run] of runs.entries()) {
  const events = [];
  let error = null;
  let result = null;
  if (run.message !== undefined) {
    agent.addMessage({ id: `question-${number}`, role: "user", content: run.message });
  }
  const resume = run.answer
    ? agent.pendingInterrupts.map((one) => ({ interruptId: one.id, ...run.answer }))
    : run.resume;
  try {
    const done = await agent.runAgent(
      { runId: run.runId, resume, forwardedProps: run.forwardedProps },
      {
        onEvent({ event }) {
          events.push(event);
          if (event.type === run.abortAfter) agent.abortRun();
        },
        onRunErrorEvent({ event }) {
          error = event.message;
        },
      },
    );
    result = done.result ?? null;
  } catch (thrown) {
    error = String(thrown.message ?? thrown);
  }
  const told = { events, error, result, warnings, messages: agent.messages, pending: agent.pendingInterrupts };
  console.log(JSON.stringify(told));
}
