/**
 * What is never written: keys, passwords and scripts that some answers carry along. Each cloud has one list of field
 * names, dropped at any depth, since none of them says where a packet may go.
 */
import type { Json } from './words.ts';
import { isObject } from './words.ts';

export type Cloud = 'aws' | 'gcp' | 'azure';

/** Lower-case names of fields that are dropped whole. */
const SECRET: Readonly<Record<Cloud, ReadonlySet<string>>> = {
  aws: new Set([
    // The XML for the customer's device holds the pre-shared keys, and so do the tunnel options.
    'customergatewayconfiguration',
    'presharedkey',
    'userdata',
    'authenticateoidcconfig',
    'authkey',
    'customerrouterconfig',
    'environment',
    'masteruserpassword',
    'authtoken',
    'policydocument',
    'accesspolicies',
    // Commands and variables that a task was started with.
    'overrides',
  ]),
  gcp: new Set([
    'sharedsecret',
    'sharedsecrethash',
    'commoninstancemetadata',
    'md5authenticationkeys',
    'diskencryptionkey',
    'sourceimageencryptionkey',
    'sourcesnapshotencryptionkey',
    'machineimageencryptionkey',
    'iap',
    'customrequestheaders',
    'customresponseheaders',
    'securitysettings',
    'cdnpolicy',
    'shieldedinstanceconfig',
    'shieldedinstanceintegritypolicy',
    'keyfingerprint',
  ]),
  azure: new Set([
    'sharedkey',
    'authorizationkey',
    'customdata',
    'userdata',
    'adminpassword',
    'secrets',
    'protectedsettings',
    'protectedsettingsfromkeyvault',
    'radiusserversecret',
    'radiusservers',
    'additionalunattendcontent',
    'extensionprofile',
    'vpnclientrootcertificates',
    'vpnclientrevokedcertificates',
    'vpnauthenticationcertificate',
    'certificateauthentication',
    'transportsecurity',
    'explicitproxy',
  ]),
};

/** A copy without secrets. Google's instance metadata keeps its keys and loses every value. */
export function withoutSecrets(cloud: Cloud, value: Json): Json {
  return scrubbed(value, SECRET[cloud], cloud) as Json;
}

function scrubbed(value: unknown, secret: ReadonlySet<string>, cloud: Cloud): unknown {
  if (Array.isArray(value)) return value.map((one) => scrubbed(one, secret, cloud));
  if (!isObject(value)) return value;
  const kept: Json = {};
  for (const [key, content] of Object.entries(value)) {
    if (secret.has(key.toLowerCase())) continue;
    // Extensions of a machine stand in it as resources: their settings are commands to run.
    if (cloud === 'azure' && key === 'settings' && 'typeHandlerVersion' in value) continue;
    const cleaned = cloud === 'gcp' && key === 'metadata' ? withoutValues(content) : scrubbed(content, secret, cloud);
    // A hostile name must stay a field, not become a prototype.
    Object.defineProperty(kept, key, { value: cleaned, enumerable: true, writable: true, configurable: true });
  }
  return kept;
}

function withoutValues(metadata: unknown): unknown {
  if (!isObject(metadata)) return {};
  const items = Array.isArray(metadata['items']) ? metadata['items'].filter(isObject) : [];
  return { ...metadata, items: items.map(({ key }) => ({ key })) };
}
