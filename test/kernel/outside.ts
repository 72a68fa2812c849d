/** The machines of the internet, all in one namespace. */
import type { Host } from './plan.ts';

const ADDRESSES = ['203.0.113.5', '203.0.113.77', '198.51.100.9', '2001:db8:77::5'] as const;
export const INTERNET_HOSTS: Host = { id: 'internet', addresses: ADDRESSES, publics: [] };
