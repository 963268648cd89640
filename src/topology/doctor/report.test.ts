import { describe, expect, test } from 'vitest';
import {
  EXPECTED,
  examined,
  NOW,
  OWN,
  PUBLIC,
  probed,
  RELAY,
  RELAYED,
  reach,
  TLS,
} from '../../../test/testkit/doctor-facts.ts';
import { factsFromText } from './facts-schema.ts';
import { overlap, spansOf, spansText, without } from './port-spans.ts';
import { reportHtml } from './render/html.ts';
import { reportJson } from './render/json.ts';
import { reportTable } from './render/table.ts';
import { exitStatus, reportOf } from './report.ts';

const HEALTHY = reportOf([examined(), probed()], NOW);
const PAT = probed({ relayed: { ...RELAYED, outFirst: [{ from: `${PUBLIC}:1025` }] } });
const BROKEN = reportOf([examined({ reserved: [] }), PAT], NOW);

test('a report joins both views, and says who found what', () => {
  expect([HEALTHY.verdict, HEALTHY.findings, exitStatus(HEALTHY)]).toEqual(['healthy', [], 0]);
  expect(BROKEN.findings.map(({ id, by }) => [id, by])).toEqual([
    ['ports-rewritten', 'probe'], // faults first
    ['ephemeral-overlap', 'doctor'],
  ]);
  expect([BROKEN.verdict, exitStatus(BROKEN)]).toEqual(['faults', 1]);
});

test('warnings alone are no reason for an exit status', () => {
  const report = reportOf([examined({ reserved: [] })], NOW);
  expect([report.verdict, exitStatus(report)]).toEqual(['warnings', 0]);
});

test('what the doctor’s configuration says goes before what a probe assumed', () => {
  const assumed = { ...probed(), expected: { ...EXPECTED, source: 'assumption' as const, rules: [] } };
  expect(reportOf([examined(), assumed], NOW).expected).toBe(EXPECTED);
});

describe('the table', () => {
  const plainTable = reportTable(BROKEN, { colour: false, width: 100 });
  test('has a line per check, and each finding with what to change', () => {
    expect(plainTable).toContain('✓ listener-answers');
    expect(plainTable).toMatch(/✗ 1\. ports-rewritten {2}131\.107\.155\.30 {2}\(probe\)\n {3}seen {5}relay/);
    expect(plainTable).toContain(`   rules    nat-out-${PUBLIC}\n`);
    expect(plainTable.trimEnd().split('\n').at(-1)).toMatch(/^faults found \(\d+ checks, 1 fault, 1 warning\)$/);
  });
  test('keeps to the width where words allow', () => {
    expect(Math.max(...plainTable.split('\n').map(line => line.length))).toBeLessThanOrEqual(100);
  });
  test('has colours only where they are wanted', () => {
    expect(plainTable).not.toContain('\u001b');
    expect(reportTable(BROKEN, { colour: true, width: 100 })).toContain('\u001b[31m✗');
  });
  test('control characters of others do not reach the terminal', () => {
    const nasty = probed({
      address: '\u001b[2J',
      reaches: [reach('tls', { tls: { ...TLS, names: ['a\u001b]0;x'], matches: false } })],
    });
    expect(reportTable(reportOf([nasty], NOW), { colour: false, width: 100 })).not.toContain('\u001b');
  });
});

test('JSON says when, the verdict, the findings and every result', () => {
  const read = JSON.parse(reportJson(BROKEN));
  expect(Object.keys(read).toSorted()).toEqual(['at', 'expected', 'findings', 'verdict', 'version', 'views']);
  expect([read.version, read.at]).toEqual([1, '2026-06-01T12:00:00.000Z']);
  expect(Object.keys(read.findings[0]).toSorted()).toEqual(
    ['by', 'change', 'check', 'id', 'means', 'place', 'rules', 'seen', 'subject', 'verdict'], // docs/doctor.md
  );
});

describe('the page', () => {
  const page = reportHtml(BROKEN);
  test('loads nothing from elsewhere', () => expect(page).not.toMatch(/(src|href)="(?!#)|@import|url\(|<script/));
  test('marks the place on the path, and the planned rule', () => {
    expect(page).toMatch(/class="bad"><rect[^>]*\/><text class="title"[^>]*>NAT</);
    expect(page).toMatch(/class="good"><rect[^>]*\/><text class="title"[^>]*>Firewall</);
    expect(page).toContain(`<tr id="nat-out-${PUBLIC}" class="named">`);
    expect(page).toContain(`<a href="#nat-out-${PUBLIC}">`);
  });
  test('shows what others sent as text', () => {
    const nasty = probed({ address: '<script>"\'&', reaches: [] });
    const shown = reportHtml(reportOf([nasty], NOW));
    expect(shown).not.toContain('<script>');
    expect(shown).toContain('&lt;script&gt;&quot;&#39;&amp;');
  });
  test('of a healthy edge marks nothing', () => expect(reportHtml(HEALTHY)).not.toMatch(/class="(bad|doubtful)"/));
});

describe('facts of a probe', () => {
  const { expected: _, ...sent } = probed({
    relayed: { ...RELAYED, idle: { seconds: 9, out: {}, inward: {}, mapped: ['1.1.1.1:1', undefined] } },
    partner: [
      { direction: 'out', protocol: 'tcp', port: 443, outcome: 'arrived', from: RELAY },
      { direction: 'in', protocol: 'tcp', port: 50_000, outcome: 'untried', why: 'no TCP relay' },
    ],
    otherMapped: { other: '1.1.1.1:2', mapped: '1.1.1.1:3', otherwise: undefined },
    elsewhere: [{ what: 'mate', server: '1.1.1.1:3478', via: 'relay', outcome: 'silent', local: OWN }],
  });
  test('arrive as they were sent', () => {
    const clocks = [{ whose: 'edge' as const, against: 'x', aheadMillis: undefined, toleranceMillis: 0 }];
    const read = factsFromText(JSON.stringify({ ...sent, clocks }));
    expect(JSON.stringify(read)).toBe(JSON.stringify(factsFromText(JSON.stringify(read))));
    expect(read).toEqual({ ...sent, clocks });
  });
  test.each([
    '',
    '{}',
    'null',
    '[1]',
    JSON.stringify({ ...sent, by: 'doctor' }),
    JSON.stringify({ ...sent, targets: [{}] }),
  ])('%.20j are none', text => expect(factsFromText(text)).toBeUndefined());
  test('are bounded, and a probe has no word about the machine', () => {
    const long = { ...sent, targets: Array.from({ length: 17 }, () => sent.targets[0]) };
    expect(factsFromText(JSON.stringify(long))).toBeUndefined();
    expect(factsFromText(JSON.stringify({ ...sent, machine: {} }))).not.toHaveProperty('machine');
    expect(
      factsFromText(JSON.stringify({ ...sent, targets: [{ ...sent.targets[0], address: 'x'.repeat(301) }] })),
    ).toBeUndefined();
  });
});

test('spans of ports end where another port lies between', () => {
  expect(spansOf([1, 2, 3, 7])).toEqual([{ first: 1, last: 7 }]); // what lies between was not tried
  expect(spansOf([1, 2, 3, 7], [5])).toEqual([
    { first: 1, last: 3 },
    { first: 7, last: 7 },
  ]);
  expect(spansText(spansOf([1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14]))).toBe(
    '1, 3, 5, 7, 9, 11 and 2 more spans',
  );
  expect([
    overlap({ first: 1, last: 5 }, { first: 5, last: 9 }),
    overlap({ first: 1, last: 4 }, { first: 5, last: 9 }),
  ]).toEqual([{ first: 5, last: 5 }, undefined]);
  expect(
    without({ first: 1, last: 9 }, [
      { first: 3, last: 4 },
      { first: 9, last: 12 },
    ]),
  ).toEqual([
    { first: 1, last: 2 },
    { first: 5, last: 8 },
  ]);
});
