/**
 * The AWS clients are called by the names of operations, out of one table; their types, one file for each of some thousand
 * operations, would take the compiler longer than all the rest of this program and say nothing. tsconfig.json sends the
 * compiler here instead; at run time the packages are what they are.
 */
declare const client: Readonly<Record<string, unknown>>;
export = client;
