/** Findings that somebody decided to live with: always with a reason, best with an owner and an end. */
import { z } from 'zod';
import { divided } from './baseline.ts';
import type { Draft } from './finding.ts';

export interface Suppression {
  readonly code?: string | undefined;
  readonly resource?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly ports?: string | undefined;
  /** Of what is protected: "Key=Value", the owner's account, the region. */
  readonly tag?: string | undefined;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  readonly reason: string;
  readonly owner?: string | undefined;
  /** The last day on which it holds, in UTC: "2026-12-31". */
  readonly expires?: string | undefined;
  /** Where it stands. */
  readonly file: string;
  readonly line: number;
}

const word = z.string().min(1);

/** How suppressions are written in netaudit.yaml; `*` stands for anything in ids and names. */
export const suppressionsShape = z.array(
  z
    .strictObject({
      code: word.optional(),
      resource: word.optional(),
      from: word.optional(),
      to: word.optional(),
      ports: word.optional(),
      tag: word.regex(/^[^=]+=/, 'write a tag as Key=Value').optional(),
      account: word.optional(),
      region: word.optional(),
      reason: z.string('a suppression needs a reason').trim().min(1, 'a suppression needs a reason'),
      owner: word.optional(),
      expires: z.iso.date('write the last day on which it holds: 2026-12-31').optional(),
    })
    .refine(
      ({ code, resource, from, to, tag, account, region }) =>
        [code, resource, from, to, tag, account, region].some((one) => one !== undefined),
      'a suppression says what it is about: code, resource, from, to, tag, account or region',
    ),
);

/** What is known of a thing by its id: what a suppression may go by besides names. */
export interface Belonging {
  readonly tags: Readonly<Record<string, string>>;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}
export type BelongingOf = (id: string) => Belonging;

/** A draft that is suppressed, with the suppression. */
export interface Suppressed {
  readonly draft: Draft;
  readonly by: Suppression;
}

export interface Sifted {
  readonly left: readonly Draft[];
  readonly suppressed: readonly Suppressed[];
  /** Suppressions that no finding needs. */
  readonly idle: readonly Suppression[];
}

/** Takes suppressed drafts out. One that has ended suppresses nothing: what it stood for fires again and says so. */
export function sifted(
  drafts: readonly Draft[],
  suppressions: readonly Suppression[],
  now: Date,
  belongingOf: BelongingOf,
): Sifted {
  const used = new Set<Suppression>();
  const suppressed: Suppressed[] = [];
  let left = drafts;
  for (const by of suppressions) {
    const isOver = by.expires !== undefined && now.getTime() >= Date.parse(`${by.expires}T00:00:00Z`) + 86_400_000;
    left = left.flatMap((draft): readonly Draft[] => {
      const [mine, rest] = concerned(draft, by, belongingOf);
      if (mine === undefined) return [draft];
      used.add(by);
      if (isOver) return [...rest, withEnd(mine, by)];
      suppressed.push({ draft: mine, by });
      return rest;
    });
  }
  return { left, suppressed, idle: suppressions.filter((one) => !used.has(one)) };
}

/** The part of a draft that a suppression is about, if any, and the parts that are left then. */
function concerned(
  draft: Draft,
  by: Suppression,
  belongingOf: BelongingOf,
): readonly [Draft | undefined, readonly Draft[]] {
  const { responsible, ports } = draft;
  const none = [undefined, [draft]] as const;
  if (by.code !== undefined && !fits(by.code, draft.code)) return none;
  if (
    by.resource !== undefined &&
    ![responsible.id, responsible.name].some((one) => one !== undefined && fits(by.resource!, one))
  )
    return none;
  if (by.ports !== undefined && by.ports !== ports) return none;
  const isWhole = by.tag === undefined && by.account === undefined && by.region === undefined;
  const near = nearEnd(draft);
  if (!isWhole && near === undefined && !belongs(by, belongingOf(responsible.id))) return none;
  let mine: Draft | undefined = draft;
  const rest: Draft[] = [];
  for (const field of ['from', 'to'] as const) {
    const pattern = by[field];
    const isNear = !isWhole && field === near;
    if ((pattern === undefined && !isNear) || mine === undefined) continue;
    const [yes, no]: readonly [Draft | undefined, Draft | undefined] = divided(
      mine,
      field,
      (id, name) =>
        (pattern === undefined || fits(pattern, id) || (name !== undefined && fits(pattern, name))) &&
        (!isNear || belongs(by, belongingOf(id))),
    );
    mine = yes;
    if (no !== undefined) rest.push(no);
  }
  return mine === undefined ? none : [mine, rest];
}

/** The end that is protected: the destination, or the source of what leaves; none where a finding is about no flow. */
function nearEnd({ from, to }: Draft): 'from' | 'to' | undefined {
  const isInside = (ends: Draft['to']) => ends?.some(({ id }) => id !== 'internet') === true;
  return isInside(to) ? 'to' : isInside(from) ? 'from' : undefined;
}

function belongs(by: Suppression, { tags, account, region }: Belonging): boolean {
  const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(by.tag ?? '') ?? [];
  return (
    (by.tag === undefined || (Object.hasOwn(tags, key) && fits(value, tags[key]!))) &&
    (by.account === undefined || (account !== undefined && fits(by.account, account))) &&
    (by.region === undefined || (region !== undefined && fits(by.region, region)))
  );
}

function withEnd(draft: Draft, { expires, reason, owner, file, line }: Suppression): Draft {
  const by = owner === undefined ? '' : `, ${owner}`;
  const told = `(suppressed until ${expires}: ${reason}${by}; ${file}:${line})`;
  return { ...draft, message: (from, to) => `${draft.message(from, to)} ${told}` };
}

/** Only `*` is special. */
function fits(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === text;
  const [first, last] = [parts[0]!, parts.at(-1)!];
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
