/**
 * What a stranger may see of a snapshot: names, ids, account numbers and public addresses replaced, each by the same word
 * everywhere, so that every question has the answer that it had; secrets and free text left out. Knows the shapes that
 * names take in the providers' JSON (ids, paths, tags, host names), and no resource kind.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { AddressRedactor } from './address.ts';

type Json = unknown;

/** Secrets, code and free text: nothing that decides a packet stands there. Left out with whatever they hold. */
const LEFT_OUT =
  /^(user_?data|customerGatewayConfiguration|preSharedKeys?|sharedSecrets?(hash)?|sharedKey|authorizationKey|password|secrets?|certificates?|publicKey|keyData|sshKeys?|metadata|startupScript|customData|osProfile|environment|description|comment|notes?|etag|fingerprint|labelFingerprint|createdBy|caller(id)?|email|contact|md5|thumbprint|\$?trace)$/i;

/** Text that a service writes about what it made for somebody: what says whose an interface is. */
const SERVICE_TEXT =
  /^(ELB |RDSNetworkInterface|RedshiftNetworkInterface|ElastiCache|EFS mount target|AWS Lambda VPC ENI|VPC Endpoint Interface|Amazon EKS|ES |arn:aws:ecs:|Interface for NAT Gateway|Network Interface for Transit Gateway)/;

/** Keys whose whole value is somebody's name. */
const NAME_KEYS =
  /^(name|displayName|.*[a-z]Name|GroupName|DBInstanceIdentifier|DBClusterIdentifier|CacheClusterId|ReplicationGroupId|Owner|owner|project|projectId|computerName|host|hostname|domain(Name)?|family|service)$/;
/** Keys whose value is a list of names. */
const NAME_LISTS = /^(items|targetTags|sourceTags|secureTags|MemberClusters)$/;
/** Keys whose value is a map, or a list of Key and Value, to what somebody chose. */
const TAGS = /^(tags|labels|Tags|TagSet|userLabels|resourceLabels)$/;

/** Words that a provider gives a meaning to, wherever they stand. */
const RESERVED = new Set(
  (
    'default internet name global - * all any true false none local ' +
    'default-internet-gateway gatewaysubnet azurefirewallsubnet azurefirewallmanagementsubnet azurebastionsubnet routeserversubnet ' +
    'allowvnetinbound allowazureloadbalancerinbound denyallinbound allowvnetoutbound allowinternetoutbound denyalloutbound ' +
    'defaultroutetable noneroutetable microsoft amazon aws amazon-elb amazon-rds amazonprovideddns standard basic regular ' +
    'networkinterfaceid subnetid privateipv4address ipv6address macaddress privatednsname'
  ).split(' '),
);
/** Collections of a path whose next step is no name. */
const PLACES =
  /^(zones|regions|locations|providers|versions|machinetypes|disktypes|licenses|images|v\d.*|https?:|projects-debian)$/i;

const ID = /^([a-z]{1,12}(?:-[a-z]{2,12}){0,3})-([0-9a-f]{8}|[0-9a-f]{17})$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ACCOUNT = /^\d{12}$/;
const LONG_NUMBER = /^\d{10,21}$/;
const HOST = /^(\*\.)?([a-z0-9_-]+\.)+[a-z]{2,}\.?$/i;
const REGION =
  /^(?:[a-z]{2}(?:-gov|-iso[a-z]?)?-(?:north|south|east|west|central|northeast|southeast|northwest|southwest)-\d[a-z]?|(?:us|europe|asia|australia|northamerica|southamerica|africa|me)-[a-z]+\d+(?:-[a-z])?)$/;
/** Ends of host names that say which service it is. */
const SERVICE_HOST =
  /\.((?:[a-z0-9-]+\.)*(?:amazonaws\.com(?:\.cn)?|amazon\.com|googleapis\.com|googleusercontent\.com|gserviceaccount\.com|google\.com|azure\.com|windows\.net|microsoft\.com|compute\.internal|ec2\.internal|google\.internal))\.?$/i;
const WORD = /[A-Za-z0-9_.*-]+/g;

export class Redactor {
  private readonly secret: Buffer;
  private readonly addresses: AddressRedactor;
  /** Lower-case name -> what stands for it. */
  private readonly names = new Map<string, string>();

  /** The same secret gives the same words; a random one can't be undone by anybody. */
  constructor(secret: Buffer = randomBytes(32)) {
    this.secret = secret;
    this.addresses = new AddressRedactor(secret);
  }

  /** Collects the names of one document. All documents are learned before the first is redacted: they name each other. */
  learn(value: Json, key = '', above = ''): void {
    if (typeof value === 'string') {
      if (isNamePlace(key, above)) this.learnName(value);
      if (value.includes('/')) this.learnPath(value);
    } else if (Array.isArray(value)) for (const one of value) this.learn(one, key, above);
    else if (typeof value === 'object' && value !== null)
      for (const [inner, one] of Object.entries(value)) if (!LEFT_OUT.test(inner)) this.learn(one, inner, key);
  }

  /** The same value as a stranger may see it; the argument stays as it is. */
  redact(value: Json, key = '', above = ''): Json {
    // What a call was asked for may be anybody's name, or a place: it is replaced where it is known as a name.
    if (typeof value === 'string')
      return this.text(value, above === '$request' || key === 'Description' || isNamePlace(key, above));
    if (typeof value === 'number')
      return Number.isSafeInteger(value) && ACCOUNT.test(String(value)) ? Number(this.digits(String(value))) : value;
    if (Array.isArray(value)) return value.map((one) => this.redact(one, key, above));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([inner, one]) =>
        isLeftOut(inner, one) ? [] : [[this.text(inner, false), this.redact(one, inner, key)]],
      ),
    );
  }

  /** What a word of a question, or of a folder's name, has become. */
  word(word: string): string {
    return this.text(word, true);
  }

  /** Every name with what stands for it, sorted: for the one who shares the snapshot, and nobody else. */
  replaced(): (readonly [string, string])[] {
    return [...this.names].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  private learnName(text: string): void {
    if (text === '' || RESERVED.has(text.toLowerCase()) || text.includes('/') || isPlain(text)) return;
    if (HOST.test(text)) for (const label of labelsOf(text).own) this.learnWord(label);
    else this.learnWord(text);
  }

  private learnWord(word: string): void {
    const key = word.toLowerCase();
    if (RESERVED.has(key) || isPlain(word) || this.names.has(key)) return;
    this.names.set(key, `name-${this.names.size + 1}`);
  }

  /** ".../networks/prod/subnetworks/web": the step after a collection is a name, and no collection. */
  private learnPath(text: string): void {
    if (this.addresses.text(text) !== undefined || /^Microsoft\./i.test(text)) return;
    const steps = text.split('/');
    for (let i = 1; i < steps.length; i++) {
      const collection = steps[i - 1]!;
      if (!/[a-z]s$/i.test(collection) || PLACES.test(collection) || collection.includes(' ')) continue;
      this.learnName(steps[i]!);
      i++;
    }
  }

  private text(text: string, isName: boolean): string {
    const address = this.addresses.text(text);
    if (address !== undefined) return address;
    if (isName) {
      const known = this.names.get(text.toLowerCase());
      if (known !== undefined) return known;
    }
    // A word alone is only a name where names stand: elsewhere it may be a state or a protocol of the same spelling.
    const mayName = isName || /[/:@]/.test(text);
    return text.replace(WORD, (word) => this.token(word, mayName));
  }

  private token(word: string, mayName: boolean): string {
    const id = ID.exec(word);
    if (id !== null) return `${id[1]}-${this.hex(word, id[2]!.length)}`;
    if (UUID.test(word)) {
      const hex = this.hex(word.toLowerCase(), 32);
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    }
    if (LONG_NUMBER.test(word)) return this.digits(word);
    const address = this.addresses.text(word);
    if (address !== undefined) return address;
    const known = mayName ? this.names.get(word.toLowerCase()) : undefined;
    if (known !== undefined) return known;
    if (!HOST.test(word) || /^Microsoft\./i.test(word)) return word;
    const { own, end } = labelsOf(word);
    return [...own.map((label) => this.names.get(label.toLowerCase()) ?? this.label(label)), end].join('.');
  }

  /** Part of a host name that nobody calls by itself: "ip-10-0-1-5", "ec2-198-51-100-7". */
  private label(label: string): string {
    return /\d+-\d+-\d+-\d+/.test(label)
      ? `host-${this.hex(label, 8)}`
      : ID.test(label)
        ? this.token(label, false)
        : label;
  }

  private hex(text: string, length: number): string {
    return createHmac('sha256', this.secret).update(text).digest('hex').slice(0, length);
  }

  private digits(text: string): string {
    const value = BigInt(`0x${this.hex(text, 32)}`) % 10n ** BigInt(text.length - 1);
    return `1${value.toString().padStart(text.length - 1, '0')}`;
  }
}

function isLeftOut(key: string, value: Json): boolean {
  return LEFT_OUT.test(key) && !(key === 'Description' && typeof value === 'string' && SERVICE_TEXT.test(value));
}

function isNamePlace(key: string, above: string): boolean {
  return NAME_KEYS.test(key) || NAME_LISTS.test(key) || (TAGS.test(above) && !/^key$/i.test(key));
}

/** Says nothing of anybody: a number, a Region or zone, an id that is replaced as such. */
function isPlain(text: string): boolean {
  return (
    /^\d+$/.test(text) ||
    REGION.test(text) ||
    ID.test(text) ||
    UUID.test(text) ||
    /^(com\.amazonaws\.|vpce-)/.test(text)
  );
}

/** The labels of a host name that somebody chose, and its end: a service's, or the top level. */
function labelsOf(host: string): { own: string[]; end: string } {
  const service = SERVICE_HOST.exec(host)?.[1];
  const end = service ?? /[^.]+\.?$/.exec(host)![0];
  const trailing = host.endsWith('.') && !end.endsWith('.') ? '.' : '';
  return { own: host.slice(0, host.length - end.length - trailing.length - 1).split('.'), end: `${end}${trailing}` };
}
