/**
 * Adds up what the test runners report. A suite that broke before it ran counts as one failure, and
 * so does a runner that left no report: what did not run must not look like success.
 */

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @param {any} report of Vitest's json reporter
 * @returns {Counts}
 */
export function vitestCounts(report) {
  const broken = report.testResults.filter(
    /** @param {any} file */ (file) =>
      file.status === 'failed' &&
      file.assertionResults.every(/** @param {any} test */ (test) => test.status !== 'failed'),
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

/**
 * @param {any} report of Playwright's json reporter
 * @returns {Counts}
 */
export function playwrightCounts(report) {
  const { expected, unexpected, flaky, skipped } = report.stats;
  // A flaky test did fail once; there is no second try in this project that would hide it.
  return { passed: expected, failed: unexpected + flaky + report.errors.length, skipped };
}

/**
 * @param {string} report pytest's, in JUnit's XML
 * @returns {Counts}
 * @throws {Error} where it is something else
 */
export function pytestCounts(report) {
  /** @param {string} name */
  const count = (name) => {
    const found = new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(report);
    if (!found) throw new Error(`pytest's report says nothing of ${name}`);
    return Number(found[1]);
  };
  const failed = count('failures') + count('errors');
  return { passed: count('tests') - failed - count('skipped'), failed, skipped: count('skipped') };
}

/**
 * @param {readonly { ok: boolean, counts?: Counts }[]} steps
 * @returns {Counts} a step that failed without a failed test counts as one failure
 */
export function totalCounts(steps) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { ok, counts } of steps) {
    total.passed += counts?.passed ?? 0;
    total.skipped += counts?.skipped ?? 0;
    total.failed += counts?.failed || (ok ? 0 : 1);
  }
  return total;
}
