/** The report's look: light or dark as the reader's system is, and on paper. */
export const STYLE = `
:root{--ink:#16202b;--soft:#5b6b7b;--page:#f6f7f9;--card:#fff;--line:#dde3ea;--good:#1a7f4b;--doubtful:#b06a00;--bad:#c22f2f;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#93a3b3;--page:#10161d;--card:#18212b;--line:#2b3743;--good:#4cc38a;--doubtful:#f0a541;--bad:#ff7b72}}
body{margin:0 auto;max-width:1000px;padding:2rem 1.25rem 4rem;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{margin:0;font-size:1.7rem}h2{margin:2.2rem 0 .8rem;font-size:1.15rem}h3{margin:0 0 .5rem;font-size:1rem}h3 small{color:var(--soft);font-weight:400}
.verdict{display:inline-block;margin:.7rem 0 .2rem;padding:.25rem .8rem;border-radius:99px;color:#fff;font-weight:600}
.healthy{background:var(--good)}.warnings{background:var(--doubtful)}.faults{background:var(--bad)}
@media (prefers-color-scheme:dark){.verdict{color:#10161d}}
.when{margin:.2rem 0 0;color:var(--soft)}
article{background:var(--card);border:1px solid var(--line);border-left:5px solid var(--bad);border-radius:10px;padding:1rem 1.2rem;margin:0 0 .9rem}
article.warning{border-left-color:var(--doubtful)}article.fault h3{color:var(--bad)}article.warning h3{color:var(--doubtful)}
dl{display:grid;grid-template-columns:5rem 1fr;gap:.35rem 1rem;margin:0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
code{font:.88em ui-monospace,monospace}a{color:inherit}
.wide{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{padding:.5rem .8rem;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
thead th{border:0;color:var(--soft);font-weight:500}td code{white-space:nowrap}tr.named{background:color-mix(in srgb,var(--bad) 12%,transparent)}
.mark{font-weight:700}tr.ok .mark{color:var(--good)}tr.fault .mark{color:var(--bad)}tr.warning .mark{color:var(--doubtful)}tr.unknown{color:var(--soft)}
svg.path{width:100%;height:auto}svg text{font:15px system-ui,sans-serif;text-anchor:middle;fill:var(--ink)}
svg rect{fill:var(--card);stroke-width:2}svg .title{font-weight:600}svg .what{font-size:12.5px;fill:var(--soft)}svg .mark{font-size:15px;font-weight:700;fill:var(--card)}
svg .good rect{stroke:var(--good)}svg .good circle{fill:var(--good)}svg line.good{stroke:var(--good);stroke-width:3}
svg .doubtful rect{stroke:var(--doubtful)}svg .doubtful circle{fill:var(--doubtful)}
svg .bad rect{stroke:var(--bad)}svg .bad circle{fill:var(--bad)}svg line.bad{stroke:var(--bad);stroke-width:3;stroke-dasharray:5 7}
svg .finding{font-size:13px}svg .finding.bad{fill:var(--bad)}svg .finding.doubtful{fill:var(--doubtful)}
@media print{body{max-width:none;padding:0}article,.wide{break-inside:avoid}}
`.trim();
