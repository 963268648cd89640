import type { Report } from '../report.ts';
import type { Place } from '../result.ts';
import { escaped } from './escape.ts';

/** The stations between those who call and the edge, in the order in which packets meet them. */
const STATIONS: readonly { readonly place: Place; readonly title: string }[] = [
  { place: 'observer', title: 'Internet' },
  { place: 'firewall', title: 'Firewall' },
  { place: 'nat', title: 'NAT' },
  { place: 'edge', title: 'Edge' },
  { place: 'machine', title: 'Its machine' },
];
const WIDTH = 920;
const HEIGHT = 160;
const MARGIN = 14;
const BOX = { width: 140, height: 74, top: 6 };
const STEP = (WIDTH - BOX.width) / (STATIONS.length - 1);
const MOST_LINES = 3;

/** The path as an SVG: what failed is marked where it is to be mended. */
export function pathPicture(report: Report): string {
  const parts = [
    ...STATIONS.slice(1).map((_, i) => leg(report, i)),
    ...STATIONS.map((station, i) => box(report, station, i)),
  ];
  return `<svg class="path" viewBox="${-MARGIN} ${-MARGIN} ${WIDTH + 2 * MARGIN} ${HEIGHT + MARGIN}" role="img" aria-label="The path from the Internet to the edge">${parts.join('')}</svg>`;
}

function box(report: Report, { place, title }: (typeof STATIONS)[number], i: number): string {
  const x = i * STEP;
  const centre = x + BOX.width / 2;
  const found = report.findings.filter(finding => finding.place === place);
  const state = stateAt(report, place);
  const ids = [...new Set(found.map(({ id }) => id))];
  const below = BOX.top + BOX.height + 24;
  const shown = ids.slice(0, MOST_LINES).map((id, line) => label(centre, below + line * 18, id, stateOf(found, id)));
  const more = ids.length > MOST_LINES ? [label(centre, HEIGHT - 4, `and ${ids.length - MOST_LINES} more`, state)] : [];
  return [
    `<g class="${state}"><rect x="${x}" y="${BOX.top}" width="${BOX.width}" height="${BOX.height}" rx="12"/>`,
    `<text class="title" x="${centre}" y="${BOX.top + 31}">${title}</text>`,
    `<text class="what" x="${centre}" y="${BOX.top + 54}">${escaped(caption(report, place))}</text>`,
    `<circle cx="${x + BOX.width - 8}" cy="${BOX.top + 4}" r="13"/><text class="mark" x="${x + BOX.width - 8}" y="${BOX.top + 10}">${MARK[state]}</text></g>`,
    ...shown,
    ...more,
  ].join('');
}

function label(x: number, y: number, text: string, state: State): string {
  return `<text class="finding ${state}" x="${x}" y="${y}">${escaped(text)}</text>`;
}

function leg(report: Report, i: number): string {
  const [from, to] = [STATIONS[i]!, STATIONS[i + 1]!];
  const state = [from, to].map(({ place }) => stateAt(report, place)).includes('bad') ? 'bad' : 'good';
  const y = BOX.top + BOX.height / 2;
  return `<line class="${state}" x1="${i * STEP + BOX.width}" y1="${y}" x2="${(i + 1) * STEP}" y2="${y}"/>`;
}

type State = 'good' | 'doubtful' | 'bad';
const MARK: Readonly<Record<State, string>> = { good: '✓', doubtful: '!', bad: '✗' };

function stateAt({ findings }: Report, place: Place): State {
  return stateOf(findings.filter(finding => finding.place === place));
}

/** The worst of these findings, or of those among them with this id. */
function stateOf(findings: Report['findings'], id?: string): State {
  const here = findings.filter(finding => id === undefined || finding.id === id);
  if (here.some(({ verdict }) => verdict === 'fault')) return 'bad';
  return here.length > 0 ? 'doubtful' : 'good';
}

function caption({ expected, views }: Report, place: Place): string {
  switch (place) {
    case 'observer':
      return views.some(({ by }) => by === 'probe') ? 'seen by the probe' : 'no probe yet';
    case 'firewall':
      return `${expected.rules.length} planned rules`;
    case 'nat':
      return expected.nat.length === 0 ? 'none planned' : (expected.told[0] ?? '');
    case 'edge':
      return expected.own[0] ?? expected.told[0] ?? '';
    case 'machine':
      return views.some(({ by }) => by === 'doctor') ? 'seen by the doctor' : 'no doctor yet';
  }
}
