/** Policies from files: the set that comes along, and those that a user names. The only place that looks for them. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Policy, distinct, parsePolicy, parsePolicyList } from '../index.ts';
import { Problem } from './problem.ts';

const LIST = 'recommended.yaml';
const NOT = 'not:';

/**
 * The recommended policies and those of files and folders. Words: a file, a folder of files, the code of a policy that comes
 * along, "recommended", "none" for no recommended ones, or "not:CODE" for all but this one. Throws Problem and PolicyError.
 */
export function readPolicies(words: readonly string[] = []): readonly Policy[] {
  const left = new Set(words.filter((word) => word.startsWith(NOT)).map((word) => word.slice(NOT.length)));
  const given = words.filter((word) => word !== 'none' && word !== 'recommended' && !word.startsWith(NOT));
  const own = given.flatMap((word) => (shipped().includes(word) && !existsSync(word) ? [fileOf(word)] : filesAt(word)));
  const files = [...(words.includes('none') ? [] : recommended()), ...own];
  const all = distinct([...new Set(files)].map((file) => parsePolicy(contentOf(file), shortOf(file))));
  for (const code of left)
    if (!all.some((policy) => policy.code === code))
      throw new Problem(`${NOT}${code.slice(0, 80)} leaves out nothing: no policy that is on is called so.`);
  return all.filter(({ code }) => !left.has(code));
}

/** Every policy that comes along, recommended or not. */
export function shippedPolicies(): readonly Policy[] {
  return shipped().map((code) => parsePolicy(contentOf(fileOf(code)), shortOf(fileOf(code))));
}

/** Whether a policy that comes along is on by default. */
export function recommendedCodes(): readonly string[] {
  return parsePolicyList(contentOf(join(folder(), LIST)), LIST);
}

function recommended(): readonly string[] {
  return recommendedCodes().map(fileOf);
}

function shipped(): readonly string[] {
  return yamlsIn(folder())
    .filter((name) => name !== LIST)
    .map((name) => name.replace(/\.ya?ml$/, ''));
}

const fileOf = (code: string) => join(folder(), `${code}.yaml`);

/** Policies that come along are called by their place in the package, not by where it is installed. */
function shortOf(file: string): string {
  return file.startsWith(folder()) ? `policies${file.slice(folder().length).replaceAll('\\', '/')}` : file;
}

let known: string | undefined;

/** The folder of the package, found upwards from here: the command runs as source and as a bundle. */
function folder(): string {
  if (known !== undefined) return known;
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const policies = join(at, 'policies');
    if (existsSync(join(policies, LIST))) return (known = policies);
    if (dirname(at) === at) throw new Problem('the policies that come along are not there. Install netaudit again.');
  }
}

function filesAt(path: string): readonly string[] {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    throw new Problem(
      `"${path}" is no policy: there is no such file or folder, and none that comes along is called so. netaudit explain lists those that do.`,
    );
  }
  if (!isFolder) return [path];
  const files = yamlsIn(path).map((name) => join(path, name));
  if (files.length === 0) throw new Problem(`${path} holds no policies: a policy is a .yaml file.`);
  return files;
}

function yamlsIn(path: string): readonly string[] {
  return readdirSync(path)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort();
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem(`${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
  }
}
