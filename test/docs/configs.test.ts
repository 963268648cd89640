import { expect, test } from 'vitest';
import { formatProblem, loadConfig } from '../../src/control/config/index.ts';
import { blocks } from './pages.ts';

test.each(blocks('yaml').map(block => ({ ...block, where: `${block.page}:${block.line}` })))(
  'the configuration at $where is a whole one without a problem',
  ({ text, page }) => {
    expect(loadConfig(text, page).problems?.map(formatProblem)).toBeUndefined();
  },
);
