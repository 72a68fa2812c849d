/**
 * What is known already: findings that a team accepted when it began, kept in a file beside the code. An entry knows rule,
 * sources, destinations, ports and responsible resource, so a new machine behind a known hole is new.
 */
import { z } from 'zod';
import type { Draft, Named } from './finding.ts';
import { checkedYaml } from './yaml-file.ts';

const entryShape = z.object({
  code: z.string(),
  resource: z.string(),
  ports: z.string().default(''),
  detail: z.string().default(''),
  from: z.array(z.string()).default([]),
  to: z.array(z.string()).default([]),
});
const shape = z.object({ version: z.literal(1, 'this is no baseline of netaudit'), findings: z.array(entryShape) });

export type BaselineEntry = z.output<typeof entryShape>;
export interface Baseline {
  readonly entries: readonly BaselineEntry[];
}

/** Reads a baseline. Throws PolicyError with file, line and column. */
export function parseBaseline(text: string, file: string): Baseline {
  // Files of netaudit are JSON and may be long: only what is wrong is read once more, for its place.
  const read = shape.safeParse(jsonIn(text));
  return { entries: (read.success ? read.data : checkedYaml(text, file, shape).value).findings };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same for the same entries, whatever their order: sorted, one entry a line. */
export function baselineText({ entries }: Baseline): string {
  const lines = entries.map((entry) => JSON.stringify(compact(entry))).sort();
  const list = [...new Set(lines)].map((line) => `\n    ${line}`).join(',');
  return `{\n  "version": 1,\n  "findings": [${list}${lines.length === 0 ? '' : '\n  '}]\n}\n`;
}

function compact({ code, resource, ports, detail, from, to }: BaselineEntry): Partial<BaselineEntry> {
  return {
    code,
    resource,
    ...(ports === '' ? {} : { ports }),
    ...(detail === '' ? {} : { detail }),
    ...(from.length === 0 ? {} : { from: from.toSorted() }),
    ...(to.length === 0 ? {} : { to: to.toSorted() }),
  };
}

const keyOf = ({ code, resource, ports, detail }: Omit<BaselineEntry, 'from' | 'to'>) =>
  JSON.stringify([code, resource, ports, detail]);

function entryOf({ code, responsible, ports = '', detail = '', from = [], to = [] }: Draft): BaselineEntry {
  const ids = (ends: readonly Named[]) => ends.map(({ id }) => id);
  return { code, resource: responsible.id, ports, detail, from: ids(from), to: ids(to) };
}

/** Drafts divided into what a baseline knows and what is new, and how many of its entries are found no more. */
export interface Compared {
  readonly known: readonly Draft[];
  readonly fresh: readonly Draft[];
  readonly gone: readonly BaselineEntry[];
}

/** Compares drafts with a baseline. A draft is divided so that each pair of ends is known or new by itself. */
export function compared(drafts: readonly Draft[], { entries }: Baseline): Compared {
  const byKey = Map.groupBy(entries, keyOf);
  const seen = new Set<BaselineEntry>();
  const known: Draft[] = [];
  const fresh: Draft[] = [];
  for (const draft of drafts) {
    const same = byKey.get(keyOf(entryOf(draft))) ?? [];
    for (const entry of same) seen.add(entry);
    for (const [part, knowing] of bySources(draft, same)) {
      const to = new Set(knowing.flatMap((entry) => entry.to));
      const [old, rest] =
        (part.to ?? []).length > 0
          ? divided(part, 'to', (id) => to.has(id))
          : knowing.length > 0
            ? [part, undefined]
            : [undefined, part];
      if (old !== undefined) known.push(old);
      if (rest !== undefined) fresh.push(rest);
    }
  }
  return { known, fresh, gone: entries.filter((entry) => !seen.has(entry)) };
}

/** The parts of a draft whose sources are known to the same entries, with these. */
function bySources(
  draft: Draft,
  entries: readonly BaselineEntry[],
): readonly (readonly [Draft, readonly BaselineEntry[]])[] {
  const { from = [] } = draft;
  if (from.length === 0) return [[draft, entries]];
  const sets = entries.map((entry) => new Set(entry.from));
  const knownTo = ({ id }: Named) => sets.map((set) => (set.has(id) ? '+' : '-')).join('');
  return [...Map.groupBy(from, knownTo)].map(([marks, some]) => [
    { ...draft, from: some },
    entries.filter((_, i) => marks[i] === '+'),
  ]);
}

/** A draft as two: for the ends that pass a test, and for the others. */
export function divided(
  draft: Draft,
  field: 'from' | 'to',
  test: (id: string, name: string | undefined) => boolean,
): readonly [yes: Draft | undefined, no: Draft | undefined] {
  const ends = draft[field] ?? [];
  const yes = ends.filter(({ id, name }) => test(id, name));
  if (yes.length === ends.length) return ends.length === 0 ? [undefined, draft] : [draft, undefined];
  if (yes.length === 0) return [undefined, draft];
  const no = ends.filter(({ id, name }) => !test(id, name));
  return [
    { ...draft, [field]: yes },
    { ...draft, [field]: no },
  ];
}

/**
 * A baseline brought up to date: everything that is found now, and what the old one holds of rules that were not looked at
 * this time. What was looked at and is gone is dropped.
 */
export function updatedBaseline(
  old: Baseline,
  drafts: readonly Draft[],
  isLooked: (code: string) => boolean,
): Baseline {
  return { entries: [...old.entries.filter(({ code }) => !isLooked(code)), ...drafts.map(entryOf)] };
}
