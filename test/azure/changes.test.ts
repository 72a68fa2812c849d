/** Fixes are walked again before they are offered, and told as people make them: portal, az, Terraform. */
import { describe, expect, test } from 'vitest';
import { type Json, idOf, ip, nsg, reach, routes, vm, vnet } from './estate.ts';

const net = (a: Json = {}, b: Json = {}) =>
  vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24', ...a }, b: { range: '10.0.2.0/24', ...b } });
const pair = [vm('one', 'v/a', '10.0.1.4'), vm('two', 'v/b', '10.0.2.4')];

async function fixOf(estate: readonly (Json | readonly Json[])[], src: string, dst: string, more?: readonly unknown[]) {
  const { verdict, fixes, blockers } = await reach(estate, src, dst, more);
  return {
    verdict,
    outcome: fixes.outcome,
    warning: fixes.warning,
    commands: fixes.changes.map(({ steps }) => steps?.command),
    terraform: fixes.changes.map(({ steps }) => steps?.terraform).join('\n'),
    texts: fixes.changes.map(({ text }) => text),
    blockers,
  };
}

describe('Azure fixes', () => {
  test('a rule gets a free priority before the one that denies', async () => {
    const fix = await fixOf(
      [net({}, { nsg: 'g' }), nsg('g', '199 in Allow Tcp 80 from * to *', '200 in Deny any * from * to *'), ...pair],
      'one',
      'two:22',
    );
    expect([fix.verdict, fix.outcome]).toEqual(['unreachable', 'reachable']);
    expect(fix.commands).toEqual([
      "az network nsg rule create --resource-group rg --subscription s --nsg-name g --name allow-tcp-22 --priority 198 --direction Inbound --access Allow --protocol Tcp --source-address-prefixes 10.0.1.4 --source-port-ranges '*' --destination-address-prefixes 10.0.2.4 --destination-port-ranges 22",
    ]);
    expect(fix.terraform).toContain('resource "azurerm_network_security_rule" "allow_tcp_22"');
    expect(fix.terraform).toContain('network_security_group_name = "g"');
  });

  test('both groups get a rule where both deny, and no more', async () => {
    const fix = await fixOf(
      [
        net({}, { nsg: 'g' }),
        nsg('g', '200 in Deny any * from * to *'),
        nsg('h', '200 in Deny any * from * to *'),
        vm('one', 'v/a', '10.0.1.4'),
        vm('two', 'v/b', '10.0.2.4', { nsg: 'h' }),
      ],
      'one',
      'two:22',
    );
    expect(fix.outcome).toBe('reachable');
    const groups = fix.commands.map((command) => /--nsg-name (\w)/.exec(command ?? '')?.[1] ?? '');
    expect(new Set(groups)).toEqual(new Set(['g', 'h']));
    expect(groups).toHaveLength(2);
  });

  test('what opens something to the internet says so', async () => {
    const fix = await fixOf(
      [
        net({}, { nsg: 'g' }),
        nsg('g'),
        vm('one', 'v/a', '10.0.1.4'),
        vm('two', 'v/b', '10.0.2.4', { ip: 'p' }),
        ip('p', '20.1.1.1'),
      ],
      'internet',
      'two:22',
    );
    expect(fix.outcome).toBe('reachable');
    expect(fix.warning).toMatch(/internet/);
    expect(fix.commands[0]).toContain('--source-address-prefixes Internet');
  });

  test('a Standard address without a group gets one', async () => {
    const fix = await fixOf(
      [net(), vm('two', 'v/b', '10.0.2.4', { ip: 'p' }), ip('p', '20.1.1.1')],
      'internet',
      'two:443',
    );
    expect(fix.outcome).toBe('reachable');
    expect(fix.commands[0]?.split('\n')).toHaveLength(3);
    expect(fix.commands[0]).toContain('az network nsg create --resource-group rg --subscription s --name nsg-b');
  });

  test('a route to None is replaced', async () => {
    const fix = await fixOf([net({ table: 't' }), routes('t', '10.0.2.0/24 None'), ...pair], 'one', 'two:22');
    expect(fix.outcome).toBe('reachable');
    expect(fix.commands).toEqual([
      'az network route-table route update --resource-group rg --subscription s --route-table-name t --name r0 --address-prefix 10.0.2.0/24 --next-hop-type VnetLocal',
    ]);
  });

  test('an appliance is made to forward, a machine is started', async () => {
    const fix = await fixOf(
      [
        vnet('v', '10.0.0.0/16', {
          a: { range: '10.0.1.0/24', table: 't' },
          b: { range: '10.0.2.0/24', table: 't' },
          c: { range: '10.0.3.0/24' },
        }),
        routes('t', '10.0.1.4/32 VirtualAppliance 10.0.3.9', '10.0.2.4/32 VirtualAppliance 10.0.3.9'),
        ...pair,
        vm('nva', 'v/c', '10.0.3.9'),
      ],
      'one',
      'two:22',
    );
    expect(fix.outcome).toBe('reachable');
    expect(fix.commands).toEqual([
      expect.stringMatching(/^az network nic update --ids \S+nva-nic --ip-forwarding true$/),
    ]);
    const [machine, nic] = vm('two', 'v/b', '10.0.2.4');
    const stopped = await fixOf(
      [net(), vm('one', 'v/a', '10.0.1.4'), { ...machine!, powerState: 'VM deallocated' }, nic!],
      'one',
      'two:22',
    );
    expect(stopped.commands).toEqual([expect.stringMatching(/^az vm start --ids /)]);
  });

  test('a private subnet gets a NAT gateway', async () => {
    const fix = await fixOf([net({ defaultOutboundAccess: false }), ...pair], 'one', '8.8.8.8:443');
    expect([fix.verdict, fix.outcome]).toEqual(['unreachable', 'reachable']);
    expect(fix.commands[0]).toContain('az network nat gateway create');
  });

  test('the probe of a balancer is let in', async () => {
    const pool = `${idOf('loadBalancers', 'lb')}/backendAddressPools/p`;
    const frontend = `${idOf('loadBalancers', 'lb')}/frontendIPConfigurations/f`;
    const probe = `${idOf('loadBalancers', 'lb')}/probes/h`;
    const balancer = (where: Json): Json => ({
      id: idOf('loadBalancers', 'lb'),
      name: 'lb',
      type: 'Microsoft.Network/loadBalancers',
      sku: { name: 'Standard' },
      frontendIPConfigurations: [{ id: frontend, name: 'f', ...where }],
      backendAddressPools: [{ id: pool, name: 'p' }],
      loadBalancingRules: [
        {
          name: 'r',
          frontendIPConfiguration: { id: frontend },
          backendAddressPool: { id: pool },
          probe: { id: probe },
          protocol: 'Tcp',
          frontendPort: 80,
          backendPort: 8080,
          disableOutboundSnat: true,
        },
      ],
      probes: [{ id: probe, name: 'h', protocol: 'Tcp', port: 8081 }],
    });
    const rest = [
      net({}, { nsg: 'g' }),
      nsg('g', '150 in Allow Tcp 8080 from * to *', '200 in Deny any * from * to *'),
      ip('p', '20.1.1.1'),
      vm('one', 'v/a', '10.0.1.4'),
      vm('two', 'v/b', '10.0.2.4', { pools: [pool] }),
    ];
    for (const [src, where] of [
      ['internet', { publicIPAddress: { id: idOf('publicIPAddresses', 'p') } }],
      ['one', { privateIPAddress: '10.0.2.100', subnet: { id: `${idOf('virtualNetworks', 'v')}/subnets/b` } }],
    ] as const) {
      const fix = await fixOf([...rest, balancer(where)], src, 'lb:80');
      expect([src, fix.verdict, fix.outcome]).toEqual([src, 'unreachable', 'reachable']);
      expect(fix.commands[0]).toContain(
        '--priority 199 --direction Inbound --access Allow --protocol Tcp --source-address-prefixes AzureLoadBalancer',
      );
    }
  });

  test('what cannot be mended says why', async () => {
    const fix = await fixOf(
      [net(), vnet('w', '10.1.0.0/16', { a: { range: '10.1.1.0/24' } }), ...pair, vm('far', 'w/a', '10.1.1.4')],
      'one',
      'far:22',
    );
    expect([fix.verdict, fix.outcome]).toEqual(['unreachable', 'none']);
    expect(fix.blockers[0]?.whyNoFix).toMatch(/Peer the networks/);
  });

  test('names that are shell commands stay one word', async () => {
    const evil = nsg("g'; rm -rf $(HOME) #${var}", '200 in Deny any * from * to *');
    const fix = await fixOf([net({}, { nsg: "g'; rm -rf $(HOME) #${var}" }), evil, ...pair], 'one', 'two:22');
    expect(fix.commands[0]).toContain(`--nsg-name 'g'\\''; rm -rf $(HOME) #\${var}' `);
    expect(fix.terraform).toContain('#$${var}"');
  });
});
