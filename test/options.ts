import type { OptionTest } from '../src/control/index.ts';

const ADMIN = 'test/admin-options.test.ts';
const CREDENTIALS = 'src/cli/credentials.test.ts';

/**
 * For each option of the config file the test that fails when the option is ignored: it runs an edge, or the part that obeys the
 * option, with a value other than the default and sees the difference. `test` is the test's exact name; a row of `test.each` is
 * named by its template. docs/options.md shows this list.
 */
export const OPTION_TESTS: Readonly<Record<string, OptionTest>> = {
  'credentials.secrets': {
    file: CREDENTIALS,
    test: 'what is printed are iceServers that the first secret vouches for',
  },
  'credentials.lifetime': {
    file: CREDENTIALS,
    test: 'a lifetime may be asked for below the configured one, and is cut to it above',
  },
  'admin.address': { file: ADMIN, test: 'the admin listener is on the configured address' },
  'admin.port': { file: ADMIN, test: 'the admin listener is on the configured port' },
  'admin.token': { file: ADMIN, test: 'the configured token mints, and no other' },
};
