/**
 * Writes a made-up estate as an ordinary snapshot folder: `node bench/generate.ts OUT --interfaces 100000`. One folder an
 * account and Region, one file a call. Prints what it made.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { azureEstateOf } from './estate-azure.ts';
import { gcpEstateOf } from './estate-gcp.ts';
import { type AnswerFile, type EstateCounts, type EstateShape, estateOf, shapeOf } from './estate.ts';

export interface Written {
  readonly counts: EstateCounts;
  readonly files: number;
  readonly bytes: number;
}

/** Writes the estate below `folder`; `indent` as the AWS command line prints is 4, the API's own answer 0. */
export function writeEstate(folder: string, shape: EstateShape, indent = 0): Written {
  const { files, counts } = estateOf(shape);
  return { counts, ...writeFiles(folder, files, indent) };
}

/** Writes the answers of any estate. */
export function writeFiles(
  folder: string,
  files: Iterable<AnswerFile>,
  indent = 0,
): { readonly files: number; readonly bytes: number } {
  let bytes = 0;
  let written = 0;
  for (const file of files) {
    mkdirSync(join(folder, file.folder), { recursive: true });
    bytes += writeAnswer(join(folder, file.folder, `${file.name}.json`), file, indent);
    written++;
  }
  return { files: written, bytes };
}

/** A file of any size, a few records at a time. */
function writeAnswer(path: string, file: AnswerFile, indent: number): number {
  const out = openSync(path, 'w');
  let bytes = 0;
  const head = JSON.stringify(file.head ?? {}).slice(1, -1);
  let text = `{${head}${head === '' ? '' : ','}"${file.key}":[`;
  let first = true;
  for (const record of file.records) {
    text += `${first ? '' : ','}${indent > 0 ? '\n' : ''}${JSON.stringify(record, null, indent)}`;
    first = false;
    if (text.length > 1 << 20) {
      bytes += writeSync(out, text);
      text = '';
    }
  }
  bytes += writeSync(out, `${text}]}\n`);
  closeSync(out);
  return bytes;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      interfaces: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      accounts: { type: 'string' },
      regions: { type: 'string' },
      indent: { type: 'string', default: '0' },
      provider: { type: 'string', default: 'aws' },
    },
  });
  const folder = positionals[0];
  if (folder === undefined) {
    process.stderr.write(
      'usage: node bench/generate.ts OUT [--interfaces N] [--seed N] [--accounts N] [--regions 1-4] [--indent 0|4] [--provider aws|gcp|azure]\n',
    );
    process.exit(2);
  }
  const usual = shapeOf(Number(values.interfaces), Number(values.seed));
  const shape = {
    ...usual,
    ...(values.accounts === undefined ? {} : { accounts: Number(values.accounts) }),
    ...(values.regions === undefined ? {} : { regions: Number(values.regions) }),
  };
  const indent = Number(values.indent);
  const other = { gcp: gcpEstateOf, azure: azureEstateOf }[values.provider];
  const { files, bytes, counts } =
    other === undefined
      ? writeEstate(folder, shape, indent)
      : { ...writeFiles(folder, other(shape.interfaces), indent), counts: { interfaces: shape.interfaces } };
  process.stdout.write(`${JSON.stringify({ files, bytes, ...counts }, null, 2)}\n`);
}
