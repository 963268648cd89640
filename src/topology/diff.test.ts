import { expect, test } from 'vitest';
import { topology } from '../../test/testkit/topologies.ts';
import { diffAsJson, diffOf, diffText, isEmpty, planOf } from './index.ts';

const SOURCES = { policy: 'source-and-destination' } as const;
const plan = (name: Parameters<typeof topology>[0]) => planOf(topology(name), SOURCES);

test('a new partner opens what only it needs, and stands as a further reason where something is open already', () => {
  const diff = diffOf(plan('remote-users'), plan('lync'));
  expect(diff.open.map(({ id }) => id)).toEqual(['external-out-udp-3478', 'external-out-tcp-443']);
  expect(diff.close).toEqual([]);
  expect(diff.keep.map(({ after }) => after.id)).toEqual(['external-in-udp-3478', 'external-in-tcp-443']);
  expect(diffText(diff)).toContain('contoso.example (lync): Audio and video go');
});

test('the last OCS 2007 partner gone, the range is to be closed', () => {
  const text = diffText(diffOf(plan('ocs2007'), plan('lync')));
  const closed = text.slice(text.indexOf('Close'), text.indexOf('Keep'));
  expect(closed.match(/^ {2}- /gm)).toHaveLength(4);
  expect(closed).toContain('- external-in-tcp-50000-59999: ');
});

test('an edge that moves behind a NAT needs translations and other names', () => {
  const { translate, names } = diffOf(plan('public-addresses'), plan('remote-users'));
  expect(translate.added.map(({ id }) => id)).toContain('nat-in-131.107.155.30');
  expect(names.removed.map(({ value }) => value)).toContain('198.51.100.10');
});

test('nothing changed, nothing to do', () => {
  const diff = diffOf(plan('lync'), plan('lync'));
  expect(isEmpty(diff)).toBe(true);
  expect(diffText(diff)).toBe('Nothing to open, nothing to close.\n');
  expect(diffAsJson(diff)).toMatchObject({ version: 1, open: [], close: [] });
});
