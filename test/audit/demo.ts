/** Audits of the demo network, changed for one test. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type AuditOptions,
  type AuditResult,
  audit,
  buildNetwork,
  loadSnapshot,
  parsePolicy,
} from '../../src/index.ts';
import { folderOf } from '../snapshot/folder.ts';

const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));

/** A policy from its demand; the rest is filled in. */
export function policyOf(demand: string, code = 'test-policy') {
  const head = `code: ${code}\ntitle: A test\nseverity: high\nwhy: because\nfix: mend it\nlinks: [https://docs.example.org/]\n`;
  return parsePolicy(`${head}${demand}\n`, `${code}.yaml`);
}

/** The demo network, its text changed, under these policies. */
export async function audited(
  options: Partial<AuditOptions>,
  change: (text: string) => string = (text) => text,
): Promise<AuditResult> {
  const files = readdirSync(demo).map((name) => [name, change(readFileSync(join(demo, name), 'utf8'))] as const);
  const snapshot = await loadSnapshot([folderOf(Object.fromEntries(files))]);
  return audit(buildNetwork(snapshot), { policies: [], ...options });
}
