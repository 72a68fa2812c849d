/** netaudit audit: what policies, intents and the providers' traps find in a snapshot. */
import { auditJson, auditText, auditWithBaseline, buildNetwork } from '../../index.ts';
import { type AuditFlags, auditSetup, writeBaseline } from '../audit-options.ts';
import { auditExit } from '../fail-on.ts';
import { deltaFacts, deltaLines, historyPlace, keptIn, putMetrics } from '../keeping.ts';
import type { OutputOptions } from '../output.ts';
import { isMendable } from '../problem.ts';
import { writeReports } from '../reports.ts';
import { openSnapshot } from '../snapshot.ts';

interface AuditCommandOptions extends OutputOptions, AuditFlags {
  readonly snapshot: readonly string[];
  readonly history?: string;
  readonly metricsFile?: string;
}

export async function auditCommand(flags: AuditCommandOptions): Promise<number> {
  const started = new Date();
  const { options, baselineFile, failOn } = await auditSetup(flags);
  const exitFor = auditExit(failOn);
  const { snapshot } = await openSnapshot(flags.snapshot);
  const audited = auditWithBaseline(buildNetwork(snapshot), options);
  let found = audited.result;
  if (flags.updateBaseline === true && baselineFile !== undefined) {
    const told = writeBaseline(baselineFile, options.baseline ?? { entries: [] }, audited.baseline);
    process.stderr.write(`netaudit: ${told}\n`);
    // What the file knows now is what the reports and the exit code go by.
    const { notes: _, ...rest } = found;
    const known = found.findings.map((one) => (one.status === 'new' ? { ...one, status: 'unchanged' as const } : one));
    found = { ...rest, findings: known };
  }
  const place = historyPlace(flags.history);
  let unkept: Error | undefined;
  const kept =
    place === undefined
      ? undefined
      : await keptIn(place, found, snapshot, started).catch((error: unknown) => {
          // What was found is worth reading all the same; the trouble is told behind it.
          if (!isMendable(error)) throw error;
          unkept = error;
          return undefined;
        });
  const result = kept?.result ?? found;
  const since = kept === undefined ? [] : deltaLines(kept.delta);
  if (flags.metricsFile !== undefined) await putMetrics(flags.metricsFile, result, snapshot, started, kept?.delta);
  await writeReports(
    flags,
    { title: 'netaudit audit', audit: result },
    {
      text: () => [...since, ''].join('\n') + auditText(result, snapshot, new Date()),
      json: () => auditJson(result, snapshot, kept === undefined ? {} : { history: deltaFacts(kept.delta) }),
    },
  );
  if (unkept !== undefined) throw unkept;
  return exitFor(result);
}
