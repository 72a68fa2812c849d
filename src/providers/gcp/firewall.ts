/**
 * The firewall of an interface: rules of its network and firewall policies above and beside them, as one filter of several
 * levels for each direction: organisation, folders, then network rules and network policies in the order that the network
 * chooses, then what is implied. Stateful.
 * Source: https://docs.cloud.google.com/firewall/docs/firewall-policies-rule-eval-order
 */
import type { Filter, Rule } from '../../model/network.ts';
import type { Assumption, Missing, Origin } from '../../model/origin.ts';
import type { Estate, NicFacts } from './estate.ts';
import { type Level, effectiveLevels, policiesAbove, policiesOfNetwork } from './filtering/policies.ts';
import { policyRules } from './filtering/policy-rules.ts';
import { type RuleRecord, vpcRules } from './filtering/vpc-rules.ts';
import { type Entry, missing } from './inventory.ts';
import { link as linkIn, objects, text } from './record.ts';
import type { Effective, Resources } from './resource-manager.ts';
import type { Direction } from './rule-words.ts';

export class Firewalls {
  private readonly estate: Estate;
  readonly resources: Resources;
  private readonly byNetwork = new Map<string, Entry[]>();

  constructor(estate: Estate, resources: Resources) {
    this.estate = estate;
    this.resources = resources;
    estate.builder.find({ filter: (id) => this.find(id) });
    for (const entry of estate.inventory.all('firewall')) {
      const network = linkIn(entry.record, 'network') ?? '';
      const list = this.byNetwork.get(network);
      if (list === undefined) this.byNetwork.set(network, [entry]);
      else list.push(entry);
    }
  }

  /** What the two filters of an interface are called. */
  filtersOf(nic: NicFacts): { readonly in: string; readonly out: string } {
    return { in: `firewall-in:${nic.id}`, out: `firewall-out:${nic.id}` };
  }

  private find(id: string): Filter | undefined {
    const [, direction, of] = /^firewall-(in|out):(.*)$/s.exec(id) ?? [];
    const nic = of === undefined ? undefined : this.estate.nics.get(of);
    return nic === undefined ? undefined : this.filter(id, nic, direction === 'in' ? 'in' : 'out');
  }

  /** Policies are often collected apart or not at all: where the snapshot lists none, an answer rests on there being none. */
  assumptionsOf(nic: NicFacts): readonly Assumption[] {
    const { estate, resources } = this;
    const { entry } = nic.network;
    const isKnown =
      estate.inventory.knows('firewallPolicy') ||
      resources.effectiveOf(nic) !== undefined ||
      resources.effectiveOfNetwork(entry) !== undefined;
    if (isKnown) return [];
    const message = `no hierarchical or network firewall policy is in force for ${entry.name}: the snapshot lists none`;
    return [{ code: 'gcp-no-firewall-policies', resource: entry.origin.id, message }];
  }

  filter(id: string, nic: NicFacts, direction: Direction): Filter {
    return {
      id,
      origin: nic.network.entry.origin,
      code: direction === 'in' ? 'gcp-implied-deny-ingress' : 'gcp-firewall-egress',
      rules: this.rules(nic, direction),
      order: 'first-match',
      otherwise: direction === 'in' ? 'deny' : 'allow',
      defaultText:
        direction === 'in' ? 'no ingress rule matches, and ingress is denied by default in' : 'nothing denies it in',
      state: `firewall:${nic.id}`,
    };
  }

  /** The VPC rules of a network, disabled ones included; where none are listed, those that are in force. */
  rulesOf(network: string): readonly RuleRecord[] {
    const listed = this.byNetwork.get(network);
    const entry = this.estate.networks.get(network)?.entry;
    if (listed !== undefined || entry === undefined) return listed ?? [];
    const effective = this.resources.effectiveOfNetwork(entry);
    return effective === undefined ? [] : recordsOf(effective);
  }

  private rules(nic: NicFacts, direction: Direction): Rule[] {
    const [above, vpc, beside] = this.stages(nic, direction);
    const isBefore =
      text(nic.network.entry.record, 'networkFirewallPolicyEnforcementOrder') === 'BEFORE_CLASSIC_FIREWALL';
    const around = { estate: this.estate, resources: this.resources, nic, direction };
    const policies = (levels: readonly Level[]) => levels.map((level) => policyRules(around, level));
    const order = [...policies(above), ...(isBefore ? [...policies(beside), vpc] : [vpc, ...policies(beside)])];
    return order.flatMap((rules, level) => rules.map((rule) => ({ ...rule, level })));
  }

  /**
   * What is above the network, its own rules, and its policies: from the configuration, or from what Google worked out for
   * the VM or network.
   */
  private stages(nic: NicFacts, direction: Direction): [above: Level[], vpc: Rule[], beside: Level[]] {
    const { estate, resources } = this;
    const ofVm = resources.effectiveOf(nic);
    if (ofVm !== undefined) {
      const [above, beside] = effectiveLevels(ofVm.answer, ofVm).map((levels) =>
        levels.map((level): Level => ({ ...level, isForThisVm: true })),
      ) as [Level[], Level[]];
      return [above, vpcRules(estate, recordsOf(ofVm), nic, direction), beside];
    }
    const ofNetwork = resources.effectiveOfNetwork(nic.network.entry);
    const own = this.byNetwork.get(nic.network.entry.id) ?? [];
    if (ofNetwork !== undefined && !estate.inventory.knowsFor('firewall', nic.network.entry.project)) {
      const [above, beside] = effectiveLevels(ofNetwork.answer, ofNetwork);
      return [above, vpcRules(estate, recordsOf(ofNetwork), nic, direction), beside];
    }
    return [
      policiesAbove(estate, resources, nic),
      [...vpcRules(estate, own, nic, direction), ...this.unread(nic, direction)],
      policiesOfNetwork(estate, nic),
    ];
  }

  /** Rules that no document lists, or that a cut list leaves out: they may decide what the known ones do not. */
  private unread({ network }: NicFacts, direction: Direction): Rule[] {
    const { inventory } = this.estate;
    const { entry } = network;
    if (inventory.knowsFor('firewall', entry.project) && inventory.isComplete('firewall')) return [];
    const unresolved: Missing = missing(
      `the firewall rules of network ${entry.name}`,
      `compute firewall-rules list --project ${entry.project ?? 'PROJECT'}`,
    );
    const action = direction === 'in' ? 'allow' : 'deny';
    return [{ origin: entry.origin, action, match: [{}], text: 'rules that are not known', unresolved }];
  }
}

/** VPC rules inside an effective-firewalls answer. */
function recordsOf({ answer, file, pointer }: Effective): RuleRecord[] {
  return objects(answer, 'firewalls').map((record, i) => {
    const name = text(record, 'name') ?? '';
    const link = text(record, 'selfLink');
    const origin: Origin = {
      provider: 'gcp',
      kind: 'firewall rule',
      id: name,
      name,
      ...(link === undefined ? {} : { link }),
      file,
      pointer: `${pointer}/firewalls/${i}`,
    };
    return { record, origin };
  });
}
