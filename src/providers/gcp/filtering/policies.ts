/**
 * Which firewall policies are in force for an interface, in the order of their evaluation: by their associations with the
 * organisation, the folders above the VM's project, and the network.
 * Source: https://docs.cloud.google.com/firewall/docs/firewall-policies-overview
 */
import type { Missing, Origin } from '../../../model/origin.ts';
import type { Estate, NicFacts } from '../estate.ts';
import { type Entry, missing } from '../inventory.ts';
import { type Json, integer, linkOf, objects, regionOf, text } from '../record.ts';
import type { Resources } from '../resource-manager.ts';
import type { RuleRecord } from './vpc-rules.ts';

/** A policy with what puts it in force for an interface. */
export interface Level {
  readonly origin: Origin;
  readonly rules: readonly RuleRecord[];
  /** Set where nobody can know whether it is in force, or what it says. */
  readonly doubt?: Missing;
  /** Its rules were already cut down to those for this VM. */
  readonly isForThisVm?: true;
}

/** Policies of the organisation and the folders above the VM's project, the top one first. */
export function policiesAbove(estate: Estate, resources: Resources, nic: NicFacts): Level[] {
  const policies = estate.inventory.all('firewallPolicy').map((entry) => ({ entry, at: attachmentsOf(entry.record) }));
  const { project } = nic.instance;
  const { known, isWhole } = resources.ancestorsOf(project);
  const inForce = (target: string): Level[] =>
    policies.filter(({ at }) => at.includes(target)).map(({ entry }) => levelOf(entry));
  if (isWhole) return known.flatMap(inForce);
  const doubt = missing(`the ancestry of project ${project ?? ''}`, `projects get-ancestors ${project ?? 'PROJECT'}`);
  const organizations = [
    ...new Set(policies.flatMap(({ at }) => at.filter((one) => one.startsWith('organizations/')))),
  ];
  // The only organisation in sight is the project's; of folders nobody can tell whether they are above it.
  const top = organizations.flatMap(inForce).map((level) => (organizations.length > 1 ? { ...level, doubt } : level));
  const folders = policies.filter(({ at }) =>
    at.some((target) => target.startsWith('folders/') && !known.includes(target)),
  );
  return [...top, ...folders.map(({ entry }) => ({ ...levelOf(entry), doubt })), ...known.flatMap(inForce)];
}

/** The global policy of the network, then the regional one of the interface's region. */
export function policiesOfNetwork({ inventory }: Estate, nic: NicFacts): Level[] {
  const policies = inventory
    .all('firewallPolicy')
    .filter((entry) => attachmentsOf(entry.record).some((target) => linkOf(target) === nic.network.entry.id));
  const regional = (entry: Entry) => regionOf(`${text(entry.record, 'region') ?? entry.id}/`) ?? regionOf(entry.id);
  return [
    ...policies.filter((entry) => regional(entry) === undefined),
    ...policies.filter((entry) => regional(entry) !== undefined && regional(entry) === nic.region),
  ].map(levelOf);
}

/** Where a policy is attached: "organizations/1", "folders/1" or a network's URL. */
export function attachmentsOf(policy: Json): readonly string[] {
  return objects(policy, 'associations').flatMap((one) => {
    const target = text(one, 'attachmentTarget');
    return target === undefined ? [] : [target.replace(/^.*\/(organizations|folders)\//, '$1/')];
  });
}

function levelOf(entry: Entry): Level {
  const { record, origin } = entry;
  const rules = objects(record, 'rules').map((rule, i) => ({
    record: rule,
    origin: {
      ...origin,
      kind: 'firewall policy rule',
      pointer: `${origin.pointer}/rules/${i}`,
      id: `${origin.id}/${integer(rule, 'priority') ?? i}`,
    },
  }));
  if (Array.isArray(record['rules'])) return { origin, rules };
  const place = regionOf(`${entry.id}/`);
  const command = entry.id.startsWith('projects/')
    ? `compute network-firewall-policies describe ${entry.name} ${place === undefined ? '--global' : `--region=${place}`}`
    : `compute firewall-policies describe ${entry.name}`;
  // A policy has four rules at least: without a list they were not fetched.
  return { origin, rules, doubt: missing(`the rules of firewall policy ${origin.id}`, command) };
}

/** Levels of an effective-firewalls answer: what stands above the network, and the network's own policies. */
export function effectiveLevels(
  answer: Json,
  file: Pick<Origin, 'file' | 'pointer'>,
): [above: Level[], beside: Level[]] {
  const order = ['HIERARCHY', 'UNSPECIFIED', 'SYSTEM_GLOBAL', 'SYSTEM_REGIONAL', 'NETWORK', 'NETWORK_REGIONAL'];
  const levels = objects(answer, 'firewallPolicys').map((policy, i) => {
    const name = text(policy, 'displayName') ?? text(policy, 'shortName') ?? text(policy, 'name') ?? 'policy';
    const pointer = `${file.pointer}/firewallPolicys/${i}`;
    const origin: Origin = { provider: 'gcp', kind: 'firewall policy', id: name, name, file: file.file, pointer };
    const rules = objects(policy, 'rules').map((record, j) => ({
      record,
      origin: {
        ...origin,
        kind: 'firewall policy rule',
        id: `${name}/${integer(record, 'priority') ?? ''}`,
        pointer: `${pointer}/rules/${j}`,
      },
    }));
    const type = text(policy, 'type') ?? 'HIERARCHY';
    return { type, level: { origin, rules } };
  });
  levels.sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
  const isBeside = (type: string) => type.startsWith('NETWORK');
  return [
    levels.filter(({ type }) => !isBeside(type)).map(({ level }) => level),
    levels.filter(({ type }) => isBeside(type)).map(({ level }) => level),
  ];
}
