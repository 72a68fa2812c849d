/**
 * Loads a cloud's SDK when it is wanted. The SDKs are optional peers of the package: whoever only asks about snapshots
 * never installs them. Knows which packages a cloud needs and which one command brings them.
 */
import { fileURLToPath } from 'node:url';
import type { Cloud } from './secrets.ts';
import { CollectError } from './words.ts';

/** What `netaudit collect` of a cloud imports. */
export const PACKAGES: Readonly<Record<Cloud, readonly string[]>> = {
  aws: [
    '@aws-sdk/client-ec2',
    '@aws-sdk/client-elastic-load-balancing',
    '@aws-sdk/client-elastic-load-balancing-v2',
    '@aws-sdk/client-network-firewall',
    '@aws-sdk/client-direct-connect',
    '@aws-sdk/client-route-53',
    '@aws-sdk/client-rds',
    '@aws-sdk/client-elasticache',
    '@aws-sdk/client-redshift',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-efs',
    '@aws-sdk/client-opensearch',
    '@aws-sdk/client-ecs',
    '@aws-sdk/client-eks',
    '@aws-sdk/client-sts',
    '@aws-sdk/client-organizations',
    '@aws-sdk/credential-providers',
  ],
  gcp: ['google-auth-library'],
  azure: ['@azure/arm-network', '@azure/core-rest-pipeline', '@azure/identity'],
};

/** The modules, or a CollectError that names the command when one is not installed. */
export async function loaded<T>(
  cloud: Cloud,
  load: () => Promise<T>,
  packages: readonly string[] = PACKAGES[cloud],
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new CollectError(missingSdk(cloud, fileURLToPath(import.meta.url), packages));
  }
}

/** The sentence for a missing SDK; the command depends on where netaudit itself is installed. */
export function missingSdk(cloud: Cloud, ownFile: string, packages = PACKAGES[cloud]): string {
  const command = installCommand(packages, ownFile, `collect ${cloud}`);
  return `collecting from ${cloud} needs the cloud's own SDK, which is not installed. Run:\n  ${command}`;
}

/**
 * The command that puts packages beside netaudit, as netaudit itself is installed; run by npx, it is called again with them.
 */
export function installCommand(packages: readonly string[], ownFile: string, words = '...'): string {
  const path = ownFile.replaceAll('\\', '/');
  return path.includes('/_npx/')
    ? `npx --yes ${['netaudit', ...packages].map((name) => `-p ${name}`).join(' ')} netaudit ${words}`
    : /\/lib\/node_modules\/netaudit\/|\/npm\/node_modules\/netaudit\//.test(path)
      ? `npm install --global ${packages.join(' ')}`
      : `npm install ${packages.join(' ')}`;
}
