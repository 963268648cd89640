import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Deadlines, Timer } from './deadlines.ts';

const nothing = () => {};

test('timers come out in the order of their times, and none before its time', () => {
  const deadlines = new Deadlines();
  const timers = [30, 10, 20].map(at => {
    const timer = new Timer(nothing);
    deadlines.wakeBy(timer, at);
    return timer;
  });
  expect(deadlines.next()).toBe(10);
  expect(deadlines.take(9)).toBeUndefined();
  expect([deadlines.take(25), deadlines.take(25), deadlines.take(25)]).toEqual([timers[1], timers[2], undefined]);
  expect(deadlines.next()).toBe(30);
});

test('postponing changes nothing: who is woken too early asks again', () => {
  const deadlines = new Deadlines();
  const timer = new Timer(nothing);
  deadlines.wakeBy(timer, 10);
  deadlines.wakeBy(timer, 90);
  expect(deadlines.next()).toBe(10);
  expect(deadlines.size).toBe(1);
});

test('a timer that was taken or removed can be set again', () => {
  const deadlines = new Deadlines();
  const timer = new Timer(nothing);
  deadlines.wakeBy(timer, 10);
  expect(deadlines.take(10)).toBe(timer);
  deadlines.wakeBy(timer, 90);
  expect(deadlines.next()).toBe(90);
  deadlines.remove(timer);
  deadlines.remove(timer);
  expect(deadlines.next()).toBe(Infinity);
});

type Command = readonly ['wake', number, number] | readonly ['remove', number] | readonly ['take', number];

test('the heap agrees with a sorted list, whatever is done to it', () => {
  const time = fc.integer({ min: 0, max: 50 });
  const which = fc.nat(11);
  const command: fc.Arbitrary<Command> = fc.oneof(
    fc.tuple(fc.constant('wake' as const), which, time),
    fc.tuple(fc.constant('remove' as const), which),
    fc.tuple(fc.constant('take' as const), time),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), commands => {
      const deadlines = new Deadlines();
      const timers = Array.from({ length: 12 }, () => new Timer(nothing));
      const model = new Map<Timer<never>, number>();
      for (const [what, a, b] of commands) {
        if (what === 'wake') {
          deadlines.wakeBy(timers[a]!, b!);
          model.set(timers[a]!, Math.min(b!, model.get(timers[a]!) ?? Infinity));
        } else if (what === 'remove') {
          deadlines.remove(timers[a]!);
          model.delete(timers[a]!);
        } else {
          const taken = deadlines.take(a);
          const earliest = Math.min(Infinity, ...model.values());
          if (earliest > a) expect(taken).toBeUndefined();
          else expect(model.get(taken!)).toBe(earliest);
          if (taken !== undefined) model.delete(taken);
        }
        expect(deadlines.next()).toBe(Math.min(Infinity, ...model.values()));
        expect(deadlines.size).toBe(model.size);
      }
    }),
    { seed: 42, numRuns: 500 },
  );
});
