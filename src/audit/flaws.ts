/** Policies about flaws: rules that do nothing, groups, ranges and joints as the providers know them, replies that are lost. */
import type { MatrixNetwork } from '../engine/matrix-row.ts';
import type { EstateFacts } from '../model/facts.ts';
import type { Network } from '../model/network.ts';
import { type Missing, type Origin, nameOf } from '../model/origin.ts';
import { intersect, normalise } from '../net/spans.ts';
import { cidrsOf } from '../net/address.ts';
import type { Draft, Found, Looked } from './finding.ts';
import { type Part, doubtText } from './flows.ts';
import type { LostReplies } from './lost-replies.ts';
import { type Flaw, type Policy, sourceOf } from './policy.ts';
import { type Idleness, idleRules } from './rules.ts';
import { originAs, placeOf } from './story.ts';

/** Where flaws are looked for. */
export interface Inspected {
  readonly network: Network;
  readonly ready: MatrixNetwork;
  readonly facts: readonly EstateFacts[];
  /** There where a policy is about them, with all rows read. */
  readonly replies: LostReplies | undefined;
}

/** Whether a policy is about replies that are lost. */
export function isAboutReplies({ demand }: Policy): boolean {
  return demand.is === 'flaw' && (demand.flaw === 'replies-filtered' || demand.flaw === 'replies-misrouted');
}

/** Looks for the flaws that policies name; each kind of flaw is worked out once. */
export function judgeFlaws(subject: Inspected, policies: readonly Policy[]): Part {
  const looks = new Looks(subject);
  const drafts: Draft[] = [];
  const lacking = new Map<string, Missing>();
  const checks = policies.flatMap((policy): Part['checks'][number][] => {
    if (policy.demand.is !== 'flaw') return [];
    const { found, left, missing = [] } = looks.of(policy.demand.flaw);
    for (const one of missing) lacking.set(one.what, one);
    const isUnsure = missing.length > 0;
    const message = [
      ...(left === undefined ? [] : [left]),
      ...(isUnsure ? [doubtText(missing.map(({ what }) => what))] : []),
    ].join('; ');
    for (const one of found)
      drafts.push({
        code: policy.code,
        title: policy.title,
        severity: policy.severity,
        source: sourceOf(policy, one.responsible.provider),
        fix: policy.fix,
        ...one,
      });
    return [
      {
        kind: 'policy',
        suite: policy.code,
        name: policy.title,
        severity: policy.severity,
        outcome: found.length > 0 ? 'failed' : isUnsure ? 'undetermined' : 'passed',
        ...(isUnsure ? { undetermined: true } : {}),
        ...(message === '' ? {} : { message }),
      },
    ];
  });
  return { drafts, checks, missing: [...lacking.values()], assumptions: [] };
}

class Looks {
  private readonly subject: Inspected;
  private idle: ReturnType<typeof idleRules> | undefined;

  constructor(subject: Inspected) {
    this.subject = subject;
  }

  of(flaw: Flaw): Looked {
    const groups = this.subject.facts.flatMap((one) => one.groups);
    switch (flaw) {
      case 'shadowed-rules':
        return this.idleRules('shadowed', 'never decides: earlier rules take all of it');
      case 'redundant-rules':
        return this.idleRules('redundant', 'does nothing: others do the same');
      case 'never-matching-rules':
        return this.idleRules('never', 'matches nothing: what it refers to has no addresses');
      case 'references-gone':
        return {
          found: groups
            .filter(({ gone }) => gone.length > 0)
            .map(({ origin, gone }) =>
              about(
                origin,
                `${nameOf(origin)} has rules for ${gone.join(', ')}, which ${gone.length === 1 ? 'is' : 'are'} gone`,
              ),
            ),
          missing: groups.flatMap(({ unlisted = [] }) => unlisted),
        };
      case 'unattached-groups':
        return {
          found: groups
            .filter(({ attached, isDefault }) => attached === 0 && !isDefault)
            .map(({ origin }) => about(origin, `nothing is under ${nameOf(origin)}`)),
          missing: groups.flatMap(({ attached }) => (typeof attached === 'number' ? [] : [attached])),
        };
      case 'default-groups-allow':
        return {
          found: groups
            .filter(({ isDefault, allows }) => isDefault && allows)
            .map(({ origin, attached }) => {
              const count = typeof attached === 'number' ? attached : 0;
              return {
                ...about(
                  origin,
                  `${nameOf(origin)} is what everything gets that names no group, and it allows traffic${count === 0 ? '' : `; ${count} interfaces carry it`}`,
                ),
                exposure: count,
              };
            }),
        };
      case 'overlapping-networks':
        return { found: [...this.overlaps(), ...this.clashes()] };
      case 'one-way-links':
        return {
          found: this.subject.facts
            .flatMap((one) => one.oneWay)
            .map(({ origin, why }) => about(origin, `${nameOf(origin)} works one way at most: ${why}`)),
        };
      case 'replies-filtered':
        return this.lost('filtered');
      case 'replies-misrouted':
        return this.lost('misrouted');
      default:
        return {
          found: this.subject.facts
            .flatMap((one) => one.remarks[flaw]?.() ?? [])
            .map(({ origin, why, detail }) => ({
              ...about(origin, `${nameOf(origin)} ${why}`),
              ...(detail === undefined ? {} : { detail }),
            })),
        };
    }
  }

  private lost(by: 'filtered' | 'misrouted'): Looked {
    const { replies } = this.subject;
    if (replies === undefined) throw new Error('nobody has looked for lost replies');
    return replies.looked()[by];
  }

  private idleRules(is: Idleness, why: string): Looked {
    const { idle, unsure, tooBig } = (this.idle ??= idleRules(this.subject.network, this.subject.ready.kinds));
    return {
      found: idle
        .filter((one) => one.is === is)
        .map(({ rule, by, due }) => {
          const place = placeOf(rule.origin);
          return {
            responsible: originAs(by),
            message: () => `"${rule.text}" of ${nameOf(by)} ${why}${due === undefined ? '' : ` ("${due.text}")`}`,
            detail: `${rule.origin.pointer} ${rule.text}`,
            exposure: 0,
            ...(place === undefined ? {} : { places: [place] }),
          };
        }),
      missing: unsure.filter(({ might }) => might.includes(is)).map(({ missing }) => missing),
      ...(tooBig.length === 0 ? {} : { left: `too big to be worked out: ${tooBig.join(', ')}` }),
    };
  }

  /** Networks in use that are joined and have addresses in common. */
  private overlaps(): Found[] {
    const ranges = this.subject.facts.flatMap((one) => one.ranges).filter(({ isUsed }) => isUsed);
    const byId = new Map(ranges.map((one) => [one.origin.id.toLowerCase(), one]));
    return ranges.flatMap(({ origin, spans, joined }) =>
      joined.flatMap((id): Found[] => {
        const other = byId.get(id.toLowerCase()) ?? byId.get(id.split('/').at(-1)!.toLowerCase());
        if (other === undefined || other.origin.id <= origin.id) return [];
        const both = intersect(normalise(spans), normalise(other.spans));
        if (both.length === 0) return [];
        const shown = both.slice(0, 3).flatMap(cidrsOf).join(', ');
        return [
          {
            ...about(
              origin,
              `${nameOf(origin)} and ${nameOf(other.origin)} are joined and both have ${shown}: each reaches its own only`,
            ),
            detail: other.origin.id,
          },
        ];
      }),
    );
  }

  /** Addresses of a network that something beyond an edge claims too. */
  private clashes(): Found[] {
    return this.subject.facts
      .flatMap((one) => one.clashes)
      .map(({ origin, network, spans }) => {
        const all = normalise(spans).flatMap(cidrsOf);
        const shown = `${all.slice(0, 3).join(', ')}${all.length > 3 ? ` and ${all.length - 3} more` : ''}`;
        return {
          ...about(
            origin,
            `${nameOf(origin)} claims ${shown}, which ${nameOf(network)} has itself: nothing that is sent there leaves the network`,
          ),
          detail: network.id,
        };
      });
  }
}

function about(origin: Origin, told: string): Found {
  const place = placeOf(origin);
  return {
    responsible: originAs(origin),
    message: () => told,
    exposure: 0,
    ...(place === undefined ? {} : { places: [place] }),
  };
}
