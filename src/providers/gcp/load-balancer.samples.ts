import type { Sample } from '../../model/sample.ts';

export const SAMPLES: readonly Sample[] = [
  {
    title: 'an internal passthrough balancer for its own region',
    given: [
      [
        {
          kind: 'compute#network',
          name: 'n',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
        },
      ],
      [
        {
          kind: 'compute#subnetwork',
          name: 'a',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          ipCidrRange: '10.0.1.0/24',
          region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
        },
        {
          kind: 'compute#subnetwork',
          name: 'b',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          ipCidrRange: '10.0.2.0/24',
          region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-east1',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-east1/subnetworks/b',
        },
      ],
      [
        {
          kind: 'compute#instance',
          name: 'a',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/a',
          status: 'RUNNING',
          canIpForward: false,
          tags: {
            items: [],
          },
          serviceAccounts: [],
          networkInterfaces: [
            {
              name: 'nic0',
              network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
              subnetwork: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
              networkIP: '10.0.1.4',
              accessConfigs: [],
            },
          ],
        },
      ],
      [
        {
          kind: 'compute#firewall',
          name: 'open',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/firewalls/open',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          direction: 'INGRESS',
          priority: 1000,
          allowed: [
            {
              IPProtocol: 'all',
            },
          ],
          sourceRanges: ['0.0.0.0/0'],
        },
      ],
      {
        kind: 'compute#forwardingRuleList',
        items: [
          {
            kind: 'compute#forwardingRule',
            name: 'fr',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/forwardingRules/fr',
            region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
            IPAddress: '10.0.1.100',
            IPProtocol: 'TCP',
            ports: ['80'],
            loadBalancingScheme: 'INTERNAL',
            network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
            subnetwork: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
            backendService: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/backendServices/bs',
          },
        ],
      },
      {
        kind: 'compute#backendServiceList',
        items: [
          {
            kind: 'compute#backendService',
            name: 'bs',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/backendServices/bs',
            portName: 'http',
            backends: [
              {
                group: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instanceGroups/ig',
              },
            ],
            healthChecks: ['https://www.googleapis.com/compute/v1/projects/p/global/healthChecks/hc'],
          },
        ],
      },
      {
        kind: 'compute#instanceGroupList',
        items: [
          {
            kind: 'compute#instanceGroup',
            name: 'ig',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instanceGroups/ig',
            namedPorts: [
              {
                name: 'http',
                port: 8080,
              },
            ],
            size: 1,
          },
        ],
      },
      {
        $request: {
          instanceGroup: 'ig',
          zone: 'us-central1-a',
        },
        kind: 'compute#instanceGroupsListInstances',
        items: [
          {
            instance: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/a',
            status: 'RUNNING',
          },
        ],
      },
      {
        kind: 'compute#healthCheckList',
        items: [
          {
            kind: 'compute#healthCheck',
            name: 'hc',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/healthChecks/hc',
            tcpHealthCheck: {
              port: 8080,
            },
          },
        ],
      },
    ],
    see: {
      'table projects/p/regions/us-central1/forwardingRules/fr#entrance': [
        'clients outside us-central1: global access is off: not served: dropped, gcp-ilb-region',
        'forwarding rule fr: to projects/p/regions/us-central1/forwardingRules/fr#door',
      ],
      'table projects/p/regions/us-central1/forwardingRules/fr#table': [
        'to the members of fr: any of (to projects/p/zones/us-central1-a/instances/a#nic0)',
      ],
      'interface projects/p/zones/us-central1-a/instances/a#nic0': [
        'of projects/p/zones/us-central1-a/instances/a, table routes:projects/p/regions/us-central1/subnetworks/a',
        '10.0.1.4',
        'serves 10.0.1.100',
        'in: firewall-in:projects/p/zones/us-central1-a/instances/a#nic0',
        'out: firewall-out:projects/p/zones/us-central1-a/instances/a#nic0',
        'out: projects/p/regions/us-central1/forwardingRules/fr outward',
      ],
      'amendment global-access:projects/p/regions/us-central1/forwardingRules/fr': [
        'allow global access at forwarding rule fr',
      ],
    },
  },
  {
    title: "a proxy of two ports that speaks to a named port from Google's front ends",
    given: [
      [
        {
          kind: 'compute#network',
          name: 'n',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
        },
      ],
      [
        {
          kind: 'compute#subnetwork',
          name: 'a',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          ipCidrRange: '10.0.1.0/24',
          region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
        },
      ],
      [
        {
          kind: 'compute#instance',
          name: 'a',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/a',
          status: 'RUNNING',
          canIpForward: false,
          tags: {
            items: [],
          },
          serviceAccounts: [],
          networkInterfaces: [
            {
              name: 'nic0',
              network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
              subnetwork: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
              networkIP: '10.0.1.4',
              accessConfigs: [],
            },
          ],
        },
      ],
      [
        {
          kind: 'compute#firewall',
          name: 'open',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/firewalls/open',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          direction: 'INGRESS',
          priority: 1000,
          allowed: [
            {
              IPProtocol: 'all',
            },
          ],
          sourceRanges: ['0.0.0.0/0'],
        },
      ],
      {
        kind: 'compute#forwardingRuleList',
        items: [
          {
            kind: 'compute#forwardingRule',
            name: 'fr',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/forwardingRules/fr',
            IPAddress: '203.0.113.5',
            IPProtocol: 'TCP',
            loadBalancingScheme: 'EXTERNAL_MANAGED',
            portRange: '80-80',
            target: 'https://www.googleapis.com/compute/v1/projects/p/global/targetHttpProxies/px',
          },
          {
            kind: 'compute#forwardingRule',
            name: 'fr-tls',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/forwardingRules/fr-tls',
            IPAddress: '203.0.113.5',
            IPProtocol: 'TCP',
            loadBalancingScheme: 'EXTERNAL_MANAGED',
            portRange: '443-443',
            target: 'https://www.googleapis.com/compute/v1/projects/p/global/targetHttpProxies/px',
          },
        ],
      },
      {
        kind: 'compute#targetHttpProxyList',
        items: [
          {
            kind: 'compute#targetHttpProxy',
            name: 'px',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/targetHttpProxies/px',
            urlMap: 'https://www.googleapis.com/compute/v1/projects/p/global/urlMaps/um',
          },
        ],
      },
      {
        kind: 'compute#urlMapList',
        items: [
          {
            kind: 'compute#urlMap',
            name: 'um',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/urlMaps/um',
            defaultService: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/backendServices/bs',
          },
        ],
      },
      {
        kind: 'compute#backendServiceList',
        items: [
          {
            kind: 'compute#backendService',
            name: 'bs',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/backendServices/bs',
            portName: 'http',
            backends: [
              {
                group: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instanceGroups/ig',
              },
            ],
            healthChecks: ['https://www.googleapis.com/compute/v1/projects/p/global/healthChecks/hc'],
          },
        ],
      },
      {
        kind: 'compute#instanceGroupList',
        items: [
          {
            kind: 'compute#instanceGroup',
            name: 'ig',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instanceGroups/ig',
            namedPorts: [
              {
                name: 'http',
                port: 8080,
              },
            ],
            size: 1,
          },
        ],
      },
      {
        $request: {
          instanceGroup: 'ig',
          zone: 'us-central1-a',
        },
        kind: 'compute#instanceGroupsListInstances',
        items: [
          {
            instance: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/a',
            status: 'RUNNING',
          },
        ],
      },
      {
        kind: 'compute#healthCheckList',
        items: [
          {
            kind: 'compute#healthCheck',
            name: 'hc',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/healthChecks/hc',
            tcpHealthCheck: {
              port: 8080,
            },
          },
        ],
      },
    ],
    see: {
      'node projects/p/global/forwardingRules/fr': [
        'relay with projects/p/global/forwardingRules/fr#door',
        'listens: dst 203.0.113.5 protocol 6 dport 80, one-works',
        '  to 10.0.1.4:8080 from google-sources:projects/p/global/networks/n',
      ],
      'table projects/p/global/forwardingRules/fr#entrance': [
        'forwarding rule fr: to projects/p/global/forwardingRules/fr#door',
        'forwarding rule fr-tls: to projects/p/global/forwardingRules/fr-tls#door',
      ],
    },
  },
  {
    title: "an endpoint of somebody else's service",
    given: [
      [
        {
          kind: 'compute#network',
          name: 'n',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
        },
      ],
      [
        {
          kind: 'compute#subnetwork',
          name: 'a',
          network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
          ipCidrRange: '10.0.1.0/24',
          region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
        },
      ],
      [
        {
          kind: 'compute#instance',
          name: 'a',
          selfLink: 'https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/a',
          status: 'RUNNING',
          canIpForward: false,
          tags: {
            items: [],
          },
          serviceAccounts: [],
          networkInterfaces: [
            {
              name: 'nic0',
              network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
              subnetwork: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
              networkIP: '10.0.1.4',
              accessConfigs: [],
            },
          ],
        },
      ],
      {
        kind: 'compute#forwardingRuleList',
        items: [
          {
            kind: 'compute#forwardingRule',
            name: 'psc',
            selfLink: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/forwardingRules/psc',
            region: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1',
            IPAddress: '10.0.1.50',
            IPProtocol: 'TCP',
            loadBalancingScheme: '',
            network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/n',
            subnetwork: 'https://www.googleapis.com/compute/v1/projects/p/regions/us-central1/subnetworks/a',
            target: 'https://www.googleapis.com/compute/v1/projects/q/regions/us-central1/serviceAttachments/sa',
            pscConnectionStatus: 'PENDING',
          },
        ],
      },
    ],
    see: {
      'node projects/p/regions/us-central1/forwardingRules/psc': [
        'outside with projects/p/regions/us-central1/forwardingRules/psc#door',
        'down: the connection of forwarding rule psc is PENDING',
      ],
      'table projects/p/regions/us-central1/forwardingRules/psc#table': [
        "the service: ? what the producer's side of forwarding rule psc lets through and answers",
        'back into the network: on fabric:projects/p/global/networks/n',
      ],
    },
  },
];
