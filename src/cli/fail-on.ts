/** --fail-on: which differences and which findings make the exit code 1, and when something unknown makes it 3. */
import type { AuditResult, NetworkDiff } from '../index.ts';
import type { Severity } from '../model/results.ts';
import { EXIT } from './exit-codes.ts';
import { Problem } from './problem.ts';

/** "opened" means whatever lets more through, "closed" whatever lets less. */
const CHANGES: Readonly<Record<string, (diff: NetworkDiff) => boolean>> = {
  opened: ({ summary }) => summary.opened + summary.widened > 0,
  closed: ({ summary }) => summary.closed + summary.narrowed > 0,
  any: ({ flows }) => flows.length > 0,
};
const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** A check of a diff by the words of --fail-on; without words nothing fails. Throws Problem for a word that is none. */
export function diffExit(words: string | undefined): (diff: NetworkDiff) => number {
  const { changes } = parsed(words ?? 'never', Object.keys(CHANGES));
  return (diff) => (changes.some((check) => check(diff)) ? EXIT.no : EXIT.ok);
}

/**
 * The exit code of an audit by the word of --fail-on: 1 where something new is that bad, 3 where something that is not known
 * could be. Throws Problem for a word that is none.
 */
export function auditExit(words = 'high'): (result: AuditResult) => number {
  const { severities } = parsed(words, SEVERITIES);
  return (result) => exitOf(result, severities);
}

/** The exit code of a plan: by what it opens or closes, and by what it breaks. Throws Problem for a word that is none. */
export function planExit(
  words = 'high',
): (plan: { readonly diff: NetworkDiff; readonly audit: AuditResult }) => number {
  const { changes, severities } = parsed(words, [...Object.keys(CHANGES), ...SEVERITIES]);
  return ({ diff, audit }) => {
    if (changes.some((check) => check(diff))) return EXIT.no;
    const judged = exitOf(audit, severities);
    if (judged !== EXIT.ok) return judged;
    return changes.length > 0 && diff.missing.length > 0 ? EXIT.undetermined : EXIT.ok;
  };
}

function exitOf({ findings, checks }: AuditResult, severities: readonly string[]): number {
  if (findings.some(({ severity, status }) => status === 'new' && severities.includes(severity))) return EXIT.no;
  const isOpen = checks.some(
    ({ severity, outcome, undetermined }) =>
      severities.includes(severity) && (outcome === 'undetermined' || undetermined === true),
  );
  return isOpen ? EXIT.undetermined : EXIT.ok;
}

/** A severity stands for itself and all that are worse; `none` is another word for `never`. */
function parsed(words: string, allowed: readonly string[]) {
  const list = words.split(',').map((word) => word.trim());
  for (const word of list)
    if (word !== 'never' && word !== 'none' && !allowed.includes(word))
      throw new Problem(
        `--fail-on takes ${allowed.join(', ')} or never, commas between; "${word.slice(0, 40)}" is none of them.`,
      );
  const lowest = SEVERITIES.findLastIndex((severity) => list.includes(severity));
  return {
    changes: list.flatMap((word) => (Object.hasOwn(CHANGES, word) ? [CHANGES[word]!] : [])),
    severities: SEVERITIES.slice(0, lowest + 1),
  };
}
