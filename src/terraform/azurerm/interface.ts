/**
 * Network interfaces, machines, scale sets and public addresses. One machine stands for all of a scale set, which are alike.
 * Sources: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/network_interface,
 * .../linux_virtual_machine, .../linux_virtual_machine_scale_set, .../public_ip
 */
import type { Family } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, block, blocks, filled, flag, number, text, texts, unknownIn } from '../values.ts';
import { NET, armIds, named, reference, references, same } from './common.ts';

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
    const sets = side.managed(...SCALE_SETS).flatMap((set) => scaleSet(side, set));
    return [
      { kind: `${NET}/networkinterfaces`, records: nics.map((nic) => nicOf(side, nic, machines)), complete: true },
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
  const linked = (type: string, key: string) =>
    side.naming(type, 'nat_gateway_id', nat.id).flatMap(({ values }) => text(values, key) ?? []);
  return {
    ...named(nat),
    sku: { name: text(nat.values, 'sku_name') ?? 'Standard' },
    publicIpAddresses: references(linked('azurerm_nat_gateway_public_ip_association', 'public_ip_address_id')),
    publicIpPrefixes: references(linked('azurerm_nat_gateway_public_ip_prefix_association', 'public_ip_prefix_id')),
  };
}

function nicOf(side: Side, nic: Resource, machines: readonly Resource[]): Json {
  const { id, values } = nic;
  const vm = machines.find((one) => texts(one.values, 'network_interface_ids').some((own) => same(own, id)));
  const group = text(
    side.naming(`${NIC}_security_group_association`, 'network_interface_id', id)[0]?.values,
    'network_security_group_id',
  );
  const applications = side
    .naming(`${NIC}_application_security_group_association`, 'network_interface_id', id)
    .flatMap((one) => text(one.values, 'application_security_group_id') ?? []);
  const pools = side.naming(`${NIC}_backend_address_pool_association`, 'network_interface_id', id);
  return filled({
    ...named(nic),
    enableIPForwarding: flag(values, 'ip_forwarding_enabled') ?? flag(values, 'enable_ip_forwarding') ?? false,
    // Older plugins had the group as an attribute, which now only mirrors the association.
    networkSecurityGroup: reference(
      group ??
        (side
          .either(`${NIC}_security_group_association`)
          .some((one) => same(text(one.values, 'network_interface_id'), id))
          ? undefined
          : text(values, 'network_security_group_id')),
    ),
    virtualMachine: reference(vm?.id ?? text(values, 'virtual_machine_id')),
    ipConfigurations: blocks(values, 'ip_configuration').map((one, i) =>
      configurationOf(side, id, one, i, {
        applications,
        pools: pools
          .filter((pool) => [undefined, text(one, 'name')].includes(text(pool.values, 'ip_configuration_name')))
          .flatMap((pool) => text(pool.values, 'backend_address_pool_id') ?? []),
        outside: text(one, 'public_ip_address_id'),
      }),
    ),
  });
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
  if (count === 0 || (side.isOver && set.instance.before !== null)) return [];
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
