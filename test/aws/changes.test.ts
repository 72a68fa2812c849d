/** The words of a fix: what people click, run and paste in AWS. */
import { expect, test } from 'vitest';
import { reach } from './demo.ts';

test('a missing group rule is one command and one Terraform resource', async () => {
  const { fixes } = await reach(undefined, {}, 'web-1', 'db-1:5432');
  const group = fixes.changes.find((change) => change.resource.startsWith('sg-'))!;
  expect(group.steps?.command).toBe(
    `aws ec2 authorize-security-group-ingress --group-id sg-03db0000000000003 --ip-permissions '[{"IpProtocol":"tcp","FromPort":5432,"ToPort":5432,"IpRanges":[{"CidrIp":"10.20.0.10/32"}]}]'`,
  );
  expect(group.steps?.terraform).toContain('resource "aws_vpc_security_group_ingress_rule"');
  expect(group.steps?.console).toContain('Edit inbound rules');
});

test('a network ACL entry gets a free number before the rule that denies', async () => {
  const { fixes } = await reach(undefined, {}, 'web-1', 'db-1:5432');
  const acl = fixes.changes.find((change) => change.resource.startsWith('acl-'))!;
  const [, number] = /--rule-number (\d+)/.exec(acl.steps!.command)!;
  expect(Number(number)).toBeLessThan(32767);
  expect(acl.steps?.command).toContain('--port-range From=1024,To=49151 --cidr-block 10.20.0.10/32');
});

test('a stopped instance can be started, and the fix says so', async () => {
  const { blockers, fixes } = await reach(undefined, {}, 'web-1', 'db-1:22', (text) =>
    text.replaceAll('"running"', '"stopped"'),
  );
  expect(blockers.map(({ code }) => code)).toContain('aws-instance-not-running');
  expect(fixes.changes.some((change) => change.op === 'amend' && change.to === 'running')).toBe(true);
  expect(fixes.changes.flatMap(({ steps }) => steps?.command ?? [])).toContain(
    'aws ec2 start-instances --instance-ids i-0a11111111111111a',
  );
});

test('an id that is a shell command stays one word', async () => {
  const evil = "sg-x'; rm -rf $(HOME) #${var}";
  const { fixes } = await reach(undefined, {}, 'web-1', 'db-1:5432', (text) =>
    text.replaceAll('sg-03db0000000000003', evil),
  );
  const { steps } = fixes.changes.find((change) => change.resource === evil)!;
  expect(steps?.command).toContain(`--group-id 'sg-x'\\''; rm -rf $(HOME) #\${var}' `);
  expect(steps?.terraform).toContain('#$${var}"');
});

test('a public address for one host opens nothing to its neighbours, which would have to get one first', async () => {
  const { blockers, fixes } = await reach(undefined, {}, 'app-1', 'internet:443');
  expect(blockers.map(({ code }) => code)).toEqual(['aws-no-public-address']);
  expect(fixes.outcome).toBe('reachable');
  expect(fixes.changes.map((change) => change.op)).toEqual(['amend']);
});
