/** Policies about flows: their offences as drafts of findings, and how each policy came off. */
import type { AuditCheck } from '../model/audit.ts';
import type { Compiler } from '../engine/compile.ts';
import type { Party, Row, Sight } from '../engine/matrix-row.ts';
import type { Network } from '../model/network.ts';
import type { Assumption, Missing } from '../model/origin.ts';
import { type Draft, calledOf, exposureOf, namedEnds, peopleName, portsOf, sourcesOf } from './finding.ts';
import { Owners, type Share, sharesOf } from './blame.ts';
import { type Policy, sourceOf } from './policy.ts';
import type { RowReader } from './row-pass.ts';
import { type Offence, PolicyRows } from './rows.ts';
import type { Selectors } from './selector.ts';
import { Stories, type Story } from './story.ts';

/** What one part of an audit found. */
export interface Part {
  readonly drafts: readonly Draft[];
  readonly checks: readonly Omit<AuditCheck, 'findings'>[];
  readonly missing: readonly Missing[];
  readonly assumptions: readonly Assumption[];
}

/** Judges all policies about flows, row by row. */
export class FlowJudge implements RowReader {
  private readonly network: Network;
  private readonly selectors: Selectors;
  private readonly rows: PolicyRows;
  private readonly stories: Stories;
  private readonly owners: Owners;
  private readonly drafts: Draft[] = [];
  private readonly most: number;
  private readonly offences = new Map<Policy, number>();

  /** Of more offences of one policy than `most` only the number is told. */
  constructor(
    network: Network,
    sight: Sight,
    policies: readonly Policy[],
    selectors: Selectors,
    most: number = MOST_OFFENCES,
  ) {
    this.most = most;
    this.network = network;
    this.selectors = selectors;
    this.rows = new PolicyRows(sight, policies, selectors);
    this.stories = new Stories(network);
    this.owners = new Owners(network);
  }

  targets(from: Party): ReadonlySet<Party> {
    return this.rows.targets(from);
  }

  looksBehind(from: Party): boolean {
    return this.rows.looksBehind(from);
  }

  read(row: Row, compiler: Compiler): void {
    for (const offence of this.rows.offencesIn(row, compiler))
      for (const part of this.owners.parts(offence)) {
        const count = (this.offences.get(part.policy) ?? 0) + 1;
        this.offences.set(part.policy, count);
        if (count > this.most) continue;
        const shares = sharesOf(this.network, part);
        for (const share of shares.length === 0 ? [undefined] : shares)
          this.add(share === undefined ? part : { ...part, packets: share.packets }, share);
      }
  }

  private add(part: Offence, share: Share | undefined): void {
    const { through } = part;
    const story =
      through === undefined
        ? this.stories.of(part.space, part.packets, part.from, part.to)
        : this.stories.of(part.space, through.asked, part.from, through.ends);
    this.drafts.push(draftOf(part, share, story));
  }

  /** What came of it, once all rows are read. */
  judged(): Part {
    const { rows, drafts, selectors } = this;
    return {
      drafts,
      checks: rows.judgements.map(({ policy, undetermined, lacking, unanswered }) => {
        const failed = drafts.some((draft) => draft.code === policy.code);
        const unsure = undetermined || unanswered.size > 0;
        const more = (this.offences.get(policy) ?? 0) - this.most;
        const message = [
          ...(more > 0
            ? [`${more} more pairs of ends offend it, which are not listed: say more exactly who is meant`]
            : []),
          ...(unanswered.size > 0 ? [`not all of it could be worked out: ${[...unanswered].join('; ')}`] : []),
          ...(undetermined ? [doubtText([...lacking])] : []),
          ...slips(policy, selectors),
        ].join('; ');
        return {
          kind: 'policy',
          suite: policy.code,
          name: policy.title,
          severity: policy.severity,
          outcome: failed ? 'failed' : unsure ? 'undetermined' : 'passed',
          undetermined: unsure,
          ...(message === '' ? {} : { message }),
        };
      }),
      missing: [...rows.missing.values()],
      assumptions: [...rows.assumptions.values()],
    };
  }
}

/** A policy that forbids everything to everybody is offended by every pair, and each takes a walk and a finding. */
const MOST_OFFENCES = 30_000;
const MOST_TOLD = 2;

/** What could change the outcome of a check: the first few of it, and how many more there are. */
export function doubtText(lacking: readonly string[]): string {
  const all = [...new Set(lacking)].sort();
  if (all.length === 0) return 'something that the snapshot does not hold could change it';
  const more = all.length - MOST_TOLD;
  return `not known, and could change it: ${all.slice(0, MOST_TOLD).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** Words of a policy that stand for nothing here: a slip of the pen would make it pass for ever. */
function slips({ demand }: Policy, selectors: Selectors): string[] {
  if (demand.is === 'flaw') return [];
  const patterns = [demand, ...(demand.is === 'forbidden' ? demand.except : [])];
  const words = new Set(patterns.flatMap(({ from, to }) => [...from, ...to]));
  return [...words].flatMap((word) => selectors.unknown.get(word) ?? []);
}

function draftOf(
  { policy, from, to, packets, space, is, through }: Offence,
  share: Share | undefined,
  story: Story | undefined,
): Draft {
  const ports = portsOf(space, packets);
  const responsible = share?.responsible ?? story?.responsible ?? { id: 'internet', kind: 'internet' };
  const places = share?.places ?? (responsible.place === undefined ? [] : [responsible.place]);
  const common = {
    code: policy.code,
    title: policy.title,
    severity: policy.severity,
    source: sourceOf(policy, responsible.provider),
    responsible,
    from: namedEnds(from),
    to: namedEnds(to),
    ports,
    exposure: exposureOf(space, packets, from === 'internet'),
    places,
    rules: share?.rules ?? [],
    ...(story === undefined ? {} : { witness: story.witness, path: story.path }),
  };
  if (is === 'lacking') {
    const fixes = story?.answer.fixes.changes.map(({ text }) => text) ?? [];
    const why = story?.answer.blockers[0]?.message;
    return {
      ...common,
      message: (source, target) => `${source} can't reach ${target} on ${ports}${why === undefined ? '' : `: ${why}`}`,
      fix: fixes.length === 0 ? policy.fix : fixes.join('; '),
    };
  }
  const way =
    through === undefined
      ? ''
      : ` through ${peopleName(namedEnds(through.ends))}, which ${through.ends.length === 1 ? 'takes' : 'take'} ${portsOf(space, through.asked)}`;
  const sources = from === 'internet' ? sourcesOf(space, packets) : undefined;
  const rules = share?.rules ?? (responsible.rule === undefined ? [] : [responsible.rule]);
  const by = `${responsible.kind} ${calledOf(responsible)}`;
  const shown = rules
    .slice(0, MOST_RULES)
    .map((rule) => `"${rule.length > MOST_TEXT ? `${rule.slice(0, MOST_TEXT)}...` : rule}"`);
  const unasked = share !== undefined && share.rules === undefined;
  const due = unasked ? ': no rule decides it, and the default lets it pass' : rules.length === 0 ? '' : undefined;
  const list = `${shown.join(', ')}${rules.length > MOST_RULES ? ` and ${rules.length - MOST_RULES} more` : ''}`;
  return {
    ...common,
    message: (source, target) =>
      `${sources ?? source} can reach ${target} on ${ports}${way}${due ?? `: ${by} has ${list}`}`,
    fix: rules.length === 0 ? policy.fix : `In ${by}, narrow ${list}. ${policy.fix}`,
  };
}

const MOST_RULES = 3;
const MOST_TEXT = 120;
