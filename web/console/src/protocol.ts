/** What the console has in common with the customers' side: the connection, the conversation as a value, and how texts
 * become nodes. */

export { Connection, type ConnectionState, type Sent } from '../../client/src/connection.js';
export { newConversation, received, type Conversation, type Received } from '../../client/src/conversation.js';
export type { Answer, Entry, OwnerChange, Question, StaffMessage } from '../../client/src/entries.js';
export type { AuthSuccessFrame, CitedSpan, SourcePassage } from '../../client/src/frames.js';
export { markdown, renewed } from '../../widget/src/markdown.js';
