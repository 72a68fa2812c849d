/**
 * What an audit found, as numbers for Prometheus: for node_exporter's textfile collector and for /metrics of `schedule`.
 * Knows the audit's result as data; holds no name of a resource, so that nothing of a network leaks into a dashboard.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Registry } from 'prom-client';
import type { AuditResult } from '../model/audit.ts';

/** One audit's numbers besides its result. Times are ISO 8601. */
export interface AuditFacts {
  readonly result: Pick<AuditResult, 'summary' | 'findings' | 'checks' | 'missing'>;
  readonly at: string;
  readonly durationMs: number;
  readonly collectedAt?: string;
  /** With a history: what the run changed. */
  readonly changed?: { readonly added: number; readonly resolved: number };
}

type Prom = typeof import('prom-client');

/** Sets the gauges of an audit in a registry, making them where they are not there. */
export function observeAudit(
  prom: Prom,
  registry: Registry,
  { result, at, durationMs, collectedAt, changed }: AuditFacts,
): void {
  const gauge = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) => {
    registry.removeSingleMetric(`netaudit_${name}`);
    return new prom.Gauge<L>({ name: `netaudit_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  };
  const findings = gauge('findings', 'Open findings that are not suppressed, by severity', ['severity']);
  for (const [severity, count] of Object.entries(result.summary)) findings.set({ severity }, count);
  if (changed !== undefined) {
    gauge('findings_new', 'Findings that the run before did not have').set(changed.added);
    gauge('findings_resolved', 'Findings of the run before that are gone').set(changed.resolved);
  }
  gauge('exposed_resources', 'Resources that a finding says the internet can reach').set(exposedIn(result));
  const checks = gauge('checks', 'Policies and intents by what came of them', ['kind', 'outcome']);
  for (const kind of ['policy', 'intent'])
    for (const outcome of ['passed', 'failed', 'undetermined'])
      checks.set({ kind, outcome }, result.checks.filter((one) => one.kind === kind && one.outcome === outcome).length);
  gauge('missing', 'Things that the snapshot lacks and an answer may hang on').set(result.missing.length);
  gauge('audit_timestamp_seconds', 'When the audit was made').set(Date.parse(at) / 1000);
  gauge('audit_duration_seconds', 'How long the audit took').set(durationMs / 1000);
  if (collectedAt !== undefined)
    gauge('snapshot_timestamp_seconds', 'When the audited snapshot was collected').set(Date.parse(collectedAt) / 1000);
}

function exposedIn({ findings }: AuditFacts['result']): number {
  return new Set(
    findings
      .filter(({ from, status }) => from === 'internet' && status !== 'suppressed')
      .flatMap(({ toIds, to, resource }) => toIds ?? to ?? resource),
  ).size;
}

/**
 * Writes a file for the textfile collector: whole or not at all, since it may be read at any moment. Throws what node:fs
 * throws.
 */
export async function writeMetricsFile(file: string, facts: AuditFacts): Promise<void> {
  const prom = await import('prom-client');
  const registry = new prom.Registry();
  observeAudit(prom, registry, facts);
  const half = `${file}.${process.pid}.half`;
  try {
    // Another user's node_exporter reads it; numbers are no secret.
    writeFileSync(half, await registry.metrics(), { mode: 0o644 });
    renameSync(half, file);
  } catch (error) {
    rmSync(half, { force: true });
    throw error;
  }
}
