/** A small network by hand: two subnets, a public and a dual-stack host, names that clash, a group, a tag. */
import { NetworkBuilder } from '../../src/model/builder.ts';
import type { InterfaceAddress, Network, Place, Standing } from '../../src/model/network.ts';
import { formatAddress, parseAddress, parseCidr } from '../../src/net/address.ts';

export const at = (text: string): bigint => parseAddress(text)!;
export const span = (text: string) => parseCidr(text)!;

const origin = (id: string, kind: string, name?: string) => ({
  provider: 'test',
  kind,
  id,
  ...(name === undefined ? {} : { name }),
  file: `${kind}.json`,
  pointer: `/${id}`,
});

const SUBNETS: Readonly<Record<string, string>> = { 'subnet-a': '10.0.0.0/24', 'subnet-b': '10.0.1.0/24' };

interface HostSpec {
  readonly id: string;
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Interface id to its addresses, "private" or "private public". */
  readonly interfaces: Readonly<Record<string, readonly string[]>>;
}

const HOSTS: readonly HostSpec[] = [
  { id: 'i-web1', name: 'web-1', tags: { Env: 'prod' }, interfaces: { 'if-web1': ['10.0.0.10 198.51.100.10'] } },
  { id: 'i-web2', name: 'web-2', tags: { Env: 'prod' }, interfaces: { 'if-web2': ['10.0.0.11'] } },
  { id: 'i-db', name: 'db', interfaces: { 'if-db0': ['10.0.1.20', '10.0.1.21'], 'if-db1': ['10.0.0.20'] } },
  { id: 'i-dual', name: 'dual', interfaces: { 'if-dual': ['10.0.1.30', '2600:1f18::30'] } },
  { id: 'i-six', name: 'six', interfaces: { 'if-six': ['2600:1f18::66'] } },
  { id: 'i-twin1', name: 'twin', interfaces: { 'if-twin1': ['10.0.1.41'] } },
  { id: 'i-twin2', name: 'twin', interfaces: { 'if-twin2': ['10.0.1.42'] } },
  { id: 'i-odd', name: 'svc:443', interfaces: { 'if-odd': ['10.0.1.50'] } },
];

export function estate(): Network {
  const b = new NetworkBuilder();
  for (const host of HOSTS) {
    const ids = Object.keys(host.interfaces);
    b.node(host.id, () => ({
      id: host.id,
      origin: origin(host.id, 'machine', host.name),
      role: 'endpoint',
      interfaces: ids,
    }));
    b.place(
      host.id,
      host.name === undefined ? [] : [host.name],
      (): Place => ({
        id: host.id,
        origin: origin(host.id, 'machine', host.name),
        aliases: host.name === undefined ? [] : [host.name],
        ...(host.tags === undefined ? {} : { tags: host.tags }),
        interfaces: ids,
      }),
    );
    for (const [id, texts] of Object.entries(host.interfaces)) {
      const addresses = texts.map((text, i): InterfaceAddress => {
        const [inside, outside] = text.split(' ');
        return {
          address: at(inside!),
          ...(outside === undefined ? {} : { public: at(outside) }),
          ...(i === 0 ? { primary: true } : {}),
        };
      });
      b.interface(id, () => ({
        id,
        origin: origin(id, 'interface'),
        node: host.id,
        addresses,
        steps: [],
        table: 'table',
      }));
      b.place(id, host.name === undefined ? [] : [host.name], () => ({
        id,
        origin: origin(id, 'interface', host.name),
        aliases: [],
        interfaces: [id],
        partOf: host.id,
      }));
      for (const one of addresses) {
        b.owner(one.address, id);
        if (one.public !== undefined) {
          b.owner(one.public, id);
          b.publicOwner(one.public, id);
        }
      }
    }
  }
  const standing = (subnet: string, address: bigint): Standing => {
    const id = `host:${formatAddress(address)}@${subnet}`;
    return {
      origin: origin(subnet, 'subnet'),
      interface: id,
      adds: {
        node: { id: `node:${id}`, origin: origin(id, 'host'), role: 'endpoint', interfaces: [id] },
        interface: {
          id,
          origin: origin(id, 'host'),
          node: `node:${id}`,
          addresses: [{ address, primary: true }],
          steps: [],
          table: 'table',
        },
        link: `lan:${subnet}`,
      },
    };
  };
  b.standing((address) =>
    Object.entries(SUBNETS).flatMap(([id, cidr]) => {
      const [lo, end] = span(cidr);
      return lo <= address && address < end ? [standing(id, address)] : [];
    }),
  );
  b.place('subnet-a', ['front'], () => ({
    id: 'subnet-a',
    origin: origin('subnet-a', 'subnet', 'front'),
    aliases: [],
    interfaces: [],
    members: ['if-web1', 'if-web2', 'if-db1'],
  }));
  b.place('subnet-empty', [], () => ({
    id: 'subnet-empty',
    origin: origin('subnet-empty', 'subnet'),
    aliases: [],
    tags: { Only: 'group' },
    interfaces: [],
    members: [],
  }));
  b.place('group-web', [], () => ({
    id: 'group-web',
    origin: origin('group-web', 'group'),
    aliases: [],
    tags: { Team: 'web' },
    interfaces: [],
    members: ['if-web1', 'if-web2'],
  }));
  return b.build();
}
