import { expect, test } from 'vitest';
import { markdownOf, tableOf } from './page.ts';
import { growth, Results } from './results.ts';
import { SCENARIOS } from './scenarios.ts';

const scenarios = SCENARIOS.filter(({ name }) => name === '10x16' || name === 'tcp');

function results(): Results {
  const all = new Results();
  for (const [round, noise] of [1, 3, 1.1].entries()) {
    all.put('10x16', 'coturn', round, 4 * noise);
    all.put('10x16', 'mmsg', round, 2 * noise);
    all.put('10x16', 'forwarder', round, 2 * noise);
    all.put('tcp', 'coturn', round, 100);
    all.put('tcp', 'mmsg', round, 50);
  }
  return all;
}

test('ratios are of rounds, and servers without a figure have no row', () => {
  const [cpu] = results().summary(scenarios);
  expect(cpu?.servers.map(s => s.server)).toEqual(['coturn', 'mmsg', 'forwarder']);
  expect(cpu?.servers[1]?.toCoturn).toEqual({ median: 0.5, least: 0.5, most: 0.5 });
  expect(cpu?.servers[1]?.toForwarder).toEqual({ median: 1, least: 1, most: 1 });
  expect(cpu?.servers[1]?.value).toEqual({ median: 2.2, least: 2, most: 6 });
});

test('a page says what was aimed for, and whether it was reached', () => {
  const facts = { machine: '2 × x', rounds: 3, seconds: 2, versions: 'coturn 1', growth: [], notes: ['a doubt'] };
  const page = markdownOf(results().summary(scenarios), facts);
  expect(page).toContain('at most 0.70: reached');
  expect(page).toContain('at least 1.00: **not reached**');
  expect(page).toContain('| Sallyport (`mmsg`) | 2.20 us (2.00 to 6.00) | 0.50 × (0.50 to 0.50) |');
  expect(page).toContain('- a doubt');
});

test('the columns of a table line up', () => {
  const lines = tableOf(results().summary(scenarios)).split('\n');
  const at = lines[0]!.indexOf('median');
  for (const line of lines.slice(1)) expect(line.slice(at - 2, at)).toBe('  ');
});

test('growth compares ten thousand allocations with ten, round by round', () => {
  const all = new Results();
  all.put('ten', 'mmsg', 0, 2);
  all.put('ten-thousand', 'mmsg', 0, 3);
  expect(growth(all, 'mmsg')?.median).toBe(1.5);
  expect(growth(all, 'coturn')).toBeUndefined();
});
