import { readConfigFile } from '../server/index.ts';
import { diffAsJson, diffOf, diffText, type Policy, planOf } from '../topology/index.ts';

interface DiffArguments {
  readonly policy: Policy;
  readonly json?: boolean;
}

export function diff(before: string, after: string, { policy, json }: DiffArguments): void {
  const found = diffOf(planOf(readConfigFile(before), { policy }), planOf(readConfigFile(after), { policy }));
  process.stdout.write(json ? `${JSON.stringify(diffAsJson(found), null, 2)}\n` : diffText(found));
}
