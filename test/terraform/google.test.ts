/** Google's resource types that stand beside networks, rules and VMs: raw plan in, flows out. */
import { expect, test } from 'vitest';
import { judgePlan, readTerraformPlan } from '../../src/index.ts';
import { type Resources, flowsOf, planOf } from './planned.ts';

const P = 'projects/p';
const network = (n: number): Resources => ({
  [`google_compute_network.n${n}`]: {
    id: `${P}/global/networks/n${n}`,
    self_link: `${P}/global/networks/n${n}`,
    name: `n${n}`,
    auto_create_subnetworks: false,
    delete_default_routes_on_create: true,
  },
  [`google_compute_subnetwork.s${n}`]: {
    id: `${P}/regions/europe-west3/subnetworks/s${n}`,
    name: `s${n}`,
    network: `${P}/global/networks/n${n}`,
    region: 'europe-west3',
    ip_cidr_range: `10.${n}.0.0/24`,
  },
});
const machine = (n: number, host: number, more: object = {}): Resources => ({
  [`google_compute_instance.vm${n}${host}`]: {
    id: `${P}/zones/europe-west3-a/instances/vm${n}${host}`,
    name: `vm${n}${host}`,
    instance_id: `77${n}${host}`,
    zone: 'europe-west3-a',
    network_interface: [{ subnetwork: `${P}/regions/europe-west3/subnetworks/s${n}`, network_ip: `10.${n}.0.${host}` }],
    ...more,
  },
});
const open = (n: number): Resources => ({
  [`google_compute_firewall.f${n}`]: {
    id: `${P}/global/firewalls/f${n}`,
    name: `f${n}`,
    network: `${P}/global/networks/n${n}`,
    source_ranges: ['10.0.0.0/8'],
    allow: [{ protocol: 'tcp', ports: ['443'] }],
  },
});

const hub = (more: object = {}): Resources => ({
  'google_network_connectivity_hub.h': { id: `${P}/locations/global/hubs/h`, name: 'h', ...more },
});
const spoke = (n: number, own: object = {}, more: object = {}): Resources => ({
  [`google_network_connectivity_spoke.s${n}`]: {
    id: `${P}/locations/global/spokes/s${n}`,
    name: `s${n}`,
    location: 'global',
    hub: `${P}/locations/global/hubs/h`,
    linked_vpc_network: [{ uri: `${P}/global/networks/n${n}`, ...own }],
    ...more,
  },
});
const both = [1, 2].flatMap((n) => [network(n), machine(n, 4), open(n)]);
const two: Resources = Object.assign({}, ...both) as Resources;

test('networks that are spokes of one hub reach each other', () => {
  expect(flowsOf({ ...two, ...hub(), ...spoke(1) }, spoke(2))).toEqual([
    'opened google_compute_instance.vm14 -> google_compute_instance.vm24 tcp 443',
    'opened google_compute_instance.vm24 -> google_compute_instance.vm14 tcp 443',
  ]);
});

test('what a spoke does not export is not reached, and edges of a star do not meet', () => {
  const hidden = spoke(2, { exclude_export_ranges: ['10.2.0.0/16'] });
  expect(flowsOf({ ...two, ...hub(), ...spoke(1) }, hidden)).toEqual([]);
  const edge = { group: `${P}/locations/global/hubs/h/groups/edge` };
  const star = hub({ preset_topology: 'STAR' });
  expect(flowsOf({ ...two, ...star, ...spoke(1, {}, edge) }, spoke(2, {}, edge))).toEqual([]);
});

const policy: Resources = {
  'google_compute_network_firewall_policy.p': { id: `${P}/global/firewallPolicies/p`, name: 'p' },
  'google_compute_network_firewall_policy_association.a': {
    id: 'a',
    name: 'a',
    firewall_policy: 'p',
    attachment_target: `${P}/global/networks/n1`,
  },
  'google_compute_network_firewall_policy_rule.r': {
    id: 'r',
    firewall_policy: 'p',
    priority: 100,
    action: 'allow',
    direction: 'INGRESS',
    target_secure_tags: [{ name: 'tagValues/9' }],
    match: [{ src_ip_ranges: ['10.0.0.0/8'], layer4_configs: [{ ip_protocol: 'tcp', ports: ['22'] }] }],
  },
};
const tags = (value: string | undefined) => ({
  params: [{ resource_manager_tags: value === undefined ? {} : { 'tagKeys/1': value } }],
});

test('a rule for a secure tag lets in to the VMs that are bound to it', () => {
  const there = { ...network(1), ...machine(1, 4, tags(undefined)), ...machine(1, 5, tags(undefined)), ...policy };
  const binding = {
    id: 'b',
    parent: '//compute.googleapis.com/projects/123/zones/europe-west3-a/instances/7714',
    tag_value: 'tagValues/9',
    location: 'europe-west3-a',
  };
  expect(flowsOf(there, { 'google_tags_location_tag_binding.b': binding })).toEqual([
    'opened google_compute_instance.vm15 -> google_compute_instance.vm14 tcp 22',
  ]);
});

test('a VM that comes with a tag of its own is let in to', () => {
  const there = { ...network(1), ...machine(1, 5, tags(undefined)), ...policy };
  expect(flowsOf(there, machine(1, 4, tags('tagValues/9')))).toContain(
    'opened google_compute_instance.vm15 -> google_compute_instance.vm14 tcp 22',
  );
});

test('a NAT lets out who has no address of its own, and changes nothing for others', () => {
  const out = {
    'google_compute_route.out': {
      id: `${P}/global/routes/out`,
      name: 'out',
      network: `${P}/global/networks/n1`,
      dest_range: '0.0.0.0/0',
      next_hop_gateway: 'default-internet-gateway',
      priority: 1000,
    },
  };
  const nic = (host: number) => ({
    subnetwork: `${P}/regions/europe-west3/subnetworks/s1`,
    network_ip: `10.1.0.${host}`,
  });
  const front = machine(1, 5, { network_interface: [{ ...nic(5), access_config: [{ nat_ip: '34.1.1.1' }] }] });
  const wide = {
    'google_compute_firewall.f1': { ...open(1)['google_compute_firewall.f1'], source_ranges: ['0.0.0.0/0'] },
  };
  const plan = planOf(
    { ...network(1), ...machine(1, 4), ...front, ...wide, ...out },
    {
      'google_compute_router.r': {
        id: `${P}/regions/europe-west3/routers/r`,
        name: 'r',
        region: 'europe-west3',
        network: `${P}/global/networks/n1`,
      },
      'google_compute_router_nat.n': {
        name: 'n',
        router: 'r',
        region: 'europe-west3',
        nat_ip_allocate_option: 'AUTO_ONLY',
        source_subnetwork_ip_ranges_to_nat: 'ALL_SUBNETWORKS_ALL_IP_RANGES',
      },
    },
  );
  const { flows } = judgePlan(readTerraformPlan(plan, 'plan.json')).diff;
  expect(new Set(flows.map((flow) => `${flow.change} ${flow.from.role} -> ${flow.to.role}`))).toEqual(
    new Set(['opened google_compute_instance.vm14 -> internet']),
  );
});
