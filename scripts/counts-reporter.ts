import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Says why each skipped test was skipped, and ends with one line of counts that other programs can read. */
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap(module => [...module.children.allTests()]);
    const skipped = tests.filter(test => stateOf(test) === 'skipped');
    const failed = tests.filter(test => stateOf(test) === 'failed').length + brokenModules(modules) + errors.length;
    const lines = [
      ...(skipped.length > 0 ? ['', 'Skipped:', ...describeSkips(skipped)] : []),
      '',
      `${tests.filter(test => stateOf(test) === 'passed').length} passed, ${failed} failed, ${skipped.length} skipped`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
    if (skipped.length > 0 && process.env.SALLYPORT_NO_SKIPS === '1') process.exitCode = 1;
  }
}

function stateOf(test: TestCase): 'passed' | 'failed' | 'skipped' {
  const { state } = test.result();
  return state === 'pending' ? 'skipped' : state;
}

/** Files that could not be loaded, and suites whose hooks failed: no test of theirs says so. */
function brokenModules(modules: readonly TestModule[]): number {
  return modules.filter(module => module.errors().length > 0).length;
}

/** One line for each file and reason. */
function describeSkips(skipped: readonly TestCase[]): string[] {
  const groups = Map.groupBy(skipped, test => `  ${test.module.relativeModuleId}: ${reasonOf(test)}`);
  return [...groups].map(([line, tests]) => `${line} (${tests.length === 1 ? '1 test' : `${tests.length} tests`})`);
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  return 'note' in result && result.note !== undefined ? result.note : 'no reason given';
}
