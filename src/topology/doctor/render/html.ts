import type { Report, View } from '../report.ts';
import type { Finding, Result } from '../result.ts';
import { escaped } from './escape.ts';
import { pathPicture } from './picture.ts';
import { STYLE } from './style.ts';
import { HEADLINES, MARKS, WHO } from './words.ts';

/** A page of its own, to hand to whoever runs the firewall: nothing in it is loaded from elsewhere. */
export function reportHtml(report: Report): string {
  const title = `Sallyport: ${report.expected.name ?? report.expected.told.join(', ')}`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body>`,
    `<header><h1>${escaped(title)}</h1><p class="verdict ${report.verdict}">${HEADLINES[report.verdict]}</p>`,
    `<p class="when">${escaped(new Date(report.at).toISOString())} &middot; ${report.views.map(view => escaped(`${WHO[view.by]} at ${view.addresses.join(', ')}`)).join(' &middot; ')}</p></header>`,
    `<section>${pathPicture(report)}</section>`,
    findings(report),
    rules(report),
    ...report.views.map(checks),
    '</body></html>\n',
  ].join('\n');
}

function findings({ findings: all }: Report): string {
  if (all.length === 0) return '<section><h2>Findings</h2><p>None.</p></section>';
  return `<section><h2>Findings</h2>${all.map(card).join('')}</section>`;
}

function card({ verdict, id, subject, seen, means, change, rules: named, by }: Finding & { by: View['by'] }): string {
  const row = (name: string, text: string) => `<dt>${name}</dt><dd>${text}</dd>`;
  const links = named.map(rule => `<a href="#${escaped(rule)}"><code>${escaped(rule)}</code></a>`).join(', ');
  return [
    `<article class="${verdict}"><h3>${MARKS[verdict]} ${escaped(id)} <small>${escaped(subject)}, seen by the ${by}</small></h3><dl>`,
    row('Seen', escaped(seen)),
    row('Means', escaped(means)),
    row('Change', coded(change)),
    ...(named.length === 0 ? [] : [row('Rules', links)]),
    '</dl></article>',
  ].join('');
}

/** Commands stand between backticks. */
function coded(text: string): string {
  return escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function rules({ expected, findings: all }: Report): string {
  const named = new Set(all.flatMap(each => each.rules));
  const marked = (id: string) => (named.has(id) ? ' class="named"' : '');
  const firewall = expected.rules.map(
    ({ id, text, why }) =>
      `<tr id="${escaped(id)}"${marked(id)}><td><code>${escaped(id)}</code></td><td>${escaped(text)}</td><td>${escaped(why)}</td></tr>`,
  );
  const nat = expected.nat.map(
    ({ id, text }) =>
      `<tr id="${escaped(id)}"${marked(id)}><td><code>${escaped(id)}</code></td><td colspan="2">${escaped(text)}</td></tr>`,
  );
  return `<section><h2>What firewall and NAT have to do</h2><div class="wide"><table><thead><tr><th>Rule</th><th>First packets to let through</th><th>Why</th></tr></thead><tbody>${[...firewall, ...nat].join('')}</tbody></table></div></section>`;
}

function checks({ by, results }: View): string {
  const rows = results.map(checkRow).join('');
  return `<section><h2>Checks by the ${WHO[by]}</h2><div class="wide"><table><thead><tr><th></th><th>Check</th><th>Of</th><th>Seen</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

function checkRow({ check, subject, verdict, seen }: Result): string {
  return `<tr class="${verdict}"><td class="mark">${MARKS[verdict]}</td><td>${check}</td><td>${escaped(subject)}</td><td>${escaped(seen)}</td></tr>`;
}
