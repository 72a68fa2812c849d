/**
 * What a policy is, and how it is read from its YAML file. A policy talks about neutral things: who, to whom, on which ports,
 * or a flaw that can be computed. Knows no network.
 */
import { z } from 'zod';
import { REMARKS } from '../model/facts.ts';
import type { Severity } from '../model/results.ts';
import { type Ports, QuestionError, parsePorts } from '../engine/ports.ts';
import { PolicyError, checkedYaml } from './yaml-file.ts';

/** Flaws that are computed from rules, routes and addresses themselves; each is a check of its own in src/audit. */
export const FLAWS = [
  'shadowed-rules',
  'redundant-rules',
  'never-matching-rules',
  'references-gone',
  'unattached-groups',
  'default-groups-allow',
  'overlapping-networks',
  'one-way-links',
  'replies-filtered',
  'replies-misrouted',
  ...REMARKS,
] as const;
export type Flaw = (typeof FLAWS)[number];

/** Words as in a question (names, `web-*`, tag:Key=Value, addresses, internet), `*` for everything inside, account:ID. */
export type Words = readonly string[];

/** Some flows: from anybody here to anybody there on these ports. */
export interface FlowPattern {
  readonly from: Words;
  readonly to: Words;
  readonly ports: readonly Ports[];
}

/** How much has to be open before it offends: what is meant for one office is not open to the internet. */
export interface Spread {
  /**
   * More addresses at the far end (the sources; where it leaves for the outside, the destinations) than an IPv4 network of
   * this prefix length has; for IPv6 of twice the length. 33: any.
   */
  readonly widerThan: number;
  /** At least as many ports of a protocol that has ports. */
  readonly ports: number;
}

/** What a policy demands. `forbidden`: none of it may work, but for the exceptions; `required`: all of it must. */
export type Demand =
  | ({ readonly is: 'forbidden'; readonly except: readonly FlowPattern[]; readonly spread: Spread } & FlowPattern)
  | ({ readonly is: 'required' } & FlowPattern)
  | { readonly is: 'flaw'; readonly flaw: Flaw };

export interface Policy {
  readonly code: string;
  readonly title: string;
  readonly severity: Severity;
  /** Why it matters. */
  readonly why: string;
  readonly fix: string;
  /** Pages; the first is the source of every finding. */
  readonly links: readonly string[];
  /** Items of benchmarks that ask for the same: "CIS AWS Foundations 5.0.0, 5.3". */
  readonly benchmarks: readonly string[];
  readonly demand: Demand;
  readonly file: string;
  readonly line: number;
}

const ANYBODY: Words = ['internet', '*'];

const words = z.union([
  z
    .string()
    .min(1)
    .transform((word) => [word]),
  z.array(z.string().min(1)).min(1),
]);
const ports = z
  .union([z.string(), z.int(), z.array(z.union([z.string(), z.int()])).min(1)])
  .transform((value, context): readonly Ports[] => {
    try {
      return [value].flat().map((one) => parsePorts(String(one)));
    } catch (error) {
      if (!(error instanceof QuestionError)) throw error;
      context.addIssue({ code: 'custom', message: error.message.replace(/\.$/, '') });
      return z.NEVER;
    }
  });
const everyPort = () => [parsePorts('*')];
const pattern = z.strictObject({
  from: words.default([...ANYBODY]),
  to: words.default([...ANYBODY]),
  ports: ports.default(everyPort),
});
const demands = {
  forbidden: z
    .strictObject({
      from: words,
      to: words,
      ports: ports.default(everyPort),
      except: z.array(pattern).default([]),
      'wider-than': z
        .string()
        .regex(/^\/([0-9]|[12][0-9]|3[0-2])$/, 'write a prefix length: /16')
        .optional(),
      'at-least-ports': z.int().min(1).max(65536).default(1),
    })
    .optional(),
  required: z.strictObject({ from: words, to: words, ports }).optional(),
  allowed: z
    .strictObject({
      to: words,
      from: words.default([...ANYBODY]),
      ports: ports.default(everyPort),
      only: z.array(pattern),
    })
    .optional(),
  flaw: z.enum(FLAWS).optional(),
};
const KINDS = ['forbidden', 'required', 'allowed', 'flaw'] as const;

const schema = z
  .strictObject({
    code: z
      .string()
      .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'write a code in small letters, with dashes: no-ssh-from-dev'),
    title: z.string().min(1),
    severity: z.enum(['critical', 'high', 'medium', 'low', 'info']),
    why: z.string().min(1),
    fix: z.string().min(1),
    links: z.array(z.string().min(1)).default([]),
    benchmarks: z.array(z.string().min(1)).default([]),
    ...demands,
    examples: z.array(z.unknown()).optional(),
  })
  .superRefine((policy, context) => {
    const given = KINDS.filter((kind) => policy[kind] !== undefined);
    if (given.length !== 1)
      context.addIssue({
        code: 'custom',
        message: `a policy says exactly one of ${KINDS.join(', ')}; this one says ${given.length === 0 ? 'none' : given.join(' and ')}`,
      });
  });

/** Reads one policy. Throws PolicyError with file, line and column. */
export function parsePolicy(text: string, file: string): Policy {
  const { value, at } = checkedYaml(text, file, schema);
  const { code, title, severity, why, fix, links, benchmarks } = value;
  const kind = KINDS.find((one) => value[one] !== undefined)!;
  return {
    code,
    title: title.trim(),
    severity,
    why: why.trim(),
    fix: fix.trim(),
    links,
    benchmarks,
    demand: demandOf(value),
    file,
    line: at([kind]).line,
  };
}

function demandOf({ forbidden, required, allowed, flaw }: z.output<typeof schema>): Demand {
  if (forbidden !== undefined) {
    const { 'wider-than': wider, 'at-least-ports': least, ...rest } = forbidden;
    return {
      is: 'forbidden',
      ...rest,
      spread: { widerThan: wider === undefined ? 33 : Number(wider.slice(1)), ports: least },
    };
  }
  if (required !== undefined) return { is: 'required', ...required };
  if (flaw !== undefined) return { is: 'flaw', flaw };
  // "Nothing but this" forbids everything else.
  const { only, ...rest } = allowed!;
  return { is: 'forbidden', ...rest, except: only, spread: { widerThan: 33, ports: 1 } };
}

/** Where providers publish their documentation: a policy has pages of several. */
const PAGES: Readonly<Record<string, string>> = {
  aws: 'aws.amazon.com/',
  gcp: 'cloud.google.com/',
  azure: 'microsoft.com/',
};

/** The page of a policy for a finding about a thing of this provider: the first one of the provider's own, else the first. */
export function sourceOf({ links, file, line }: Policy, provider: string | undefined): string {
  const host = PAGES[provider ?? ''];
  return links.find((link) => host !== undefined && link.includes(host)) ?? links[0] ?? `${file}:${line}`;
}

const listSchema = z.strictObject({ policies: z.array(z.string().min(1)) });

/** The codes of a list such as recommended.yaml. Throws PolicyError. */
export function parsePolicyList(text: string, file: string): readonly string[] {
  return checkedYaml(text, file, listSchema).value.policies;
}

/** Refuses two policies of one code: a finding must name one of them. Throws PolicyError. */
export function distinct(policies: readonly Policy[]): readonly Policy[] {
  const byCode = new Map<string, Policy>();
  for (const policy of policies) {
    const same = byCode.get(policy.code);
    if (same !== undefined && same.file !== policy.file)
      throw new PolicyError(
        `${policy.file}:1:1: the code ${policy.code} is taken by ${same.file}. Give it another one.`,
      );
    byCode.set(policy.code, policy);
  }
  return [...byCode.values()];
}
