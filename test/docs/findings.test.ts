import { expect, test } from 'vitest';
import { FINDINGS } from '../../src/topology/doctor/index.ts';
import { textOf } from './pages.ts';

test('docs/doctor.md has every finding, and no other', () => {
  const [, findings = ''] = /^## Findings\n(.*?)^## /ms.exec(textOf('docs/doctor.md')) ?? [];
  const rows = findings.matchAll(/^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|.*\|.*\|$/gm);
  const documented = [...rows].flatMap(([, cell]) => [...cell!.matchAll(/`([a-z-]+)`/g)].map(([, id]) => id!));
  expect(documented).toEqual([...FINDINGS]);
});
