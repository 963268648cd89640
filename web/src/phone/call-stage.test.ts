import { expect, test } from 'vitest';
import { type CallEvent, type CallStage, isAnswered, nextStage } from './call-stage.ts';

function walk(from: CallStage, ...events: CallEvent[]): CallStage[] {
  let stage = from;
  return events.map(event => {
    stage = nextStage(stage, event);
    return stage;
  });
}

test('a call that is made rings, is answered and is over', () => {
  expect(walk('preparing', 'invited', 'rings', 'answered', 'path-up', 'over')).toEqual([
    'calling',
    'ringing',
    'connecting',
    'talking',
    'ended',
  ]);
});

test('a call that comes in is answered first, then the camera is opened', () => {
  expect(walk('incoming', 'answers', 'answered', 'path-up')).toEqual(['preparing', 'connecting', 'talking']);
});

test('an answer without ringing is an answer', () => {
  expect(walk('preparing', 'invited', 'answered')).toEqual(['calling', 'connecting']);
});

test('a path may go and come back', () => {
  expect(walk('talking', 'path-down', 'path-up')).toEqual(['reconnecting', 'talking']);
});

test('a late ringing does not undo an answer, and nothing follows the end', () => {
  expect(walk('connecting', 'rings')).toEqual(['connecting']);
  expect(walk('ended', 'rings', 'answered', 'path-up', 'over')).toEqual(['ended', 'ended', 'ended', 'ended']);
});

test('every stage can end', () => {
  for (const stage of [
    'preparing',
    'calling',
    'ringing',
    'incoming',
    'connecting',
    'talking',
    'reconnecting',
  ] as const) {
    expect(nextStage(stage, 'over')).toBe('ended');
  }
});

test('what is answered is hung up, what is not is cancelled', () => {
  expect((['incoming', 'ringing', 'connecting', 'talking'] as const).map(isAnswered)).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
