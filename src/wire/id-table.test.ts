import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdTable } from './id-table.ts';

test('it is what a Map would be', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('set', 'delete'), fc.nat(20)));
  fc.assert(
    fc.property(steps, all => {
      const table = new IdTable<number, string>();
      const map = new Map<number, string>();
      for (const [i, [what, id]] of all.entries()) {
        if (what === 'set') {
          table.set(id, `${i}`);
          map.set(id, `${i}`);
        } else {
          table.delete(id);
          map.delete(id);
        }
        expect([table.size, table.get(id), table.has(id)]).toEqual([map.size, map.get(id), map.has(id)]);
      }
      expect([...table]).toEqual([...map].sort(([a], [b]) => a - b).map(([, value]) => value));
    }),
  );
});
