import { expect, test } from 'vitest';
import { type CallEnd, explainCallEnd, explainRegistration, explainSignIn } from './explain.ts';

const end = (differences: Partial<CallEnd>) =>
  explainCallEnd({ status: 0, cause: 'Rejected', by: 'remote', name: 'bob', ...differences });

test.each([
  [404, 'There is no bob'],
  [480, 'bob is not signed in'],
  [486, 'bob is busy'],
  [603, 'bob declined'],
  [504, 'The other server does not answer'],
  [500, 'The call failed on the way'],
  [420, 'bob could not be called'],
])('%i is said in words', (status, title) => {
  expect(end({ status })).toMatchObject({ code: `sip-${status}`, title });
  expect(end({ status })?.reason).toContain(String(status));
});

test('who hangs up or takes a call back needs no explanation', () => {
  expect([
    end({ cause: 'Terminated' }),
    end({ cause: 'Canceled' }),
    end({ status: 487 }),
    end({ by: 'local' }),
  ]).toEqual([null, null, null, null]);
});

test('what the library says is passed on where there are no words', () => {
  expect(end({ cause: 'Bad Media Description', by: 'system' })?.reason).toContain('Bad Media Description');
  expect(end({ cause: 'Connection Error', by: 'system' })?.code).toBe('signalling-lost');
});

test('a wrong password is told from a lockout, and from a hash of another kind', () => {
  expect(explainRegistration(401).code).toBe('password-wrong');
  expect(explainRegistration(401, 'MD5').code).toBe('password-wrong');
  expect(explainRegistration(401, 'SHA-256').code).toBe('algorithm-unsupported');
  expect(explainRegistration(403).code).toBe('locked-out');
  expect(explainRegistration(500).reason).toContain('500');
  expect(explainRegistration(0).code).toBe('not-registered');
});

test('what the edge says is shown, unless the page knows better words', () => {
  expect(explainSignIn('no-credentials', 'no relay for this side').reason).toContain('(no relay for this side)');
  expect(explainSignIn('password-wrong', 'wrong user or password').reason).not.toContain('(');
});
