import { SCENARIOS } from './scenarios.ts';

export const HELP = `Our edge beside Debian's coturn and a bare forwarder, under the same loads: npm run bench:relay -- [options]

  --quick          one round of short runs, about two minutes
  --only NAMES     some scenarios: ${SCENARIOS.map(({ name }) => name).join(',')}
  --servers NAMES  some servers: coturn,mmsg,dgram,forwarder
  --rounds N       as many as fit into --minutes, at most (default 5)
  --minutes N      no round is begun that would not end by then (default 14)
  --seconds N      of measuring in each run (default 2)
  --json           the figures as JSON on standard output
  --write          into docs/performance.md and docs/pictures/performance.svg

Servers run on CPU 0, the generator (sallyport load) on CPU 1, one at a time; in each round every server has each load once, and who goes
first alternates. A ratio compares values of one round.

Or one thing by itself, of our edge alone, with --write into docs/performance.md as well:

  --study two-workers  what two workers can carry, compared with one (--rounds, default 5; --seconds, default 5)
  --study crowd        10,000 allocations with up to 50 datagrams a second each (--workers, default 1; --seconds, default 10)
  --study steady       what V8 collects while datagrams are relayed (--millions of them, default 10)
  --study long         half load without a pause: delay and memory over time (--minutes, default 20)

The crowd needs 10,000 open files in two processes, and both raise their own limit as far as the hard one: ulimit -Hn has to say 20000 or more.
`;
