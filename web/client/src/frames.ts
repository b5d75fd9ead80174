/** The frames of `/ws/chat`, made from the schema that the server publishes: `npm run types`. */
/**
 * What a client may send.
 */
export type ClientFrame =
  | AuthFrame
  | MessageFrame
  | CancelFrame
  | ResumeFrame
  | AnswerFrame
  | DeleteFrame
  | TypingFrame
  | ReadFrame
  | FeedbackFrame
  | HandoverFrame
  | PingFrame;
/**
 * What the server may send.
 */
export type ServerFrame =
  | AuthSuccessFrame
  | AuthErrorFrame
  | AcceptedFrame
  | ProgressFrame
  | ReasoningFrame
  | RoutedFrame
  | CodeFrame
  | VerificationFrame
  | DataReadyFrame
  | SourcesFrame
  | InputRequiredFrame
  | RunRestartedFrame
  | DeletedFrame
  | SupersededFrame
  | OwnerFrame
  | StaffMessageFrame
  | StaffTypingFrame
  | ResumedFrame
  | CancelledFrame
  | TokenFrame
  | CompleteFrame
  | ErrorFrame
  | PongFrame
  | DoneFrame
  | AuthExpiringFrame
  | ClosingFrame;

/**
 * A customer's message is stored and will be answered by `run_id`; None where a person has the conversation and answers. `sent_at` is ISO 8601 UTC. `replaces` is the message for which it stands.
 */
export interface AcceptedFrame {
  type: 'ack';
  message_id: string;
  run_id: string | null;
  session_id: string;
  message: string;
  sent_at: string;
  duplicate: boolean;
  epoch: string;
  client_message_id?: string | null;
  replaces?: string | null;
  seq?: number | null;
}
/**
 * Answer an `input_required`: `value` is that of one of its options, or `{"change": text}` to ask for something else.
 */
export interface AnswerFrame {
  type: 'answer';
  request_id: string;
  value: unknown;
}
/**
 * What one specialist did for one part of the answer: `response[start:end]` with its label left out. A part that was passed on is there once for each specialist that had it. `confidence` is the router's, `sources` are the documents that it cites.
 */
export interface AnswerPart {
  part: number;
  agent: string;
  status: 'answered' | 'asked_back' | 'declined' | 'passed_on' | 'to_person';
  confidence: number;
  start: number;
  end: number;
  sources?: string[];
}
/**
 * What a run waits for, told to a client that knows no `input_required`.
 */
export interface Asked {
  request_id: string;
  kind: 'choose' | 'confirm';
  options: Option[];
  expires_at: string;
}
/**
 * One of the values that `input_required` can be answered with, and what a person reads.
 */
export interface Option {
  value: unknown;
  label: string;
}
/**
 * The token is not good; the socket closes.
 */
export interface AuthErrorFrame {
  type: 'auth_error';
  message: string;
  code: string;
  request?: string | null;
}
/**
 * The token ends in `in_s` seconds: send `auth` with a new one.
 */
export interface AuthExpiringFrame {
  type: 'auth_expiring';
  in_s: number;
}
/**
 * Show your token; first frame unless the URL carried one. `partial: false` leaves `partial_response` out, `reasoning: true` asks for `reasoning` frames.
 */
export interface AuthFrame {
  type: 'auth';
  token: string;
  partial?: boolean | null;
  reasoning?: boolean | null;
}
/**
 * The token is good. `heartbeat_s`: seconds between the server's transport pings.
 */
export interface AuthSuccessFrame {
  type: 'auth_success';
  message: string;
  user: User;
  protocol: number;
  limits: Limits;
  heartbeat_s: number;
  features: string[];
  request?: string | null;
}
/**
 * Who the token says you are.
 */
export interface User {
  id: string;
  email: string;
  name: string;
}
/**
 * What a client may send.
 */
export interface Limits {
  message_chars: number;
  frame_bytes: number;
  messages_per_minute: number;
}
/**
 * Stop an answer, by its run or as the session's active one.
 */
export interface CancelFrame {
  type: 'cancel';
  run_id?: string | null;
  session_id?: string | null;
}
/**
 * The customer stopped the run; `partial_response` is what had been said.
 */
export interface CancelledFrame {
  type: 'cancelled';
  run_id: string;
  partial_response: string;
  side_effects: string[];
  seq?: number | null;
}
/**
 * Passage `number` of the sources, which the answer cites, and the evidence in it: `text` is what stands from `start` to `end` in that `version` of the document.
 */
export interface CitedSpan {
  number: number;
  passage_id: string;
  source: string;
  title: string;
  start: number;
  end: number;
  page?: number | null;
  version?: number;
  text?: string;
}
/**
 * Ask. `session_id` is any string of yours; absent, the server makes one. `client_message_id` makes a message that is sent twice count once. `replaces` is the `message_id` of a message of yours that this one stands for from now on. `metadata.timezone` is your time zone (IANA). `customer_id` is ignored: who you are comes from the token.
 */
export interface MessageFrame {
  type: 'message';
  message?: string;
  session_id?: string | null;
  customer_id?: string | null;
  client_message_id?: string | null;
  replaces?: string | null;
  metadata?: {
    [k: string]: unknown;
  } | null;
}
/**
 * Follow a session again; `after` is the last `seq` you saw, 0 for all, and `epoch` that of the `ack` or `resumed` before it.
 */
export interface ResumeFrame {
  type: 'resume';
  session_id: string;
  after?: number;
  epoch?: string | null;
}
/**
 * Take back a message of yours: its text is gone everywhere, its place is kept.
 */
export interface DeleteFrame {
  type: 'delete';
  message_id: string;
}
/**
 * You are writing; shown to staff, with the `text` so far if you tell it, "" when you have stopped. Nothing is sent in return.
 */
export interface TypingFrame {
  type: 'typing';
  session_id: string;
  text?: string | null;
}
/**
 * You have read up to `seq`, in the conversation with this `epoch`; shown to staff. Nothing is sent in return.
 */
export interface ReadFrame {
  type: 'read';
  session_id: string;
  seq: number;
  epoch?: string | null;
}
/**
 * Rate an answer.
 */
export interface FeedbackFrame {
  type: 'feedback';
  message_id: string;
  rating: 'down' | 'up';
  reason?: string | null;
}
/**
 * Ask for a person, and say why if you like. `owner` says what happens next; nothing does where one was asked for before.
 */
export interface HandoverFrame {
  type: 'handover';
  session_id: string;
  reason?: string | null;
}
/**
 * Ask for a `pong` with the same `timestamp`.
 */
export interface PingFrame {
  type: 'ping';
  timestamp?: unknown;
}
/**
 * The server stops; come back after `reconnect_after_ms`.
 */
export interface ClosingFrame {
  type: 'closing';
  reconnect_after_ms: number;
}
/**
 * The next piece of the code of attempt `attempt` (from 1) to compute an answer; the pieces of an attempt make the whole. `language` is that of the code. The run's code so far, of all attempts, is `offset` characters long.
 */
export interface CodeFrame {
  type: 'code';
  run_id: string;
  text: string;
  attempt: number;
  language: string;
  offset: number;
  seq?: number | null;
}
/**
 * The answer. A client that knows no `input_required` or `staff_message` is told those as answers too, without `seq`.
 */
export interface CompleteFrame {
  type: 'complete';
  response: string;
  session_id: string;
  run_id: string;
  metadata: Metadata;
  message_id?: string | null;
  seq?: number | null;
}
/**
 * How the answer came about; its fields are those of the engine's `completed`. `flagged` where there are `unsupported` statements.
 */
export interface Metadata {
  context: Context;
  act?: string | null;
  agent?: string | null;
  agents?: RoutedAgent[] | null;
  confidence?: number | null;
  usage?: UsageFigures | null;
  timing?: Timing | null;
  answerer?: string | null;
  declined?: boolean | null;
  hedged?: boolean | null;
  degraded?: string | null;
  truncated?: boolean | null;
  flagged?: boolean | null;
  unsupported?: UnsupportedSpan[] | null;
  misplaced?: MisplacedMarker[] | null;
  parts?: AnswerPart[] | null;
  input_required?: Asked | null;
}
/**
 * What the answer rests on: the documents cited, and in each the evidence.
 */
export interface Context {
  sources: string[];
  citations: CitedSpan[];
}
/**
 * A specialist, and how sure the router is of it (0..1).
 */
export interface RoutedAgent {
  name: string;
  confidence: number;
}
/**
 * What the whole run took of models, whatever they were asked for; `model` worded the answer. `cached_tokens` are among the input's; `cost_micros` are millionths of the currency, None where a price is not known.
 */
export interface UsageFigures {
  model?: string;
  input_tokens?: number;
  output_tokens?: number;
  cached_tokens?: number;
  cost_micros?: number | null;
}
/**
 * Milliseconds since the message was accepted.
 */
export interface Timing {
  first_token_ms: number;
  total_ms: number;
}
/**
 * A statement of the answer that no passage supports: `text` is `response[start:end]`.
 */
export interface UnsupportedSpan {
  start: number;
  end: number;
  text: string;
}
/**
 * A marker `[number]` of the answer, at `response[start:end]`, whose passage does not support what it stands behind. `instead` is the number of the passage that does, None where none does.
 */
export interface MisplacedMarker {
  start: number;
  end: number;
  number: number;
  instead?: number | null;
}
/**
 * The figures of an answer: `rows` are a preview, by column, of the `total` rows that `code` gave, None where they are too many to count; `figure` is a Vega-Lite specification that holds its data. It is sent before the first token.
 */
export interface DataReadyFrame {
  type: 'data_ready';
  run_id: string;
  code: string;
  columns: string[];
  rows: {
    [k: string]: unknown;
  }[];
  total: number | null;
  dataset: string;
  figure?: {
    [k: string]: unknown;
  } | null;
  seq?: number | null;
}
/**
 * The customer has taken a message back: its text is gone everywhere, its place stays.
 */
export interface DeletedFrame {
  type: 'deleted';
  message_id: string;
  run_id: string;
  seq?: number | null;
}
/**
 * The frame with this `request` was obeyed; what it caused directly came before.
 */
export interface DoneFrame {
  type: 'done';
  request: string;
}
/**
 * With a `run_id` the run failed, for this `reason`; else a frame was refused, because of this `field` if there is one. `ref` stands in the log.
 */
export interface ErrorFrame {
  type: 'error';
  error: string;
  code: string;
  retryable: boolean;
  ref: string;
  reason?: string | null;
  retry_after_ms?: number | null;
  field?: string | null;
  run_id?: string | null;
  seq?: number | null;
  request?: string | null;
}
/**
 * The run is parked before an effect until somebody answers `request_id`, or until `expires_at` (ISO 8601 UTC), which ends it cancelled. `proposal` is what will be done, bound to this request; `partial_response` what the run has said so far. It ends the turn, not the run.
 */
export interface InputRequiredFrame {
  type: 'input_required';
  run_id: string;
  session_id: string;
  request_id: string;
  kind: 'choose' | 'confirm';
  prompt: string;
  options: Option[];
  proposal: {
    [k: string]: unknown;
  };
  expires_at: string;
  partial_response: string;
  seq?: number | null;
}
/**
 * Who has the conversation from now on. `notice` tells the customer what happens next. `staff` is there in state `staff`, `queue` and `reason` in state `waiting`, as far as they are known.
 */
export interface OwnerFrame {
  type: 'owner';
  session_id: string;
  owner: 'bot' | 'staff';
  state: 'bot' | 'closed' | 'staff' | 'waiting';
  staff?: StaffPerson | null;
  notice?: string | null;
  queue?: QueuePlace | null;
  reason?: ('danger' | 'request' | 'staff' | 'unanswered') | null;
  seq?: number | null;
}
/**
 * A member of staff as customers know them.
 */
export interface StaffPerson {
  name: string;
}
/**
 * `place` in the queue, from 1.
 */
export interface QueuePlace {
  place: number;
}
/**
 * The answer to `ping`, with its `timestamp`.
 */
export interface PongFrame {
  type: 'pong';
  timestamp: unknown;
  request?: string | null;
}
/**
 * The run has come to a step; `message` says it to a person.
 */
export interface ProgressFrame {
  type: 'progress';
  run_id: string;
  step:
    | 'agent_routing'
    | 'analyst'
    | 'code_generator'
    | 'data_loader'
    | 'executor'
    | 'generating'
    | 'passed_on'
    | 'rag_retrieval'
    | 'starting'
    | 'tool'
    | 'verifier';
  message: string;
  agent?: string | null;
  seq?: number | null;
}
/**
 * What is done on the way to the answer. `thought`: a consideration about `aspect`; `tool_use`: `tool` is called with these `arguments`; `tool_result`: it gave this `result`, or where it is not `ok` says what went wrong, after so many `ms`. `iteration` counts the calls of part `part` from 1 (a thought has that of the next one), `content` says it all in a line, `timestamp` is ISO 8601 UTC.
 */
export interface ReasoningFrame {
  type: 'reasoning';
  run_id: string;
  kind: 'thought' | 'tool_result' | 'tool_use';
  content: string;
  iteration: number;
  timestamp: string;
  part: number;
  number: number;
  agent?: string | null;
  tool?: string | null;
  arguments?: {
    [k: string]: unknown;
  } | null;
  result?: unknown;
  ok?: boolean | null;
  ms?: number | null;
  aspect?: string | null;
  seq?: number | null;
}
/**
 * A reader has asked to follow again: what came after the seq `after` comes next, up to `head_seq`, then everything live. `after` is 0 where the place that the reader named is none in this conversation, or nobody can tell whether it is: what the reader has counts no more.
 */
export interface ResumedFrame {
  type: 'resumed';
  session_id: string;
  after: number;
  head_seq: number;
  epoch: string;
  active_run?: string | null;
  seq?: number | null;
}
/**
 * The specialists that answer, the leading one first; none where the router itself replies. It comes again with all of them where one passes a part on to another.
 */
export interface RoutedFrame {
  type: 'routed';
  run_id: string;
  agents: RoutedAgent[];
  seq?: number | null;
}
/**
 * The run will begin again, because its process died or stopped: its text and sources so far count no more.
 */
export interface RunRestartedFrame {
  type: 'run_restarted';
  run_id: string;
  attempt: number;
  seq?: number | null;
}
/**
 * A computed result was checked by other means. `is_valid` only if every check that could be made agreed; `confidence` is in 0..1; `checks` say in words what was compared and how it came out.
 */
export interface VerificationFrame {
  type: 'verification';
  run_id: string;
  is_valid: boolean;
  confidence: number;
  attempts: number;
  checks: string[];
  seq?: number | null;
}
/**
 * The passages found, in the order of their markers; sent before the first token. It comes again, with all of them, where a tool has found more: what it found stands behind the others.
 */
export interface SourcesFrame {
  type: 'sources';
  run_id: string;
  passages: SourcePassage[];
  seq?: number | null;
}
/**
 * A passage an answer may cite. `id` is the chunk's, `source` the document's path, `section` its headings joined by ` > `, `page` a printed page from 1; `start` and `end` are offsets in the text of the document's `version`; `score` is in 0..1.
 */
export interface SourcePassage {
  id: string;
  title: string;
  source: string;
  section: string;
  start: number;
  end: number;
  text: string;
  score: number;
  page?: number | null;
  version?: number;
}
/**
 * Another message, `by`, stands for this one: it and all that came of it and after it are a branch of the past.
 */
export interface SupersededFrame {
  type: 'superseded';
  message_id: string;
  by: string;
  run_id: string;
  seq?: number | null;
}
/**
 * A member of staff, `name`, writes to the customer. `sent_at` is ISO 8601 UTC.
 */
export interface StaffMessageFrame {
  type: 'staff_message';
  session_id: string;
  message: string;
  name: string;
  message_id: string;
  sent_at: string;
  seq?: number | null;
}
/**
 * A member of staff is writing, or is no more.
 */
export interface StaffTypingFrame {
  type: 'staff_typing';
  session_id: string;
  name: string;
  typing: boolean;
  seq?: number | null;
}
/**
 * The next piece of the answer, which so far is `offset` characters long; `partial_response` is all of it, unless `partial` was refused. `part` names the specialist where several answer.
 */
export interface TokenFrame {
  type: 'token';
  token: string;
  run_id: string;
  offset: number;
  partial_response?: string | null;
  part?: string | null;
}
