import { expect, test } from 'vitest';
import { makeLog } from './log.ts';

function logged(level: string, write: (log: ReturnType<typeof makeLog>) => void): string[] {
  const lines: string[] = [];
  write(makeLog(level, { write: line => void lines.push(line) }));
  return lines;
}

test('a line is one JSON object with level and time in words', () => {
  const [line] = logged('info', log => log.info({ user: 'alice\n' }, 'hello'));
  expect(line!.trimEnd()).not.toContain('\n');
  expect(JSON.parse(line!)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    user: 'alice\n',
    msg: 'hello',
  });
});

test('lines below the level are not written', () => {
  expect(logged('warn', log => log.info('hello'))).toEqual([]);
  expect(logged('silent', log => log.fatal('hello'))).toEqual([]);
});

test.each(['password', 'credential', 'token', 'secret', 'secrets', 'key', 'authorization'])(
  'what is called %s is blanked, should it ever be logged',
  name => {
    const lines = logged('trace', log => {
      log.info({ [name]: 'north-wind' }, 'one');
      log.info({ inside: { [name]: 'north-wind' } }, 'two');
    });
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).not.toContain('north-wind');
      expect(line).toContain('[secret]');
    }
  },
);
