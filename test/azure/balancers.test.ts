/**
 * Load balancers: who gets what arrives, under which address members leave, who drops out.
 *
 * Proves: azure-balancer, relay.
 */
import { describe } from 'vitest';
import { type Json, idOf, ip, nsg, routes, vm, vnet } from './estate.ts';
import { check } from './table.ts';

const net = (b: Json = {}) =>
  vnet('v', '10.0.0.0/16', { a: { range: '10.0.1.0/24' }, b: { range: '10.0.2.0/24', ...b } });
const LB = idOf('loadBalancers', 'lb');
const FRONTEND = { id: `${LB}/frontendIPConfigurations/f` };
const POOL = `${LB}/backendAddressPools/p`;
const atPublic = { publicIPAddress: { id: idOf('publicIPAddresses', 'p') } };
const atPrivate = { privateIPAddress: '10.0.2.100', subnet: { id: `${idOf('virtualNetworks', 'v')}/subnets/b` } };
const balancer = (where: Json, rules: readonly Json[], more: Json = {}): Json => ({
  id: LB,
  name: 'lb',
  type: 'Microsoft.Network/loadBalancers',
  sku: { name: 'Standard' },
  frontendIPConfigurations: [{ ...FRONTEND, name: 'f', ...where }],
  backendAddressPools: [{ id: POOL, name: 'p' }],
  loadBalancingRules: rules.map((rule) => ({
    name: 'r',
    frontendIPConfiguration: FRONTEND,
    backendAddressPool: { id: POOL },
    protocol: 'Tcp',
    frontendPort: 80,
    backendPort: 80,
    disableOutboundSnat: true,
    ...rule,
  })),
  probes: [{ id: `${LB}/probes/h`, name: 'h', protocol: 'Tcp', port: 80 }],
  ...more,
});
const probed = { probe: { id: `${LB}/probes/h` } };
const open = nsg('g', '100 in Allow Tcp 80 from Internet to *', '110 in Allow Tcp 22 from Internet to *');
const address = ip('p', '20.1.1.1');
const two = vm('two', 'v/b', '10.0.2.4', { pools: [POOL] });
const three = (group: string) => vm('three', 'v/b', '10.0.2.5', { pools: [POOL], nsg: group });
const natRule = (more: Json): Json => ({
  id: `${LB}/inboundNatRules/n`,
  name: 'n',
  frontendIPConfiguration: FRONTEND,
  protocol: 'Tcp',
  frontendPort: 50001,
  backendPort: 22,
  ...more,
});
const configuration = `${idOf('networkInterfaces', 'two-nic')}/ipConfigurations/one`;

describe('Azure load balancers', () => {
  check([
    {
      title: 'an inbound NAT rule leads to one member',
      estate: [
        net({ nsg: 'g' }),
        open,
        address,
        balancer(atPublic, [], { inboundNatRules: [natRule({ backendIPConfiguration: { id: configuration } })] }),
        two,
      ],
      ask: ['internet 20.1.1.1:50001 reachable', 'internet 20.1.1.1:22 unreachable lb'],
    },
    {
      title: 'or as the interface says it',
      estate: [
        net({ nsg: 'g' }),
        open,
        address,
        balancer(atPublic, [], { inboundNatRules: [natRule({})] }),
        two.map((record) => ({
          ...record,
          ipConfigurations: (record['ipConfigurations'] as Json[] | undefined)?.map((one) => ({
            ...one,
            loadBalancerInboundNatRules: [{ id: `${LB}/inboundNatRules/n` }],
          })),
        })),
      ],
      ask: ['internet 20.1.1.1:50001 reachable'],
    },
    {
      title: 'to a member that is not in the snapshot',
      estate: [
        net({ nsg: 'g' }),
        open,
        address,
        balancer(atPublic, [], {
          inboundNatRules: [
            natRule({ backendIPConfiguration: { id: `${idOf('networkInterfaces', 'x')}/ipConfigurations/one` } }),
          ],
        }),
        two,
      ],
      ask: ['internet 20.1.1.1:50001 undetermined'],
    },
    {
      title: 'all members in service must answer',
      estate: [
        net({ nsg: 'g' }),
        open,
        nsg('h', '100 in Deny Tcp 80 from Internet to *'),
        address,
        balancer(atPublic, [{}]),
        two,
        three('h'),
      ],
      ask: ['internet lb:80 partial h'],
    },
    {
      title: 'one whose probe is shut out drops out',
      estate: [
        net({ nsg: 'g' }),
        open,
        nsg('h', '100 in Deny any * from AzureLoadBalancer to *', '110 in Deny Tcp 80 from Internet to *'),
        address,
        balancer(atPublic, [probed]),
        two,
        three('h'),
      ],
      ask: ['internet lb:80 reachable'],
    },
    {
      title: 'one that is stopped too',
      estate: [
        net({ nsg: 'g' }),
        open,
        nsg('h', '110 in Allow Tcp 80 from Internet to *'),
        address,
        balancer(atPublic, [probed]),
        two.map((record, i) => (i === 0 ? { ...record, powerState: 'VM deallocated' } : record)),
        three('h'),
      ],
      ask: ['internet lb:80 reachable', 'internet lb:81 unreachable lb'],
    },
    {
      title: 'an outbound rule lets members out under the frontend, TCP and UDP',
      estate: [
        net(),
        address,
        balancer(atPublic, [{}], {
          outboundRules: [
            { name: 'o', protocol: 'All', backendAddressPool: { id: POOL }, frontendIPConfigurations: [FRONTEND] },
          ],
        }),
        two,
      ],
      ask: ['two internet:443 reachable', 'two 8.8.8.8:icmp unreachable'],
    },
    {
      title: 'so does a rule that leaves outbound SNAT on',
      estate: [net(), address, balancer(atPublic, [{ disableOutboundSnat: false }]), two],
      ask: ['two internet:443 reachable', 'two internet:53/udp unreachable'],
    },
    {
      title: 'a member may be handed its own connection',
      estate: [
        net(),
        balancer(atPrivate, [{}]),
        two,
        vm('three', 'v/b', '10.0.2.5', { pools: [POOL] }),
        vm('one', 'v/a', '10.0.1.4'),
      ],
      ask: ['two lb:80 partial lb', 'one lb:80 reachable', 'internet lb:80 unreachable'],
    },
    {
      title: 'appliances behind one HA ports rule see both directions of a connection',
      estate: [
        vnet('v', '10.0.0.0/16', {
          a: { range: '10.0.1.0/24', table: 't' },
          b: { range: '10.0.2.0/24' },
          c: { range: '10.0.3.0/24', table: 't' },
        }),
        routes('t', '10.0.1.0/24 VirtualAppliance 10.0.2.100', '10.0.3.0/24 VirtualAppliance 10.0.2.100'),
        balancer(atPrivate, [{ protocol: 'All', frontendPort: 0, backendPort: 0 }]),
        vm('n1', 'v/b', '10.0.2.4', { forwards: true, pools: [POOL] }),
        vm('n2', 'v/b', '10.0.2.5', { forwards: true, pools: [POOL] }),
        vm('one', 'v/a', '10.0.1.4'),
        vm('six', 'v/c', '10.0.3.4'),
      ],
      ask: ['one six:22 reachable'],
    },
    {
      title: 'what a guest does with a floating address is its own business',
      estate: [net({ nsg: 'g' }), open, address, balancer(atPublic, [{ enableFloatingIP: true }]), two],
      ask: ['internet lb:80 undetermined', 'internet lb:81 unreachable lb'],
    },
  ]);
});
