import { expect, test } from 'vitest';
import { playwrightCounts, pytestCounts, totalCounts, vitestCounts } from './test-report.mjs';

const vitestReport = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 0 };

test("Vitest's counts are taken over", () => {
  const testResults = [{ status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] }];
  expect(vitestCounts({ ...vitestReport, testResults })).toEqual({ passed: 5, failed: 1, skipped: 2 });
});

test('a file that broke before its tests ran is a failure', () => {
  const testResults = [
    { status: 'failed', assertionResults: [{ status: 'failed' }] },
    { status: 'failed', assertionResults: [] },
  ];
  expect(vitestCounts({ ...vitestReport, testResults }).failed).toBe(2);
});

test("Playwright's flaky tests and errors outside tests are failures", () => {
  const stats = { expected: 4, unexpected: 1, flaky: 1, skipped: 3 };
  expect(playwrightCounts({ stats, errors: [{}] })).toEqual({ passed: 4, failed: 3, skipped: 3 });
});

test('a step that failed without a failed test counts as one failure', () => {
  const steps = [
    { ok: false },
    { ok: true },
    { ok: true, counts: { passed: 5, failed: 0, skipped: 1 } },
    { ok: false, counts: { passed: 2, failed: 3, skipped: 0 } },
    { ok: false, counts: { passed: 1, failed: 0, skipped: 0 } },
  ];
  expect(totalCounts(steps)).toEqual({ passed: 8, failed: 5, skipped: 1 });
});

test("pytest's errors outside of tests are failures, and what was skipped did not pass", () => {
  const report =
    '<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1.5">';
  expect(pytestCounts(report)).toEqual({ passed: 4, failed: 3, skipped: 3 });
  expect(() => pytestCounts('<html/>')).toThrow('failures');
});
