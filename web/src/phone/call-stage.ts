/** Where the phone itself is. `away`: signed in, and the connection is being made again. */
export type LineState = 'signed-out' | 'signing-in' | 'ready' | 'away';

/** Where a call of the phone is. `preparing` is while the camera is opened, `reconnecting` while a path that was there is gone. */
export type CallStage =
  | 'preparing'
  | 'calling'
  | 'ringing'
  | 'incoming'
  | 'connecting'
  | 'talking'
  | 'reconnecting'
  | 'ended';

/** What happens to a call: what its user does, what the other end says, and what the path does. */
export type CallEvent = 'invited' | 'rings' | 'answers' | 'answered' | 'path-up' | 'path-down' | 'over';

/** What follows from what. An event that has no place in a stage changes nothing: messages overtake each other. */
const NEXT: Readonly<Record<CallStage, Partial<Record<CallEvent, CallStage>>>> = {
  preparing: { invited: 'calling', rings: 'ringing', answered: 'connecting', over: 'ended' },
  calling: { rings: 'ringing', answered: 'connecting', over: 'ended' },
  ringing: { answered: 'connecting', over: 'ended' },
  incoming: { answers: 'preparing', over: 'ended' },
  connecting: { 'path-up': 'talking', over: 'ended' },
  talking: { 'path-down': 'reconnecting', over: 'ended' },
  reconnecting: { 'path-up': 'talking', over: 'ended' },
  ended: {},
};

export function nextStage(stage: CallStage, event: CallEvent): CallStage {
  return NEXT[stage][event] ?? stage;
}

/** Whether the other end has said yes: before that a call is cancelled or declined, after it is hung up. */
export function isAnswered(stage: CallStage): boolean {
  return stage === 'connecting' || stage === 'talking' || stage === 'reconnecting';
}
