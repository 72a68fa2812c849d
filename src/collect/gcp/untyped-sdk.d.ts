/** Not among a checkout's packages: 110 MB of generated code. Its clients are called by name. */
declare module '@google-cloud/compute' {
  const sdk: Readonly<Record<string, unknown>>;
  export default sdk;
}
