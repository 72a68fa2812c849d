/**
 * What the pull request's changed lines are told: the runner shows at most ten warnings and ten errors of a step, so the
 * worst come first and the rest is counted.
 */
import { error, notice, warning } from '@actions/core';
import type { AuditFinding } from '../model/audit.ts';
import type { FlowChange } from '../model/diff.ts';
import { trafficText } from '../report/facts.ts';
import { safe } from '../report/safe-text.ts';

const MOST = 10;

interface Annotation {
  readonly isError: boolean;
  readonly title: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/** `isFailing`: whether a finding is one that fails the step. */
export function annotate(
  flows: readonly FlowChange[],
  findings: readonly AuditFinding[],
  isFailing: (finding: AuditFinding) => boolean,
): void {
  const all = [
    ...findings.filter(({ status }) => status === 'new').map((finding) => ofFinding(finding, isFailing(finding))),
    ...flows.filter(({ change }) => change === 'opened' || change === 'widened').map(ofFlow),
  ];
  for (const [isError, say] of [
    [true, error],
    [false, warning],
  ] as const) {
    const mine = all.filter((annotation) => annotation.isError === isError);
    // One of the ten tells that there are more.
    const shown = mine.length > MOST ? mine.slice(0, MOST - 1) : mine;
    for (const { title, message, file, line } of shown)
      say(safe(message), {
        title: safe(title),
        ...(file === undefined ? {} : { file }),
        ...(line === undefined ? {} : { startLine: line }),
      });
    if (mine.length > shown.length)
      notice(`${mine.length - shown.length} more ${isError ? 'errors' : 'warnings'}: see the step summary`);
  }
}

function ofFinding(finding: AuditFinding, isError: boolean): Annotation {
  const place = finding.places?.find(({ line }) => line !== undefined);
  return {
    isError,
    title: `${finding.severity}: ${finding.title}`,
    message: finding.fix === undefined ? finding.message : `${finding.message}. ${finding.fix}`,
    ...(place === undefined ? {} : { file: place.file }),
    ...(place?.line === undefined ? {} : { line: place.line }),
  };
}

function ofFlow(flow: FlowChange): Annotation {
  const { change, from, to, because } = flow;
  const cause = because.find(({ line }) => line !== null);
  return {
    isError: false,
    title: change === 'opened' ? 'opens a flow' : 'widens a flow',
    message: `${from.role} can reach ${to.role} on ${trafficText(flow)}`,
    ...(cause?.file === undefined || cause.file === null ? {} : { file: cause.file }),
    ...(cause?.line === undefined || cause.line === null ? {} : { line: cause.line }),
  };
}
