/**
 * VPC Block Public Access: an account's switch that closes internet gateways, in both directions or for what comes in;
 * exclusions open it again for VPCs or subnets. The effective state on the VPC or subnet goes before the switch.
 * Sources: https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html, .../security-vpc-bpa-basics.html
 */
import type { Filter, Rule } from '../../model/network.ts';
import type { Assumption, Origin } from '../../model/origin.ts';
import type { Estate, SubnetFacts } from './estate.ts';
import { natAddresses } from './nat-gateway.ts';
import { type Json, object, text } from './record.ts';
import type { Span } from '../../net/spans.ts';

type Mode = 'off' | 'block-bidirectional' | 'block-ingress';

export class BlockPublicAccess {
  private readonly estate: Estate;

  constructor(estate: Estate) {
    this.estate = estate;
  }

  /** Filters for what leaves and what enters by an internet gateway; undefined where nothing is blocked. */
  define(igw: string, vpc: string): { readonly in: string; readonly out: string } | undefined {
    const subnets = this.estate.vpcs.get(vpc)?.subnets ?? [];
    const modes = subnets.map((subnet) => ({ subnet, mode: this.modeOf(subnet) }));
    if (modes.every(({ mode }) => mode === 'off')) return undefined;
    const origin: Origin = { provider: 'aws', kind: 'VPC Block Public Access', id: vpc, file: '', pointer: '' };
    const ids = { in: `bpa-in:${igw}`, out: `bpa-out:${igw}` };
    const closed = (wanted: readonly Mode[]) =>
      modes.filter(({ mode }) => wanted.includes(mode)).flatMap(({ subnet }) => subnet.cidrs);
    const rule = (
      action: 'allow' | 'deny',
      field: 'src' | 'dst',
      spans: readonly Span<bigint>[],
      words: string,
    ): Rule[] => (spans.length === 0 ? [] : [{ origin, action, match: [{ [field]: spans }], text: words }]);
    const nats = natAddresses(this.estate, vpc);
    const filter = (id: string, code: string, rules: Rule[]): Filter => ({
      id,
      origin,
      code,
      rules,
      order: 'first-match',
      otherwise: 'allow',
      state: `bpa:${igw}`,
    });
    this.estate.builder.filter(ids.out, () =>
      filter(ids.out, 'aws-block-public-access', [
        ...rule(
          'deny',
          'src',
          closed(['block-bidirectional']),
          'VPC Block Public Access: nothing leaves by an internet gateway',
        ),
        ...rule('allow', 'src', nats, 'NAT gateways may send'),
        ...rule('deny', 'src', closed(['block-ingress']), 'VPC Block Public Access: only NAT gateways may send'),
      ]),
    );
    this.estate.builder.filter(ids.in, () =>
      filter(
        ids.in,
        'aws-block-public-access',
        rule(
          'deny',
          'dst',
          closed(['block-bidirectional', 'block-ingress']),
          'VPC Block Public Access: nothing enters by an internet gateway',
        ),
      ),
    );
    return ids;
  }

  /** What an answer rests on where neither the switch nor the effective state of the VPC is in the snapshot. */
  assumed(vpc: string): readonly Assumption[] {
    const facts = this.estate.vpcs.get(vpc);
    const known =
      this.estate.inventory.knows('VpcBlockPublicAccessOptions') ||
      [facts?.entry, ...(facts?.subnets ?? []).map(({ entry }) => entry)].some(
        (entry) => entry !== undefined && object(entry.record, 'BlockPublicAccessStates') !== undefined,
      );
    return known
      ? []
      : [
          {
            code: 'aws-no-block-public-access',
            resource: vpc,
            message: `VPC Block Public Access is off for ${vpc}; the snapshot does not say`,
          },
        ];
  }

  /** The filter for what leaves by an egress-only gateway: only the switch for both directions closes it. */
  defineEgress(gateway: string, vpc: string): string | undefined {
    const closed = (this.estate.vpcs.get(vpc)?.subnets ?? [])
      .filter((subnet) => this.modeOf(subnet) === 'block-bidirectional')
      .flatMap(({ cidrs }) => cidrs);
    if (closed.length === 0) return undefined;
    const id = `bpa-out:${gateway}`;
    const origin: Origin = { provider: 'aws', kind: 'VPC Block Public Access', id: vpc, file: '', pointer: '' };
    this.estate.builder.filter(id, () => ({
      id,
      origin,
      code: 'aws-block-public-access',
      rules: [{ origin, action: 'deny', match: [{ src: closed }], text: 'VPC Block Public Access: nothing leaves' }],
      order: 'first-match',
      otherwise: 'allow',
      state: `bpa:${gateway}`,
    }));
    return id;
  }

  private modeOf(subnet: SubnetFacts): Mode {
    const vpc = this.estate.vpcs.get(subnet.vpc);
    for (const entry of [subnet.entry, vpc?.entry]) {
      const states = entry === undefined ? undefined : object(entry.record, 'BlockPublicAccessStates');
      const mode = states === undefined ? undefined : text(states, 'InternetGatewayBlockMode');
      if (mode === 'off' || mode === 'block-bidirectional' || mode === 'block-ingress') return mode;
    }
    return this.switched(subnet);
  }

  /** The account's switch less its exclusions, for records that don't carry the effective state. */
  private switched(subnet: SubnetFacts): Mode {
    const mode = this.accountMode(subnet);
    if (mode === 'off') return mode;
    const exclusion = this.exclusion(subnet);
    if (exclusion === undefined) return mode;
    return text(exclusion, 'InternetGatewayExclusionMode') === 'allow-bidirectional' ? 'off' : 'block-ingress';
  }

  private accountMode(subnet: SubnetFacts): Mode {
    const modes = this.estate.inventory
      .answers('VpcBlockPublicAccessOptions')
      .filter(({ document }) => isSameScope(document.scope, subnet))
      .flatMap(({ records }) => records)
      .map((record) => text(record, 'InternetGatewayBlockMode'));
    return modes.find((mode) => mode === 'block-bidirectional' || mode === 'block-ingress') ?? 'off';
  }

  /** The exclusion in force for a subnet: its own before its VPC's. */
  private exclusion({ entry, vpc }: SubnetFacts): Json | undefined {
    const all = this.estate.inventory
      .answers('VpcBlockPublicAccessExclusions')
      .flatMap(({ records }) => records)
      .filter((one) => ['create-complete', 'update-complete', undefined].includes(text(one, 'State')));
    const of = (id: string) => all.find((one) => text(one, 'ResourceArn')?.endsWith(`/${id}`) === true);
    return of(entry.id) ?? of(vpc);
  }

  /** The id of the exclusion that opens a subnet although the account's switch is on. */
  exclusionOf(subnet: SubnetFacts): string | undefined {
    if (this.accountMode(subnet) === 'off' || this.modeOf(subnet) !== 'off') return undefined;
    return text(this.exclusion(subnet) ?? {}, 'ExclusionId') ?? 'an exclusion';
  }
}

/** The switch is one of an account and Region; what does not say whose it is counts everywhere. */
function isSameScope(scope: { readonly account?: string; readonly region?: string }, { entry }: SubnetFacts): boolean {
  return (
    (scope.account === undefined || entry.account === undefined || scope.account === entry.account) &&
    (scope.region === undefined || entry.region === undefined || scope.region === entry.region)
  );
}
