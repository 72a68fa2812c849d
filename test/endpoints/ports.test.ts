import { describe, expect, test } from 'vitest';
import { QuestionError, parsePorts } from '../../src/engine/ports.ts';

const tcp = [[6, 7]];

describe('the port part of a question', () => {
  test.each([
    ['443', { protocol: tcp, dport: [[443, 444]] }, 'tcp', '443'],
    ['443/tcp', { protocol: tcp, dport: [[443, 444]] }, 'tcp', '443'],
    ['53/udp', { protocol: [[17, 18]], dport: [[53, 54]] }, 'udp', '53'],
    ['53/UDP', { protocol: [[17, 18]], dport: [[53, 54]] }, 'udp', '53'],
    ['8000-8100', { protocol: tcp, dport: [[8000, 8101]] }, 'tcp', '8000-8100'],
    [
      '443,8443',
      {
        protocol: tcp,
        dport: [
          [443, 444],
          [8443, 8444],
        ],
      },
      'tcp',
      '443,8443',
    ],
    ['443,444', { protocol: tcp, dport: [[443, 445]] }, 'tcp', '443-444'],
    ['0-65535', { protocol: tcp, dport: [[0, 65536]] }, 'tcp', '*'],
    ['esp', { protocol: [[50, 51]] }, 'esp', '*'],
    ['tcp', { protocol: tcp }, 'tcp', '*'],
    ['proto:47', { protocol: [[47, 48]] }, 'gre', '*'],
    ['proto:0', { protocol: [[0, 1]] }, 'proto:0', '*'],
    ['*', {}, '*', '*'],
  ])('%s', (text, traffic, protocolText, portsText) => {
    const ports = parsePorts(text);
    expect(ports.traffic(4)).toEqual(traffic);
    expect(ports).toMatchObject({ protocolText, portsText });
  });

  test('icmp is an echo request of either family', () => {
    const ports = parsePorts('icmp');
    expect(ports.traffic(4)).toEqual({ protocol: [[1, 2]], icmpType: [[8, 9]], icmpCode: [[0, 1]] });
    expect(ports.traffic(6)).toEqual({ protocol: [[58, 59]], icmpType: [[128, 129]], icmpCode: [[0, 1]] });
  });

  test.each([
    ['65536', /out of range/],
    ['99999999999999999999', /out of range/],
    ['90-80', /backwards.*80-90/],
    ['', /is not a port/],
    ['443,', /is not a port/],
    ['-1', /is not a port/],
    ['1-', /is not a port/],
    ['http', /is not a port/],
    ['0x50', /is not a port/],
    ['80/tcp/udp', /is not a port/],
    ['80/http', /not a protocol/],
    ['80/icmp', /has no ports/],
    ['proto:256', /out of range/],
    ['proto:', /is not a port/],
  ])('%j is refused with a way out', (text, message) => {
    expect(() => parsePorts(text)).toThrow(QuestionError);
    expect(() => parsePorts(text)).toThrow(message);
  });
});
