import type { Acceptance, Reach } from '../../topology/doctor/index.ts';
import { familyOf, formatAddress } from '../../wire/index.ts';
import { clock } from '../clock.ts';
import { type Answer, Asker } from './asker.ts';
import { type Line, openLine } from './line.ts';
import { allocateInMicrosoftDialect } from './ms-asker.ts';
import type { Door, Visitor } from './visitor.ts';

/** One listener over one transport: whether it answers, as whom it sees us, and whether it takes our credentials. */
export async function tryDoor(visitor: Visitor, door: Door): Promise<Reach> {
  const { transport, to } = door;
  const at = { transport, port: to.port };
  const line = await openLine(transport, to, visitor);
  if (typeof line === 'string') return { ...at, outcome: line };
  const asker = new Asker(line, visitor.standard);
  const started = clock.now();
  try {
    const answer = await asker.binding();
    const millis = clock.now() - started;
    const local = formatAddress(line.local);
    const { tls } = line;
    if (answer.said !== 'success') {
      return { ...at, outcome: answer.said === 'error' ? 'answered' : answer.said, millis, local, tls };
    }
    const standard = visitor.standard === undefined ? undefined : acceptanceOf(await asker.allocate(familyOf(to)));
    const { mapped } = answer.value;
    const seen = { millis, local, mapped: mapped && formatAddress(mapped), tls, realm: asker.realm };
    return { ...at, outcome: 'answered', ...seen, standard, microsoft: await microsoft(visitor, door) };
  } finally {
    await asker.close();
  }
}

/** On a connection of its own: a stream speaks one dialect. Not within TLS, where none of its clients speak it. */
async function microsoft(visitor: Visitor, { transport, to }: Door): Promise<Acceptance | undefined> {
  if (visitor.microsoft === undefined || transport === 'tls' || familyOf(to) === 6) return undefined;
  const line: Line | string = await openLine(transport, to, visitor);
  if (typeof line === 'string') return { said: 'silent' };
  try {
    const said = await allocateInMicrosoftDialect(line, visitor.microsoft);
    return typeof said === 'number' ? { said: 'refused', code: said } : { said };
  } finally {
    line.close();
  }
}

function acceptanceOf(answer: Answer<unknown>): Acceptance {
  if (answer.said === 'success') return { said: 'accepted' };
  return answer.said === 'error' ? { said: 'refused', code: answer.code } : { said: 'silent' };
}
