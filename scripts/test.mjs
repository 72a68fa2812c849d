// Runs every check, whatever the earlier ones said, and ends with the line "N passed, N failed". A check that is not a
// test suite counts as one. Exits 1 when anything failed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const isWindows = process.platform === 'win32';
const run = (script, ...args) => {
  process.stdout.write(`\n== ${script}\n`);
  const options = { cwd: root, stdio: 'inherit', shell: isWindows };
  return spawnSync('npm', ['run', '--silent', script, '--', ...args], options).status === 0;
};

const failedChecks = [];
let passed = 0;
let failed = 0;
for (const check of ['build', 'typecheck', 'lint', 'format:check', 'knip']) {
  if (run(check)) passed += 1;
  else {
    failed += 1;
    failedChecks.push(check);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'netaudit-test-'));
const file = join(folder, 'report.json');
const isGreen = run('test:unit', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`);
const tests = countsOf(file);
rmSync(folder, { recursive: true, force: true });
passed += tests.passed;
// A run can fail with no failed test: nothing was found, or an error escaped from one.
failed += isGreen ? tests.failed : Math.max(tests.failed, 1);
if (!isGreen) failedChecks.push('test:unit');

// The Linux kernel is asked where it lets us make network namespaces; it says so where not.
if (run('test:kernel', '--minutes', process.env.KERNEL_MINUTES ?? '0.2')) passed += 1;
else {
  failed += 1;
  failedChecks.push('test:kernel');
}

process.stdout.write(`\n${failedChecks.length > 0 ? `failed: ${failedChecks.join(', ')}\n` : ''}`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

/** Tests that passed and failed by vitest's JSON report; a file that could not be loaded is one failure. */
function countsOf(path) {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'));
    const broken = report.testResults.filter(
      (suite) => suite.status === 'failed' && suite.assertionResults.every((test) => test.status !== 'failed'),
    );
    return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
