/** Random small Azure estates as raw documents, the same for the same seed: what the laws are tried on. */
import type { Random } from '../random.ts';
import { type Json, idOf, ip, nsg, peering, routes, vm, vnet } from './estate.ts';

export interface RandomEstate {
  readonly resources: readonly Json[];
  /** Names of the machines, with their network, subnet and address. */
  readonly machines: readonly {
    readonly name: string;
    readonly vnet: number;
    readonly subnet: string;
    readonly address: string;
  }[];
}

const PORTS = ['*', '22', '80', '22-80', '443'];
const PROTOCOLS = ['Tcp', 'Udp', 'any', 'Tcp', 'Icmp'];

/** Networks 10.0.0.0/16, 10.1.0.0/16 ... of two subnets each; `simple` leaves out what forwards, translates or balances. */
export function randomEstate(r: Random, simple = false): RandomEstate {
  const count = 1 + r.below(3);
  const prefix = () => r.pick(['*', 'VirtualNetwork', 'Internet', ...ranges(count, r)]);
  const rule = (priority: number) => {
    const protocol = r.pick(PROTOCOLS);
    // Ports with any protocol leave ICMP open, and ICMP has none.
    const port = protocol === 'Tcp' || protocol === 'Udp' ? r.pick(PORTS) : '*';
    return `${priority} ${r.pick(['in', 'out'])} ${r.pick(['Allow', 'Deny'])} ${protocol} ${port} from ${prefix()} to ${prefix()}`;
  };
  const groups = Array.from({ length: 3 }, (_, i) =>
    nsg(`g${i}`, ...Array.from({ length: r.below(5) }, (__, k) => rule(100 + 10 * k))),
  );
  const hops = ['None', 'VnetLocal', ...(simple ? [] : ['VirtualAppliance 10.0.2.9', 'VirtualAppliance 10.0.2.77'])];
  const tables = Array.from({ length: 2 }, (_, i) => {
    // A table has each prefix once.
    const prefixes = new Set(Array.from({ length: 1 + r.below(2) }, () => r.pick(ranges(count, r))));
    return routes(`t${i}`, ...[...prefixes].map((range) => `${range} ${r.pick(hops)}`));
  });
  const attached = (name: string, of: number, chance: number) =>
    r.chance(chance) ? { [name]: `${name === 'nsg' ? 'g' : 't'}${r.below(of)}` } : {};
  const flags = Array.from({ length: count }, () => ({
    isThere: r.chance(0.7),
    access: r.chance(0.8),
    forwarded: r.chance(0.5),
    isConnected: r.chance(0.85),
  }));
  // Network i and the next one are joined by peering i.
  const joins = (i: number) =>
    [
      { to: i + 1, by: flags[i] },
      { to: i - 1, by: flags[i - 1] },
    ].flatMap(({ to, by }) => (to < 0 || to >= count || by === undefined || !by.isThere ? [] : [{ to, by }]));
  const vnets = Array.from({ length: count }, (_, i) =>
    vnet(
      `v${i}`,
      `10.${i}.0.0/16`,
      Object.fromEntries(
        ['a', 'b'].map((name, k) => [
          name,
          {
            range: `10.${i}.${k + 1}.0/24`,
            ...attached('nsg', 3, 0.6),
            ...attached('table', 2, 0.3),
            ...(simple || r.chance(0.7) ? {} : { nat: 'nat' }),
            ...(r.chance(0.7) ? {} : { defaultOutboundAccess: false }),
          },
        ]),
      ),
      joins(i).map(({ to, by }) =>
        peering(`v${to}`, `10.${to}.0.0/16`, {
          peeringState: by.isConnected ? 'Connected' : 'Disconnected',
          allowVirtualNetworkAccess: by.access,
          allowForwardedTraffic: by.forwarded,
        }),
      ),
    ),
  );
  const machines = Array.from({ length: count }, (_, i) => i).flatMap((i) =>
    ['a', 'b'].flatMap((subnet, k) =>
      Array.from({ length: 1 + r.below(2) }, (_, m) => ({
        name: `m${i}${subnet}${m}`,
        vnet: i,
        subnet,
        address: `10.${i}.${k + 1}.${4 + m}`,
      })),
    ),
  );
  const pool = `${idOf('loadBalancers', 'lb')}/backendAddressPools/p`;
  const hosts = machines.flatMap(({ name, vnet: at, subnet, address }, i) =>
    vm(name, `v${at}/${subnet}`, address, {
      ...(r.chance(0.4) ? { nsg: `g${r.below(3)}` } : {}),
      ...(!simple && r.chance(0.4) ? { ip: `ip${i}` } : {}),
      ...(!simple && at === 0 && r.chance(0.4) ? { pools: [pool] } : {}),
    }),
  );
  const extra = simple
    ? []
    : [
        ...machines.map((_, i) => ip(`ip${i}`, `20.1.1.${i + 1}`, r.pick(['Standard', 'Basic']))),
        ip('natip', '20.1.2.1'),
        {
          id: idOf('natGateways', 'nat'),
          name: 'nat',
          type: 'Microsoft.Network/natGateways',
          publicIpAddresses: [{ id: idOf('publicIPAddresses', 'natip') }],
        },
        ...vm('nva', 'v0/b', '10.0.2.9', { forwards: r.chance(0.8) }),
        balancer(pool, r),
      ];
  return { resources: [...vnets, ...groups, ...tables, ...hosts, ...extra], machines };
}

/** Ranges that meet the networks at every level: whole, subnet, half a subnet, one machine. */
function ranges(count: number, r: Random): string[] {
  const [i, k] = [r.below(count), 1 + r.below(2)];
  return [`10.${i}.0.0/16`, `10.${i}.${k}.0/24`, `10.${i}.${k}.4/31`, `10.${i}.${k}.4`, '10.0.0.0/8'];
}

function balancer(pool: string, r: Random): Json {
  const id = idOf('loadBalancers', 'lb');
  const frontend = `${id}/frontendIPConfigurations/f`;
  return {
    id,
    name: 'lb',
    type: 'Microsoft.Network/loadBalancers',
    sku: { name: 'Standard' },
    frontendIPConfigurations: [
      {
        id: frontend,
        name: 'f',
        privateIPAddress: '10.0.2.100',
        subnet: { id: `${idOf('virtualNetworks', 'v0')}/subnets/b` },
      },
    ],
    backendAddressPools: [{ id: pool, name: 'p' }],
    loadBalancingRules: [
      {
        name: 'r',
        frontendIPConfiguration: { id: frontend },
        backendAddressPool: { id: pool },
        ...(r.chance(0.5) ? { probe: { id: `${id}/probes/h` } } : {}),
        protocol: 'Tcp',
        frontendPort: 80,
        backendPort: r.pick([80, 22]),
        disableOutboundSnat: true,
      },
    ],
    probes: [{ id: `${id}/probes/h`, name: 'h', protocol: 'Tcp', port: 80 }],
  };
}
