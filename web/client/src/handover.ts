/** The frames by which people take part in a conversation. */

/** Who answers, and what happens next. */
export interface OwnerFrame {
  type: 'owner';
  session_id: string;
  owner: 'bot' | 'staff';
  state: 'bot' | 'waiting' | 'staff' | 'closed';
  staff?: { name: string } | null;
  /** What happens next, in the customer's words. */
  notice?: string | null;
  queue?: { place: number } | null;
  /** Why a person is waited for. */
  reason?: 'request' | 'danger' | 'unanswered' | 'staff' | null;
  seq?: number | null;
}

/** What a person says. */
export interface StaffMessageFrame {
  type: 'staff_message';
  session_id: string;
  message: string;
  message_id: string;
  name: string;
  sent_at?: string | null;
  seq?: number | null;
}

/** A person is writing, or has stopped. */
export interface StaffTypingFrame {
  type: 'staff_typing';
  session_id: string;
  name: string;
  typing: boolean;
}

/** Ask for a person. */
export interface HandoverFrame {
  type: 'handover';
  session_id: string;
  reason?: string;
}
