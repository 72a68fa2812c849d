/** Policies about flaws: rules that do nothing, groups, ranges and joints as the providers know them, replies that are lost. */
import { Compiler } from '../engine/compile.ts';
import type { MatrixNetwork, Party, Row, Sight, Toward } from '../engine/matrix-row.ts';
import { EVERY_PORT, parsePorts } from '../engine/ports.ts';
import type { EstateFacts } from '../model/facts.ts';
import type { Network } from '../model/network.ts';
import { type Missing, type Origin, nameOf } from '../model/origin.ts';
import { type PacketSet, PacketSpace } from '../net/packet-space.ts';
import { intersect, normalise } from '../net/spans.ts';
import { cidrsOf } from '../net/address.ts';
import { type Draft, exposureOf, namedEnds, portsOf } from './finding.ts';
import { type Part, doubtText } from './flows.ts';
import type { Flaw, Policy } from './policy.ts';
import { type Idleness, idleRules } from './rules.ts';
import { Stories, originAs, placeOf } from './story.ts';

type Found = Pick<Draft, 'responsible' | 'message' | 'exposure'> & Partial<Draft>;
interface Looked {
  readonly found: readonly Found[];
  /** What was not looked at. */
  readonly left?: string;
  /** What is not known and could make more of it. */
  readonly missing?: readonly Missing[];
}

/** Looks for the flaws that policies name; each kind of flaw is worked out once. */
export function judgeFlaws(
  network: Network,
  sight: Sight,
  facts: readonly EstateFacts[],
  policies: readonly Policy[],
): Part {
  const looks = new Looks(network, sight, facts);
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
        source: policy.links[0] ?? `${policy.file}:${policy.line}`,
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

/** More pairs of kinds than this, and only what goes in and out is looked at: all pairs would take longer than the rest together. */
const MOST_PAIRS = 90_000;
/** What one expects an answer to. */
const ANSWERED = ['*/tcp', '*/udp', 'icmp'].map(parsePorts);
const FULL = 3_000_000;
const BUDGET = 6_000_000;

class Looks {
  private readonly network: Network;
  private readonly ready: MatrixNetwork;
  private readonly toward: Toward;
  private readonly facts: readonly EstateFacts[];
  private idle: ReturnType<typeof idleRules> | undefined;
  private replies: { filtered: Looked; misrouted: Looked } | undefined;

  constructor(network: Network, { ready, toward }: Sight, facts: readonly EstateFacts[]) {
    this.network = network;
    this.ready = ready;
    this.toward = toward;
    this.facts = facts;
  }

  of(flaw: Flaw): Looked {
    const groups = this.facts.flatMap((one) => one.groups);
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
        };
      case 'unattached-groups':
        return {
          found: groups
            .filter(({ attached, isDefault }) => attached === 0 && !isDefault)
            .map(({ origin }) => about(origin, `nothing carries ${nameOf(origin)}`)),
        };
      case 'default-groups-allow':
        return {
          found: groups
            .filter(({ isDefault, allows }) => isDefault && allows)
            .map(({ origin, attached = 0 }) => ({
              ...about(
                origin,
                `${nameOf(origin)} is what everything gets that names no group, and it allows traffic${attached === 0 ? '' : `; ${attached} interfaces carry it`}`,
              ),
              exposure: attached,
            })),
        };
      case 'overlapping-networks':
        return { found: [...this.overlaps(), ...this.clashes()] };
      case 'one-way-links':
        return {
          found: this.facts
            .flatMap((one) => one.oneWay)
            .map(({ origin, why }) => about(origin, `${nameOf(origin)} works one way at most: ${why}`)),
        };
      case 'replies-filtered':
        return (this.replies ??= this.lostReplies()).filtered;
      case 'replies-misrouted':
        return (this.replies ??= this.lostReplies()).misrouted;
    }
  }

  private idleRules(is: Idleness, why: string): Looked {
    const { idle, unsure, tooBig } = (this.idle ??= idleRules(this.network, this.ready.kinds));
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
    const ranges = this.facts.flatMap((one) => one.ranges).filter(({ isUsed }) => isUsed);
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
    return this.facts
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

  /** The rows of those who send, neighbours in one where the same is looked at. `isAll`: not only what goes in and out. */
  private *rows(sources: readonly Party[], isAll: boolean, compiler: () => Compiler): Generator<Row> {
    const { ready, toward } = this;
    const together: Party[] = [];
    for (const from of sources) {
      const some = toward(from);
      if (some === 'everybody' && from !== 'internet') {
        together.push(from);
        continue;
      }
      const scope = some === 'everybody' ? undefined : some;
      const only = isAll || from === 'internet' ? scope : beyond(scope);
      if (only?.size !== 0) yield ready.row(compiler(), from, EVERY_PORT, only);
    }
    for (const crowd of ready.crowds(together))
      yield* ready.rows(compiler, crowd, EVERY_PORT, isAll ? undefined : beyond(undefined));
  }

  /** What arrives and gets no reply, by whether a filter or the way back is to blame. */
  private lostReplies(): { filtered: Looked; misrouted: Looked } {
    const { ready, toward } = this;
    const sources = ready.senders;
    const sizes = sources.map(toward).map((some) => (some === 'everybody' ? ready.kinds.length : some.size));
    const isAll = sizes.reduce((sum, size) => sum + size, 0) <= MOST_PAIRS;
    const stories = new Stories(this.network);
    const found = { filtered: [] as Found[], misrouted: [] as Found[] };
    let compiler = new Compiler(new PacketSpace({ nodeBudget: BUDGET }), ready.merged.network);
    const roomy = () => {
      if (compiler.space.weight > FULL)
        compiler = new Compiler(new PacketSpace({ nodeBudget: BUDGET }), ready.merged.network);
      return compiler;
    };
    for (const row of this.rows(sources, isAll, roomy)) {
      const { space } = compiler;
      const asked = space.orAll(
        ([4, 6] as const).flatMap((family) => ANSWERED.map((one) => space.of(one.traffic(family)))),
      );
      for (const { from, to, lost } of lostIn(space, row)) {
        const packets = space.and(lost, asked);
        if (space.isEmpty(packets)) continue;
        const ends = [from, to].map((party) => (party === 'internet' ? party : party.ends));
        const story = stories.of(space, packets, ends[0]!, ends[1]!);
        const blocker = story?.answer.blockers.find(({ leg }) => leg === 'return');
        if (story === undefined || blocker === undefined) continue;
        const { resource, resourceName, provider, rule, origin } = blocker;
        const ports = portsOf(space, packets);
        found[blocker.layer === 'transport' && blocker.code !== 'no-session' ? 'filtered' : 'misrouted'].push({
          responsible: {
            id: resource,
            kind: '',
            provider,
            ...(resourceName === undefined ? {} : { name: resourceName }),
          },
          from: namedEnds(ends[0]!),
          to: namedEnds(ends[1]!),
          ports,
          message: (source, target) =>
            `${source} gets to ${target} on ${ports}, at least from some source ports, but no reply comes back: ${blocker.message}`,
          exposure: exposureOf(space, packets, from === 'internet'),
          witness: story.witness,
          path: story.path,
          ...(blocker.fix === null ? {} : { fix: blocker.fix.text }),
          ...(origin.file === '' ? {} : { places: [origin] }),
          detail: rule?.text ?? '',
        });
      }
    }
    const left = isAll
      ? {}
      : { left: `only flows from and to the internet were looked at: there are ${ready.kinds.length} kinds of ends` };
    return { filtered: { found: found.filtered, ...left }, misrouted: { found: found.misrouted, ...left } };
  }
}

/** What is lost in a row, by who sent it and who took it. */
function* lostIn(space: PacketSpace, row: Row): Generator<{ from: Party; to: Party; lost: PacketSet }> {
  for (const [to, lost] of row.lost())
    for (const from of row.from)
      yield { from, to, lost: from === 'internet' ? lost : space.and(lost, space.of({ src: from.spans })) };
}

/** Of some parties, the internet. */
function beyond(scope: ReadonlySet<Party> | undefined): ReadonlySet<Party> {
  return new Set<Party>(scope?.has('internet') === false ? [] : ['internet']);
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
