/** Azure Firewall: rules in their order, and which addresses the far side sees. */
import { describe } from 'vitest';
import { type Json, idOf, ip, nsg, routes, vm, vnet } from './estate.ts';
import { check } from './table.ts';

const rule = (to: string, port: string, more: Json = {}): Json => ({
  name: `r${port}`,
  protocols: ['TCP'],
  sourceAddresses: ['*'],
  destinationAddresses: [to],
  destinationPorts: [port],
  ...more,
});
const collection = (action: string, priority: number, ...rules: readonly Json[]): Json => ({
  name: `c${priority}`,
  priority,
  action: { type: action },
  rules,
});
const firewall = (more: Json = {}): Json => ({
  id: idOf('azureFirewalls', 'fw'),
  name: 'fw',
  type: 'Microsoft.Network/azureFirewalls',
  ipConfigurations: [
    {
      name: 'c',
      privateIPAddress: '10.0.9.4',
      subnet: { id: `${idOf('virtualNetworks', 'v')}/subnets/AzureFirewallSubnet` },
      publicIPAddress: { id: idOf('publicIPAddresses', 'fwip') },
    },
  ],
  natRuleCollections: [],
  networkRuleCollections: [],
  applicationRuleCollections: [],
  ...more,
});
const policy = (more: Json = {}): Json => ({
  id: idOf('firewallPolicies', 'p'),
  name: 'p',
  type: 'Microsoft.Network/firewallPolicies',
  ruleCollectionGroups: [{ id: `${idOf('firewallPolicies', 'p')}/ruleCollectionGroups/g` }],
  ...more,
});
const group = (of: string, priority: number, ...ruleCollections: readonly Json[]): Json => ({
  id: `${idOf('firewallPolicies', of)}/ruleCollectionGroups/g`,
  name: 'g',
  type: 'Microsoft.Network/firewallPolicies/ruleCollectionGroups',
  priority,
  ruleCollections,
});
const policyRule = (to: string, port: string): Json => ({
  name: `r${port}`,
  ruleType: 'NetworkRule',
  ipProtocols: ['TCP'],
  sourceAddresses: ['*'],
  destinationAddresses: [to],
  destinationPorts: [port],
});
const filter = (action: string, priority: number, ...rules: readonly Json[]): Json => ({
  name: `c${priority}`,
  ruleCollectionType: 'FirewallPolicyFilterRuleCollection',
  priority,
  action: { type: action },
  rules,
});
const network = (b: Json = {}) => [
  vnet('v', '10.0.0.0/16', {
    a: { range: '10.0.1.0/24', table: 'out' },
    b: { range: '10.0.2.0/24', table: 'out', ...b },
    AzureFirewallSubnet: { range: '10.0.9.0/26' },
  }),
  routes(
    'out',
    '0.0.0.0/0 VirtualAppliance 10.0.9.4',
    '10.0.1.0/24 VirtualAppliance 10.0.9.4',
    '10.0.2.0/24 VirtualAppliance 10.0.9.4',
  ),
  ip('fwip', '20.9.9.9'),
  vm('one', 'v/a', '10.0.1.4'),
  vm('two', 'v/b', '10.0.2.4'),
];
const dnat = collection(
  'Dnat',
  100,
  rule('20.9.9.9', '8443', { translatedAddress: '10.0.2.4', translatedPort: '443' }),
);

describe('Azure Firewall', () => {
  check([
    {
      title: 'denies what no rule matches',
      estate: [...network(), firewall()],
      ask: ['one two:443 unreachable fw', 'one 8.8.8.8:443 unreachable fw'],
    },
    {
      title: 'collections by priority, the first match ends it',
      estate: [
        ...network(),
        firewall({
          networkRuleCollections: [
            collection('Allow', 300, rule('10.0.2.0/24', '443'), rule('10.0.2.0/24', '22')),
            collection('Deny', 200, rule('10.0.2.4', '22')),
          ],
        }),
      ],
      ask: ['one two:443 reachable', 'one two:22 unreachable fw'],
    },
    {
      title: 'out to the internet under its public address, replies included',
      estate: [...network(), firewall({ networkRuleCollections: [collection('Allow', 100, rule('*', '443'))] })],
      ask: ['one 8.8.8.8:443 reachable', 'one 8.8.8.8:80 unreachable fw', 'one internet:443 reachable'],
    },
    {
      title: 'a DNAT rule lets in by itself, and its target sees an address of the firewall subnet',
      estate: [
        ...network({ nsg: 'g' }),
        nsg('g', '100 in Allow Tcp 443 from 10.0.9.0/26 to *', '200 in Deny any * from * to *'),
        firewall({ natRuleCollections: [dnat] }),
      ],
      ask: ['internet 20.9.9.9:8443 reachable', 'internet 20.9.9.9:443 unreachable fw'],
    },
    {
      title: 'the target of a DNAT rule does not see the client',
      estate: [
        ...network({ nsg: 'g' }),
        nsg('g', '100 in Allow Tcp 443 from Internet to *', '200 in Deny any * from * to *'),
        firewall({ natRuleCollections: [dnat] }),
      ],
      ask: ['internet 20.9.9.9:8443 unreachable g'],
    },
    {
      title: 'an application rule proxies: the far side sees the firewall',
      estate: [
        ...network({ nsg: 'g' }),
        nsg('g', '100 in Allow Tcp 443 from 10.0.9.0/26 to *', '200 in Deny any * from * to *'),
        firewall({
          applicationRuleCollections: [
            collection('Allow', 100, {
              name: 'any',
              sourceAddresses: ['*'],
              protocols: [{ protocolType: 'Https', port: 443 }],
              targetFqdns: ['*'],
            }),
          ],
        }),
      ],
      ask: ['one two:443 reachable', 'one two:22 unreachable fw', 'one 8.8.8.8:443 reachable'],
    },
    {
      title: 'a network rule keeps the sender, even where an application rule would take it too',
      estate: [
        ...network({ nsg: 'g' }),
        nsg('g', '100 in Allow Tcp 443 from 10.0.1.4 to *', '200 in Deny any * from * to *'),
        firewall({
          networkRuleCollections: [collection('Allow', 100, rule('10.0.2.4', '443'))],
          applicationRuleCollections: [
            collection('Allow', 100, {
              name: 'any',
              sourceAddresses: ['*'],
              protocols: [{ protocolType: 'Https', port: 443 }],
              targetFqdns: ['*'],
            }),
          ],
        }),
      ],
      ask: ['one two:443 reachable'],
    },
    {
      title: 'names in application rules are not in a snapshot',
      estate: [
        ...network(),
        firewall({
          applicationRuleCollections: [
            collection('Allow', 100, {
              name: 'site',
              sourceAddresses: ['10.0.1.0/24'],
              protocols: [{ protocolType: 'Https', port: 443 }],
              targetFqdns: ['www.example.com'],
            }),
          ],
        }),
      ],
      ask: ['one 8.8.8.8:443 undetermined', 'one 8.8.8.8:22 unreachable fw', 'two 8.8.8.8:443 unreachable fw'],
    },
    {
      title: 'groups of a policy by priority, the parent policy first',
      estate: [
        ...network(),
        firewall({ firewallPolicy: { id: idOf('firewallPolicies', 'p') } }),
        policy({ basePolicy: { id: idOf('firewallPolicies', 'base') } }),
        { ...policy(), id: idOf('firewallPolicies', 'base'), name: 'base', ruleCollectionGroups: [] },
        group('p', 100, filter('Allow', 100, policyRule('10.0.2.4', '443'), policyRule('10.0.2.4', '22'))),
        group('base', 60000, filter('Deny', 60000, policyRule('10.0.2.4', '22'))),
      ],
      ask: ['one two:443 reachable', 'one two:22 unreachable fw'],
    },
    {
      title: 'a policy that is not there',
      estate: [...network(), firewall({ firewallPolicy: { id: idOf('firewallPolicies', 'p') } })],
      ask: ['one two:443 undetermined', 'internet 20.9.9.9:8443 undetermined'],
    },
    {
      title: 'its private address too may have DNAT rules',
      estate: [
        ...network(),
        firewall({
          natRuleCollections: [
            collection('Dnat', 100, rule('10.0.9.4', '8443', { translatedAddress: '10.0.2.4', translatedPort: '443' })),
          ],
        }),
      ],
      ask: ['one 10.0.9.4:8443 reachable', 'one 10.0.9.4:443 unreachable fw'],
    },
  ]);
});
