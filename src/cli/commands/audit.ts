/** netaudit audit: what policies and the providers' traps find in a snapshot. */
import { type AuditResult, audit, auditJson, auditText, buildNetwork } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { deltaFacts, deltaLines, keptIn, putMetrics } from '../keeping.ts';
import type { OutputOptions } from '../output.ts';
import { readPolicies } from '../policies.ts';
import { Problem } from '../problem.ts';
import { writeReports } from '../reports.ts';
import { openSnapshot } from '../snapshot.ts';

interface AuditCommandOptions extends OutputOptions {
  readonly snapshot: readonly string[];
  readonly policy: readonly string[];
  readonly failOn?: string;
  readonly history?: string;
  readonly metricsFile?: string;
}

export async function auditCommand(options: AuditCommandOptions): Promise<number> {
  const started = new Date();
  const exitFor = auditExit(options.failOn);
  const { snapshot, config } = await openSnapshot(options.snapshot);
  const policies = readPolicies(options.policy);
  const found = audit(buildNetwork(snapshot), {
    policies,
    ...(config.places === undefined ? {} : { places: config.places }),
  });
  const kept = options.history === undefined ? undefined : await keptIn(options.history, found, snapshot, started);
  const result = kept?.result ?? found;
  const since = kept === undefined ? [] : deltaLines(kept.delta);
  if (options.metricsFile !== undefined) await putMetrics(options.metricsFile, result, snapshot, started, kept?.delta);
  await writeReports(
    options,
    { title: 'netaudit audit', audit: result },
    {
      text: () => [...since, ''].join('\n') + auditText(result, snapshot, new Date()),
      json: () => auditJson(result, snapshot, kept === undefined ? {} : { history: deltaFacts(kept.delta) }),
    },
  );
  return exitFor(result);
}

const ORDER = ['critical', 'high', 'medium', 'low', 'info'] as const;

/**
 * The exit code of an audit by the word of --fail-on: 1 where something new is that bad, 3 where something that is not known
 * could be. Throws Problem for a word that is none.
 */
export function auditExit(word = 'high'): (result: AuditResult) => number {
  if (word === 'never') return () => EXIT.ok;
  const least = ORDER.findIndex((severity) => severity === word.trim());
  if (least < 0)
    throw new Problem(`--fail-on takes ${ORDER.join(', ')} or never; "${word.slice(0, 40)}" is none of them.`);
  const counts = ORDER.slice(0, least + 1) as readonly string[];
  return ({ findings, checks }) => {
    if (findings.some(({ severity, status }) => status === 'new' && counts.includes(severity))) return EXIT.no;
    const open = checks.some(
      ({ severity, outcome, undetermined }) =>
        counts.includes(severity) && (outcome === 'undetermined' || undetermined === true),
    );
    return open ? EXIT.undetermined : EXIT.ok;
  };
}
