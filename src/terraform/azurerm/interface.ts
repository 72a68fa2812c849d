/**
 * Network interfaces, machines, scale sets and public addresses. One machine stands for all of a scale set, which are alike.
 * Sources: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/network_interface,
 * .../linux_virtual_machine, .../linux_virtual_machine_scale_set, .../public_ip
 */
import type { Family } from '../family.ts';
import { type Resource, type Side, isChanged } from '../side.ts';
import { type Json, type Values, block, blocks, filled, flag, number, text, texts, unknownIn } from '../values.ts';
import { NET, armIds, fieldsOf, isBelow, named, reference, references, same, withFields } from './common.ts';

const NIC = 'azurerm_network_interface';
const MACHINES = ['azurerm_linux_virtual_machine', 'azurerm_windows_virtual_machine', 'azurerm_virtual_machine'];
const SCALE_SETS = [
  'azurerm_linux_virtual_machine_scale_set',
  'azurerm_windows_virtual_machine_scale_set',
  'azurerm_orchestrated_virtual_machine_scale_set',
  'azurerm_virtual_machine_scale_set',
];
const SCALE_SET_NIC = 'microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces';

export const interfaceFamily: Family = {
  types: [
    NIC,
    ...MACHINES,
    ...SCALE_SETS,
    'azurerm_public_ip',
    'azurerm_public_ip_prefix',
    'azurerm_nat_gateway',
    'azurerm_nat_gateway_public_ip_association',
    'azurerm_nat_gateway_public_ip_prefix_association',
    `${NIC}_security_group_association`,
    `${NIC}_application_security_group_association`,
    `${NIC}_backend_address_pool_association`,
    `${NIC}_nat_rule_association`,
  ],
  ids: armIds(NIC, ...MACHINES, ...SCALE_SETS, 'azurerm_public_ip', 'azurerm_public_ip_prefix', 'azurerm_nat_gateway'),
  read: (side) => {
    const machines = side.managed(...MACHINES);
    const nics = side.managed(NIC);
    for (const { values } of nics)
      for (const one of blocks(values, 'ip_configuration'))
        side.madeUp.use(text(one, 'subnet_id')?.toLowerCase() ?? '', text(one, 'private_ip_address'));
    for (const set of side.absent(...SCALE_SETS))
      for (const kind of [SCALE_SET_NIC, `${NET}/networkinterfaces`])
        for (const { id } of side.listed(kind)) if (typeof id === 'string' && isBelow(id, set.id)) side.amended.add(id);
    const sets = side.managed(...SCALE_SETS).flatMap((set) => scaleSet(side, set));
    return [
      {
        kind: `${NET}/networkinterfaces`,
        records: [
          ...nics.map((nic) => nicOf(side, nic, machines)),
          ...side.all(NIC).flatMap((nic) => (nic.existing === undefined ? [] : amendedNic(side, nic, nic.existing))),
        ],
        complete: true,
      },
      { kind: SCALE_SET_NIC, records: sets.map(({ nic }) => nic) },
      {
        kind: `${NET}/publicipaddresses`,
        records: [
          ...side.all('azurerm_public_ip').flatMap((one) => addressOf(side, one)),
          ...sets.flatMap(({ addresses }) => addresses),
        ],
        complete: true,
      },
      {
        kind: `${NET}/publicipprefixes`,
        records: side.managed('azurerm_public_ip_prefix').map((prefix) => ({
          ...named(prefix),
          ipPrefix: text(prefix.values, 'ip_prefix') ?? `${side.madeUp.public(prefix.id)}/32`,
        })),
      },
      { kind: `${NET}/natgateways`, records: side.managed('azurerm_nat_gateway').map((nat) => natGateway(side, nat)) },
      {
        kind: 'microsoft.compute/virtualmachines',
        records: machines.map((vm) => ({
          ...named(vm),
          networkProfile: { networkInterfaces: references(texts(vm.values, 'network_interface_ids')) },
        })),
      },
    ];
  },
};

function addressOf(side: Side, address: Resource): Json[] {
  if (address.existing !== undefined) return [];
  const { id, values } = address;
  const known = text(values, 'ip_address');
  const isSix = text(values, 'ip_version') === 'IPv6';
  return [
    filled({
      ...named(address),
      sku: { name: text(values, 'sku') ?? 'Standard' },
      publicIPAddressVersion: isSix ? 'IPv6' : 'IPv4',
      ipAddress:
        known !== undefined && unknownIn(known) === undefined
          ? known
          : isSix
            ? side.madeUp.host6(id, side.madeUp.network6(id))
            : side.madeUp.public(id),
    }),
  ];
}

function natGateway(side: Side, nat: Resource): Json {
  const recorded = side.recorded(`${NET}/natgateways`, nat.id);
  const linked = (type: string, key: string, field: string) => {
    const ever = side
      .either(type)
      .filter(({ values }) => same(text(values, 'nat_gateway_id'), nat.id))
      .flatMap(({ values }) => text(values, key)?.toLowerCase() ?? []);
    return [
      ...referencesOfOthers(recorded === undefined ? undefined : fieldsOf(recorded), field, new Set(ever)),
      ...side.naming(type, 'nat_gateway_id', nat.id).flatMap(({ values }) => text(values, key) ?? []),
    ];
  };
  return {
    ...named(nat),
    sku: { name: text(nat.values, 'sku_name') ?? 'Standard' },
    publicIpAddresses: references(
      linked('azurerm_nat_gateway_public_ip_association', 'public_ip_address_id', 'publicIpAddresses'),
    ),
    publicIpPrefixes: references(
      linked('azurerm_nat_gateway_public_ip_prefix_association', 'public_ip_prefix_id', 'publicIpPrefixes'),
    ),
  };
}

/** What the plan's associations, of its own resources, bind to an interface on this side, and whether they ever did. */
function boundTo(side: Side, id: string) {
  const links = (type: string, key: string) => ({
    now: side.naming(`${NIC}_${type}_association`, 'network_interface_id', id),
    ever: new Set(
      side
        .either(`${NIC}_${type}_association`)
        .filter(({ values }) => same(text(values, 'network_interface_id'), id))
        .flatMap(({ values }) => text(values, key)?.toLowerCase() ?? []),
    ),
  });
  return {
    groups: links('security_group', 'network_security_group_id'),
    applications: links('application_security_group', 'application_security_group_id'),
    pools: links('backend_address_pool', 'backend_address_pool_id'),
  };
}

/** References that others made, without those that the plan's associations are mirrored in. */
function referencesOfOthers(fields: Values | undefined, key: string, ever: ReadonlySet<string>): string[] {
  return blocks(fields, key)
    .flatMap((one) => text(one, 'id') ?? [])
    .filter((one) => !ever.has(one.toLowerCase()));
}

function nicOf(side: Side, nic: Resource, machines: readonly Resource[]): Json {
  const { id, values } = nic;
  const vm = machines.find((one) => texts(one.values, 'network_interface_ids').some((own) => same(own, id)));
  const { groups, applications, pools } = boundTo(side, id);
  const recorded = side.recorded(`${NET}/networkinterfaces`, id);
  const others = recorded === undefined ? undefined : fieldsOf(recorded);
  const configurations = blocks(others, 'ipConfigurations');
  const [group] = groups.now.flatMap((one) => text(one.values, 'network_security_group_id') ?? []);
  // Older plugins had the group as an attribute, which now only mirrors the association.
  const own = text(values, 'network_security_group_id') ?? text(blocks(others, 'networkSecurityGroup')[0], 'id');
  return filled({
    ...named(nic),
    enableIPForwarding: flag(values, 'ip_forwarding_enabled') ?? flag(values, 'enable_ip_forwarding') ?? false,
    networkSecurityGroup: reference(group ?? (groups.ever.size > 0 ? undefined : own)),
    virtualMachine: reference(vm?.id ?? text(values, 'virtual_machine_id')),
    ipConfigurations: blocks(values, 'ip_configuration').map((one, i) => {
      const known = configurations.find((other) => same(text(other, 'name'), text(one, 'name')));
      const rest = known === undefined ? undefined : fieldsOf({ ...known });
      const bound = (links: typeof pools, key: string, field: string) => [
        ...referencesOfOthers(rest, field, links.ever),
        ...links.now
          .filter((link) => [undefined, text(one, 'name')].includes(text(link.values, 'ip_configuration_name')))
          .flatMap((link) => text(link.values, key) ?? []),
      ];
      return configurationOf(side, id, one, i, {
        applications: bound(applications, 'application_security_group_id', 'applicationSecurityGroups'),
        pools: bound(pools, 'backend_address_pool_id', 'loadBalancerBackendAddressPools'),
        outside: text(one, 'public_ip_address_id'),
      });
    }),
  });
}

/** An interface of the snapshot with what the plan's associations bind to it, and without what they take away. */
function amendedNic(side: Side, { id }: Resource, existing: Json): Json[] {
  const { groups, applications, pools } = boundTo(side, id);
  if (groups.ever.size + applications.ever.size + pools.ever.size === 0) return [];
  side.amended.add(id);
  const fields = fieldsOf(existing);
  const [group] = groups.now.flatMap((one) => text(one.values, 'network_security_group_id') ?? []);
  return [
    withFields(existing, {
      ...(groups.ever.size === 0 ? {} : { networkSecurityGroup: reference(group) ?? null }),
      ipConfigurations: blocks(fields, 'ipConfigurations').map((one) => {
        const own = fieldsOf({ ...one });
        const bound = (links: typeof pools, key: string, field: string) =>
          references([
            ...referencesOfOthers(own, field, links.ever),
            ...links.now
              .filter((link) => [undefined, text(one, 'name')].includes(text(link.values, 'ip_configuration_name')))
              .flatMap((link) => text(link.values, key) ?? []),
          ]);
        return withFields(
          { ...one },
          {
            applicationSecurityGroups: bound(
              applications,
              'application_security_group_id',
              'applicationSecurityGroups',
            ),
            loadBalancerBackendAddressPools: bound(pools, 'backend_address_pool_id', 'loadBalancerBackendAddressPools'),
          },
        );
      }),
    }),
  ];
}

interface Memberships {
  readonly applications: readonly string[];
  readonly pools: readonly string[];
  readonly outside: string | undefined;
}

function configurationOf(side: Side, nic: string, one: Values, index: number, member: Memberships): Json {
  const subnet = text(one, 'subnet_id');
  const name = text(one, 'name') ?? String(index);
  const known = text(one, 'private_ip_address');
  const isSix = text(one, 'private_ip_address_version') === 'IPv6';
  const range = rangesOf(side, subnet).find((cidr) => cidr.includes(':') === isSix);
  const owner = `${nic}/ipConfigurations/${name}`;
  const made = isSix ? side.madeUp.host6(owner, range) : side.madeUp.private(owner, subnet?.toLowerCase() ?? '', range);
  const address = known !== undefined && unknownIn(known) === undefined ? known : made;
  if (address === undefined && subnet !== undefined && unknownIn(subnet) === undefined)
    side.lacks(`subnet ${subnet}, where ${nic} stands`, `az network vnet subnet show --ids ${subnet} -o json`);
  return filled({
    id: owner,
    name,
    primary: flag(one, 'primary') ?? index === 0,
    privateIPAddress: address,
    privateIPAddressVersion: isSix ? 'IPv6' : 'IPv4',
    subnet: reference(subnet),
    publicIPAddress: reference(member.outside),
    applicationSecurityGroups: references(member.applications),
    loadBalancerBackendAddressPools: references(member.pools),
  });
}

/** The ranges of a subnet: of its own resource, inline in its network, or of the snapshot. */
export function rangesOf(side: Side, subnet: string | undefined): readonly string[] {
  if (subnet === undefined) return [];
  const own = side.all('azurerm_subnet').find(({ id }) => same(id, subnet));
  if (own !== undefined) return prefixesIn(own.values);
  for (const vnet of side.all('azurerm_virtual_network')) {
    const { existing } = vnet;
    const fields = existing === undefined ? undefined : ((existing['properties'] as Values | undefined) ?? existing);
    for (const one of [...blocks(vnet.values, 'subnet'), ...blocks(fields, 'subnets')]) {
      const id = text(one, 'id') ?? `${vnet.id}/subnets/${text(one, 'name') ?? ''}`;
      if (same(id, subnet)) return prefixesIn({ ...one, ...(one['properties'] as Values | undefined) });
    }
  }
  return [];
}

function prefixesIn(values: Values): string[] {
  return ['address_prefix', 'addressPrefix']
    .flatMap((key) => text(values, key) ?? [])
    .concat(['address_prefixes', 'addressPrefixes'].flatMap((key) => texts(values, key)));
}

/** The first machine of a scale set, with the public address that each of them gets. */
function scaleSet(side: Side, set: Resource): { nic: Json; addresses: Json[] }[] {
  const { id, values } = set;
  const count =
    number(values, 'instances') ?? number(values, 'sku_capacity') ?? number(block(values, 'sku'), 'capacity') ?? 1;
  if (count === 0) return [];
  if (side.isOver && set.instance.before !== null) {
    if (isChanged(set.instance))
      side.lacks(`what changes for the machines of ${set.instance.address} that the snapshot holds`, null);
    return [];
  }
  const machine = `${id}/virtualMachines/0`;
  return [...blocks(values, 'network_interface'), ...blocks(values, 'network_profile')].map((nic, n) => {
    const name = text(nic, 'name') ?? `nic${n}`;
    const nicId = `${machine}/networkInterfaces/${name}`;
    const addresses: Json[] = [];
    const configurations = blocks(nic, 'ip_configuration').map((one, i) => {
      const asked = block(one, 'public_ip_address') ?? block(one, 'public_ip_address_configuration');
      const outside =
        asked === undefined
          ? undefined
          : `${nicId}/ipConfigurations/${text(one, 'name') ?? i}/publicIPAddresses/${text(asked, 'name') ?? 'public'}`;
      if (outside !== undefined)
        addresses.push({
          id: outside,
          name: 'public',
          sku: { name: 'Standard' },
          ipAddress: side.madeUp.public(outside),
        });
      return configurationOf(side, nicId, one, i, {
        applications: texts(one, 'application_security_group_ids'),
        pools: texts(one, 'load_balancer_backend_address_pool_ids'),
        outside,
      });
    });
    return {
      nic: filled({
        id: nicId,
        name,
        location: text(values, 'location'),
        enableIPForwarding:
          flag(nic, 'ip_forwarding_enabled') ??
          flag(nic, 'enable_ip_forwarding') ??
          flag(nic, 'ip_forwarding') ??
          false,
        networkSecurityGroup: reference(text(nic, 'network_security_group_id')),
        virtualMachine: reference(machine),
        ipConfigurations: configurations,
      }),
      addresses,
    };
  });
}
