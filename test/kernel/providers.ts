/** Whose networks can be drawn and acted out. */
import type { Random } from '../random.ts';
import { awsNetwork } from './aws/networks.ts';
import { awsPlan } from './aws/translation.ts';
import { azureNetwork } from './azure/networks.ts';
import { azurePlan } from './azure/translation.ts';
import { gcpNetwork } from './gcp/networks.ts';
import { gcpPlan } from './gcp/translation.ts';
import type { Plan } from './plan.ts';
import type { Files } from './topology.ts';

export interface Provider {
  readonly name: string;
  /** Draws a snapshot. */
  readonly network: (random: Random) => Files;
  /** Translates a snapshot's raw JSON for the kernel. */
  readonly plan: (files: Files) => Plan;
}

export const PROVIDERS: readonly Provider[] = [
  { name: 'aws', network: awsNetwork, plan: awsPlan },
  { name: 'azure', network: azureNetwork, plan: azurePlan },
  { name: 'gcp', network: gcpNetwork, plan: gcpPlan },
];
