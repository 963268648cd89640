import { expect, test } from 'vitest';
import { createEdge } from '../../src/index.ts';
import { AccessFiles } from '../testkit/access-files.ts';

test('docs/metrics.md lists every metric with its meaning and the values of its labels', async () => {
  const files = await AccessFiles.make();
  const edge = await createEdge({
    external: { address: '127.0.0.1', udp: 0, tcp: 0 },
    credentials: { secrets: ['north-wind'] },
    access: { users: files.users, tls: 0, wss: 0 },
  });
  try {
    await expect(page(await edge.metrics())).toMatchFileSnapshot('../../docs/metrics.md');
  } finally {
    await edge.close();
    files.remove();
  }
});

const PREAMBLE = `# Metrics

Prometheus text on \`/metrics\` of the admin listener, which needs no token. Written and checked by \`test/docs/metrics.test.ts\`. No label has a value that a stranger
or a user chooses, so the number of series is fixed. What to look at when something is wrong: [troubleshooting.md](troubleshooting.md).
`;

function page(text: string): string {
  const rows = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \1 (\w+)$/gm)].map(([, name, help, type]) => {
    return `| \`${name}\` | ${type} | ${help} | ${labelsOf(text, name!)} |`;
  });
  return [PREAMBLE, '| metric | type | meaning | labels |', '|---|---|---|---|', ...rows, ''].join('\n');
}

/** `reason`: `a`, `b`, …; values that say which build or bucket it is are left out. */
function labelsOf(text: string, name: string): string {
  const found = new Map<string, Set<string>>();
  for (const [, labels] of text.matchAll(new RegExp(`^${name}\\{(.*)\\} `, 'gm'))) {
    for (const [, label, value] of labels!.matchAll(/(\w+)="([^"]*)"/g)) {
      if (!found.has(label!)) found.set(label!, new Set());
      found.get(label!)!.add(value!);
    }
  }
  return [...found].map(([label, values]) => (BUILD.has(label) ? label : `${label}: ${list(values)}`)).join('; ');
}
const BUILD = new Set(['version', 'node', 'engine']);

function list(values: Set<string>): string {
  return [...values].map(value => `\`${value}\``).join(' ');
}
