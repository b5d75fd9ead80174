/** What the server tells the staff. Times are ISO 8601 in UTC. */

export type State = 'bot' | 'waiting' | 'staff' | 'closed';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';
export type Role = 'customer' | 'assistant' | 'staff';
export type Reason = 'request' | 'danger' | 'unanswered' | 'staff';

export interface Member {
  readonly id: string;
  readonly name: string;
}

export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly guest: boolean;
}

/** A conversation in the list. `unread` are messages of the customer that nobody of the staff has seen. */
export interface Row {
  readonly conversation_id: string;
  readonly session_id: string;
  readonly customer: Customer;
  readonly state: State;
  readonly owner_epoch: number;
  /** Who has it, or had it last. */
  readonly staff?: Member | null;
  readonly reason?: Reason | null;
  /** What the customer said when asking for a person. */
  readonly reason_text?: string | null;
  readonly waiting_since?: string | null;
  /** In the queue, from 1. */
  readonly place?: number | null;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly title: string;
  readonly preview?: { readonly role: Role; readonly text: string; readonly at: string } | null;
  readonly messages: number;
  readonly unread: number;
  readonly thumbs: { readonly up: number; readonly down: number };
  readonly head_seq: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface Rated {
  readonly rating: 'up' | 'down';
  readonly reason: string | null;
  readonly at: string;
}

export interface Message {
  readonly message_id: string;
  readonly seq: number;
  readonly role: Role;
  readonly text: string;
  readonly created_at: string;
  readonly run_id: string | null;
  readonly name: string | null;
  readonly agent: string | null;
  readonly declined: boolean;
  readonly deleted: boolean;
  readonly superseded_by: string | null;
  readonly feedback: Rated | null;
}

export interface Note {
  readonly note_id: string;
  readonly conversation_id: string;
  readonly text: string;
  readonly author: Member;
  readonly created_at: string;
}

export interface Canned {
  readonly canned_id: string;
  readonly shortcut: string;
  readonly title: string;
  readonly text: string;
}

/** `mine` are those that the asker has, `unread` those with something unread. */
export interface Counts {
  readonly bot: number;
  readonly waiting: number;
  readonly staff: number;
  readonly closed: number;
  readonly mine: number;
  readonly unread: number;
}

export interface Colleague extends Member {
  readonly status: 'here' | 'away';
  /** Conversations that they have open. */
  readonly viewing: readonly string[];
}

export interface Page {
  readonly conversations: readonly Row[];
  readonly next: string | null;
}

export interface Appointment {
  readonly id: string;
  readonly starts_at: string;
  readonly local_time?: string;
  readonly time_zone?: string;
  readonly dealer: string | { readonly name?: string; readonly town?: string };
  readonly work: string;
  readonly vehicle: string;
}

export interface CustomerPage {
  readonly customer: Customer;
  /** What the conversation knows, such as the `model`. */
  readonly facts: Readonly<Record<string, string>>;
  readonly zone: string;
  readonly appointments: readonly Appointment[];
  readonly conversations: readonly Row[];
}

/** A draft of a reply; it counts as long as nothing was said after `seq`. */
export interface Suggestion {
  readonly text: string;
  readonly citations: readonly { readonly number: number; readonly title: string; readonly source: string; readonly text?: string }[];
  readonly agent: string | null;
  readonly confidence: number | null;
  readonly declined: boolean;
  readonly seq: number;
}

export interface Passage {
  readonly number: number;
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly section: string;
  readonly page: number | null;
  readonly text: string;
  readonly score: number;
  readonly cited: boolean;
}

export interface ModelCall {
  readonly kind: string;
  readonly agent: string;
  readonly name: string;
  readonly calls: number;
  readonly failures: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_micros: number | null;
  readonly ms: number;
}

export interface RunStep {
  readonly kind: 'thought' | 'tool_use' | 'tool_result';
  readonly content: string;
  readonly tool: string | null;
  readonly arguments: Readonly<Record<string, unknown>> | null;
  readonly ok: boolean | null;
  readonly ms: number | null;
  readonly at: string;
}

/** What is known of how an answer came about. */
export interface Explanation {
  readonly run_id: string;
  readonly status: string;
  readonly question: string;
  readonly answer: string | null;
  readonly act: string | null;
  readonly reading: { readonly act: string | null; readonly aside: boolean };
  readonly route: readonly { readonly name: string; readonly confidence: number }[];
  readonly agent: string | null;
  readonly confidence: number | null;
  readonly passages: readonly Passage[];
  readonly steps: readonly RunStep[];
  readonly parts: readonly { readonly part: number; readonly agent: string; readonly status: string; readonly confidence: number }[];
  readonly unsupported: readonly string[];
  readonly declined: boolean;
  readonly hedged: boolean;
  readonly degraded: string | null;
  readonly failure: string | null;
  readonly timing: { readonly first_token_ms: number; readonly total_ms: number } | null;
  readonly answerer: string | null;
  readonly usage: {
    readonly model: string;
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly cached_tokens: number;
    readonly cost_micros: number | null;
    readonly calls: readonly ModelCall[];
  };
  readonly effects: readonly string[];
  readonly attempts: number;
}

export interface Day {
  readonly day: string;
  readonly conversations: number;
  readonly resolved_by_bot: number;
  readonly handed_over: number;
  readonly up: number;
  readonly down: number;
}

export interface Outcomes {
  readonly since: string;
  readonly until: string;
  readonly conversations: number;
  readonly resolved_by_bot: number;
  readonly handed_over: number;
  readonly by_reason: Readonly<Record<Reason, number>>;
  readonly reopened: number;
  readonly closed: number;
  readonly first_response_s: { readonly median: number; readonly p90: number } | null;
  readonly csat: number | null;
  readonly thumbs: { readonly up: number; readonly down: number };
  readonly days: readonly Day[];
}

export interface Gap {
  readonly question: string;
  readonly count: number;
  readonly questions: readonly {
    readonly text: string;
    readonly conversation_id: string;
    readonly message_id: string;
    readonly at: string;
  }[];
  readonly last_at: string;
}

export interface FeedbackEntry {
  readonly conversation_id: string;
  readonly message_id: string;
  readonly run_id: string | null;
  readonly rating: 'up' | 'down';
  readonly reason: string | null;
  readonly at: string;
  readonly question: string;
  readonly answer: string;
  readonly case_id: string | null;
}

export interface Case {
  readonly case_id: string;
  readonly message_id: string;
  readonly conversation_id: string;
  readonly question: string;
  readonly expected: string;
  readonly author: Member;
  readonly created_at: string;
}

export interface Audited {
  readonly audit_id: number;
  readonly at: string;
  readonly staff: Member;
  readonly operation: string;
  readonly conversation_id: string | null;
}
