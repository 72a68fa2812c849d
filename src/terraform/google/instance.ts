/**
 * VMs: those that Terraform makes, and one for each managed group, as its template makes them. An empty access_config asks
 * for an external address.
 * Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/compute_instance,
 * .../compute_instance_group_manager, .../compute_instance_template
 */
import type { Family, Listing } from '../family.ts';
import { partOf } from '../kinds.ts';
import { type Resource, type Side, isChanged } from '../side.ts';
import { type Json, type Values, blocks, filled, flag, number, text, texts, unknownIn } from '../values.ts';
import {
  NETWORKS,
  SUBNETS,
  lastOf,
  linkIds,
  linkTo,
  named,
  networkLink,
  regionOf,
  resourceNamed,
  selfLink,
} from './common.ts';
import { autoSubnet } from './network.ts';
import { ownTags } from './secure-tag.ts';

const MACHINES = ['google_compute_instance', 'google_compute_instance_from_template'];
const MANAGERS = ['google_compute_instance_group_manager', 'google_compute_region_instance_group_manager'];
const TEMPLATES = ['google_compute_instance_template', 'google_compute_region_instance_template'];

export const instanceFamily: Family = {
  types: [
    ...MACHINES,
    ...MANAGERS,
    ...TEMPLATES,
    'google_compute_address',
    'google_compute_global_address',
    'google_compute_instance_group',
  ],
  ids: linkIds(
    ...MACHINES,
    ...MANAGERS,
    ...TEMPLATES,
    'google_compute_address',
    'google_compute_global_address',
    'google_compute_instance_group',
  ),
  read: (side) => {
    const machines = side.managed(...MACHINES);
    for (const { values } of machines)
      for (const nic of blocks(values, 'network_interface'))
        side.madeUp.use(subnetLink(side, nic, values) ?? '', text(nic, 'network_ip'));
    return [
      {
        kind: 'instance',
        records: [
          ...machines.map((machine) => machineOf(side, machine, templateValues(side, machine))),
          ...side.managed(...MANAGERS).flatMap((manager) => managed(side, manager)),
        ],
        complete: true,
      },
      {
        kind: 'address',
        records: side
          .all('google_compute_address', 'google_compute_global_address')
          .filter(({ existing }) => existing === undefined)
          .map((address) => ({ ...named(address), address: addressOf(side, address) })),
      },
      ...groups(side),
    ];
  },
};

/** The address of a reserved one, known or made up. */
export function addressOf(side: Side, address: Resource): string | undefined {
  const known = text(address.values, 'address');
  if (known !== undefined && unknownIn(known) === undefined) return known;
  if (text(address.values, 'address_type') !== 'INTERNAL') return side.madeUp.public(address.id);
  const subnet = resourceNamed(side, text(address.values, 'subnetwork'), SUBNETS);
  return side.madeUp.private(address.id, subnet?.id ?? '', text(subnet?.values, 'ip_cidr_range'));
}

function subnetLink(side: Side, nic: Values, near: Values): string | undefined {
  return linkTo(side, text(nic, 'subnetwork'), SUBNETS, near);
}

function templateValues(side: Side, machine: Resource): Values | undefined {
  return resourceNamed(side, text(machine.values, 'source_instance_template'), TEMPLATES)?.values;
}

function machineOf(side: Side, vm: Resource, template?: Values): Json {
  const { values } = vm;
  const nics = blocks(values, 'network_interface');
  const from = (key: string) => (values[key] === undefined || values[key] === null ? template : values);
  return filled({
    ...named(vm),
    status:
      text(values, 'current_status') ?? (text(values, 'desired_status') === 'TERMINATED' ? 'TERMINATED' : 'RUNNING'),
    canIpForward: flag(values, 'can_ip_forward') ?? flag(template, 'can_ip_forward') ?? false,
    tags: { items: texts(from('tags'), 'tags') },
    params: ownTags(side, vm),
    serviceAccounts: [
      ...blocks(values, 'service_account'),
      ...(template === undefined ? [] : blocks(template, 'service_account')),
    ]
      .slice(0, 1)
      .flatMap((account) => (text(account, 'email') === undefined ? [] : [{ email: text(account, 'email') }])),
    networkInterfaces: (nics.length > 0 ? nics : blocks(template, 'network_interface')).map((nic, i) =>
      interfaceOf(side, vm, nic, i),
    ),
  });
}

function interfaceOf(side: Side, vm: Resource, nic: Values, index: number): Json {
  const subnetwork = subnetLink(side, nic, vm.values);
  const subnet = resourceNamed(side, subnetwork, SUBNETS);
  const network = networkLink(side, subnet?.values) ?? linkTo(side, text(nic, 'network'), NETWORKS, vm.values);
  // A network without a subnet named: the one of the VM's region.
  const region = regionOf(vm);
  const near =
    subnet ??
    (subnetwork === undefined
      ? side.all(...SUBNETS).find((one) => networkLink(side, one.values) === network && regionOf(one) === region)
      : undefined);
  const auto =
    near === undefined && subnetwork === undefined
      ? autoSubnet(resourceNamed(side, network, NETWORKS), region)
      : undefined;
  const owner = partOf(vm.id, `nic${index}`);
  const home = near === undefined ? auto?.link : selfLink(near);
  const range = near === undefined ? auto?.cidr : text(near.values, 'ip_cidr_range');
  const known = text(nic, 'network_ip');
  const address =
    known !== undefined && unknownIn(known) === undefined
      ? known
      : side.madeUp.private(owner, home ?? subnetwork ?? '', range);
  if (address === undefined && isChanged(vm.instance))
    side.lacks(
      `the subnet of ${vm.instance.address}: neither the plan nor a data source holds ${lastOf(subnetwork ?? network) ?? 'it'}`,
      'gcloud compute networks subnets list --format=json',
    );
  return filled({
    name: text(nic, 'name') ?? `nic${index}`,
    network,
    subnetwork: subnetwork ?? home,
    networkIP: address,
    accessConfigs: blocks(nic, 'access_config').map((config) => ({
      natIP: outsideOf(side, text(config, 'nat_ip'), owner),
    })),
    aliasIpRanges: blocks(nic, 'alias_ip_range').map((range_) => ({ ipCidrRange: text(range_, 'ip_cidr_range') })),
    ipv6Address: text(nic, 'ipv6_address'),
    ipv6AccessConfigs: blocks(nic, 'ipv6_access_config').map((config) => ({
      externalIpv6: text(config, 'external_ipv6'),
    })),
  });
}

/** An external address: given, of a reserved one, or Google's choice. */
function outsideOf(side: Side, word: string | undefined, owner: string): string {
  const dark = unknownIn(word);
  if (word !== undefined && dark === undefined) return word;
  const reserved = side
    .managed('google_compute_address')
    .find(
      ({ instance }) =>
        dark !== undefined &&
        dark.split(', ').some((one) => one === instance.address || one.startsWith(`${instance.address}.`)),
    );
  return reserved === undefined ? side.madeUp.public(owner) : (addressOf(side, reserved) ?? side.madeUp.public(owner));
}

/** One VM stands for all that a managed group makes. */
function managed(side: Side, manager: Resource): Json[] {
  const { instance, values } = manager;
  if (number(values, 'target_size') === 0) return [];
  if (side.isOver && instance.before !== null) {
    if (isChanged(instance))
      side.lacks(`what changes for the VMs of ${instance.address} that the snapshot holds`, null);
    return [];
  }
  const [version] = blocks(values, 'version');
  const word = text(version, 'instance_template') ?? text(values, 'instance_template');
  const template = resourceNamed(side, word, TEMPLATES);
  if (template === undefined) {
    if (isChanged(instance)) side.lacks(`the instance template of ${instance.address}`, null);
    return [];
  }
  if (isChanged(instance) || isChanged(template.instance))
    side.lacks(`the VMs of ${instance.address}, made after apply: one stands for them`, null);
  return [
    machineOf(side, {
      instance,
      id: memberOf(manager),
      values: {
        ...template.values,
        name: text(values, 'base_instance_name') ?? instance.name,
        self_link: memberOf(manager),
        zone: values['zone'],
        region: values['region'],
      },
    }),
  ];
}

function memberOf(manager: Resource): string {
  return partOf(selfLink(manager), 'vm');
}

/** Who is in which group: of the groups that list their VMs, and of managed ones. */
function groups(side: Side): Listing[] {
  const lists = side.managed('google_compute_instance_group');
  const members = (name: string, instances: readonly (string | undefined)[]): Listing => ({
    kind: 'instanceGroupMembers',
    request: { instanceGroup: name },
    records: instances.flatMap((one) => (one === undefined ? [] : [{ instance: one, status: 'RUNNING' }])),
    complete: true,
  });
  const ports = (values: Values) =>
    blocks(values, 'named_port').map((one) => ({ name: text(one, 'name'), port: number(one, 'port') }));
  return [
    {
      kind: 'instanceGroup',
      records: [...lists, ...side.managed(...MANAGERS)].map((group) => ({
        ...named(group),
        network: networkLink(side, group.values),
        namedPorts: ports(group.values),
      })),
    },
    ...lists.map((group) =>
      members(
        text(group.values, 'name') ?? group.instance.name,
        texts(group.values, 'instances').map((one) => linkTo(side, one, MACHINES)),
      ),
    ),
    ...side
      .managed(...MANAGERS)
      .map((manager) => members(text(manager.values, 'name') ?? manager.instance.name, [memberOf(manager)])),
  ];
}
