/** A client for Pitcrew's `/ws/chat`, without a user interface and without dependencies. */

export { PitcrewClient, socketAddress, type Options, type Snapshot } from './client.js';
export type { ConnectionState, Credential, Socket, SocketClass } from './connection.js';
export type { Conversation } from './conversation.js';
export type {
  Answer, Entry, Owner, OwnerChange, Problem, Question, Rating, StaffMessage, Step,
} from './entries.js';
export type * from './frames.js';
export type { Storage } from './memory.js';
