/**
 * Network ACLs: stateless, ascending rule numbers, first match decides, a final deny. One ACL per subnet; a subnet that
 * no association names uses its VPC's default ACL.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
 */
import type { Filter, Match, Rule } from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { ALL_V4, ALL_V6, familyOf, parseCidr } from '../../net/address.ts';
import type { Estate, SubnetFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import { protocolMatch } from './ip-permission.ts';
import { integer, object, objects, text } from './record.ts';

/** Rules after all numbered ones. */
const LAST = 32767;

export class NetworkAcls {
  private readonly estate: Estate;
  private readonly bySubnet = new Map<string, Entry>();
  private readonly defaults = new Map<string, Entry>();
  private readonly defined = new Set<string>();

  constructor(estate: Estate) {
    this.estate = estate;
    for (const acl of estate.inventory.all('NetworkAcls')) {
      for (const association of objects(acl.record, 'Associations')) {
        const subnet = text(association, 'SubnetId');
        if (subnet !== undefined) this.bySubnet.set(subnet, acl);
      }
      const vpc = text(acl.record, 'VpcId');
      if (acl.record['IsDefault'] === true && vpc !== undefined) this.defaults.set(vpc, acl);
    }
  }

  of(subnet: SubnetFacts): Entry | undefined {
    return this.bySubnet.get(subnet.entry.id) ?? this.defaults.get(subnet.vpc);
  }

  /** Ids of the subnet's inbound and outbound filter. */
  define(subnet: SubnetFacts): { readonly in: string; readonly out: string } {
    const acl = this.of(subnet);
    const owner = acl?.id ?? subnet.entry.id;
    const ids = { in: `nacl-in:${owner}`, out: `nacl-out:${owner}` };
    if (this.defined.has(owner)) return ids;
    this.defined.add(owner);
    for (const direction of ['in', 'out'] as const)
      this.estate.builder.filter(ids[direction], () =>
        acl === undefined
          ? this.unknown(subnet, direction, ids[direction])
          : this.filter(acl, direction, ids[direction]),
      );
    return ids;
  }

  /**
   * The same rules for traffic between a transit gateway and hosts of its own attachment subnet: whether they are evaluated
   * there is documented both ways, so what they deny is not known.
   * Source: https://docs.aws.amazon.com/vpc/latest/tgw/tgw-nacls.html
   */
  contested(subnet: SubnetFacts, direction: 'in' | 'out'): string {
    const base = this.define(subnet)[direction];
    const id = `${base}?`;
    if (this.defined.has(id)) return id;
    this.defined.add(id);
    this.estate.builder.filter(id, () => {
      const filter = this.estate.builder.filterOf(base)!;
      const unresolved = {
        what: `whether ${nameOf(filter.origin)} is evaluated between a transit gateway and hosts of its own attachment subnet (the documentation contradicts itself)`,
        fetch: null,
      };
      const rules = filter.rules.map((rule): Rule => (rule.action === 'deny' ? { ...rule, unresolved } : rule));
      const last: Rule = { origin: filter.origin, action: 'deny', match: [{}], text: 'rule *: deny', unresolved };
      return { ...filter, id, rules: [...rules, last], otherwise: 'allow', repeats: base };
    });
    return id;
  }

  private filter(acl: Entry, direction: 'in' | 'out', id: string): Filter {
    const entries = objects(acl.record, 'Entries').map((entry, index) => ({
      entry,
      index,
      number: integer(entry, 'RuleNumber') ?? Number.MAX_SAFE_INTEGER,
    }));
    const mine = entries
      .filter(({ entry }) => (entry['Egress'] === true) === (direction === 'out'))
      .sort((a, b) => a.number - b.number);
    const rules = mine.flatMap(({ entry, index, number }): Rule[] => {
      const origin: Origin = {
        ...acl.origin,
        pointer: `${acl.origin.pointer}/Entries/${index}`,
        ...(number >= LAST ? { implicit: true as const } : {}),
      };
      const action = text(entry, 'RuleAction') === 'allow' ? 'allow' : 'deny';
      const range = object(entry, 'PortRange');
      const icmp = object(entry, 'IcmpTypeCode');
      const protocol = text(entry, 'Protocol');
      const typed = protocol === '1' || protocol === '58' || protocol === 'icmp' || protocol === 'icmpv6';
      const source = typed ? icmp : range;
      const what = protocolMatch(
        protocol,
        source && integer(source, typed ? 'Type' : 'From'),
        source && integer(source, typed ? 'Code' : 'To'),
      );
      const cidr = text(entry, 'CidrBlock') ?? text(entry, 'Ipv6CidrBlock') ?? '';
      const span = parseCidr(cidr);
      const shown = number >= LAST ? '*' : String(number);
      if (what === undefined || span === undefined)
        return [
          {
            origin,
            action,
            match: [{}],
            text: `rule ${shown}, which makes no sense`,
            unresolved: {
              what: `what rule ${shown} of network ACL ${acl.id} means: its protocol, ports or CIDR are not valid`,
              fetch: null,
            },
          },
        ];
      const peer: Match = direction === 'in' ? { src: [span] } : { dst: [span] };
      const other: Match = { [direction === 'in' ? 'dst' : 'src']: [familyOf(span[0]) === 4 ? ALL_V4 : ALL_V6] };
      return [
        {
          origin,
          action,
          match: [{ ...what.match, ...other, ...peer }],
          text: `rule ${shown}: ${action} ${what.text} ${direction === 'in' ? 'from' : 'to'} ${cidr}`,
        },
      ];
    });
    return {
      id,
      origin: acl.origin,
      code: direction === 'in' ? 'aws-network-acl-inbound' : 'aws-network-acl-outbound',
      rules,
      order: 'first-match',
      otherwise: 'deny',
      defaultText: `no ${direction === 'in' ? 'inbound' : 'outbound'} rule allows it and rule * denies in`,
    };
  }

  private unknown(subnet: SubnetFacts, direction: 'in' | 'out', id: string): Filter {
    const origin: Origin = { ...subnet.entry.origin, kind: 'network ACL of subnet' };
    const unresolved = this.estate.missing(
      `the network ACL of subnet ${subnet.entry.id}`,
      `describe-network-acls --filters Name=association.subnet-id,Values=${subnet.entry.id}`,
    );
    return {
      id,
      origin,
      code: direction === 'in' ? 'aws-network-acl-inbound' : 'aws-network-acl-outbound',
      rules: [{ origin, action: 'allow', match: [{}], text: 'rules that are not known', unresolved }],
      order: 'first-match',
      otherwise: 'deny',
    };
  }
}
