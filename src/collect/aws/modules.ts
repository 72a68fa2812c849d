/** The SDK packages that collecting from AWS takes, loaded together and only here. */
import type { ServiceModule } from './client.ts';

/**
 * The SDK's modules, as loaded. Only those whose classes are named in the code have their types: the types of all services
 * together are larger than this whole program.
 */
export interface AwsModules {
  readonly ec2: ServiceModule;
  readonly elb: ServiceModule;
  readonly elbv2: ServiceModule;
  readonly 'network-firewall': ServiceModule;
  readonly directconnect: ServiceModule;
  readonly route53: ServiceModule;
  readonly rds: ServiceModule;
  readonly elasticache: ServiceModule;
  readonly redshift: ServiceModule;
  readonly lambda: ServiceModule;
  readonly efs: ServiceModule;
  readonly opensearch: ServiceModule;
  readonly ecs: ServiceModule;
  readonly eks: ServiceModule;
  readonly sts: typeof import('@aws-sdk/client-sts');
  readonly organizations: ServiceModule;
  readonly credentials: typeof import('@aws-sdk/credential-providers');
}

/** Imports them: most of a second on a cold disk. Throws what `import()` throws for a package that is not installed. */
export async function loadAwsSdk(): Promise<AwsModules> {
  const [
    ec2,
    elb,
    elbv2,
    firewall,
    directconnect,
    route53,
    rds,
    elasticache,
    redshift,
    lambda,
    efs,
    opensearch,
    ecs,
    eks,
    sts,
    organizations,
    credentials,
  ] = await Promise.all([
    import('@aws-sdk/client-ec2'),
    import('@aws-sdk/client-elastic-load-balancing'),
    import('@aws-sdk/client-elastic-load-balancing-v2'),
    import('@aws-sdk/client-network-firewall'),
    import('@aws-sdk/client-direct-connect'),
    import('@aws-sdk/client-route-53'),
    import('@aws-sdk/client-rds'),
    import('@aws-sdk/client-elasticache'),
    import('@aws-sdk/client-redshift'),
    import('@aws-sdk/client-lambda'),
    import('@aws-sdk/client-efs'),
    import('@aws-sdk/client-opensearch'),
    import('@aws-sdk/client-ecs'),
    import('@aws-sdk/client-eks'),
    import('@aws-sdk/client-sts'),
    import('@aws-sdk/client-organizations'),
    import('@aws-sdk/credential-providers'),
  ]);
  return {
    ec2,
    elb,
    elbv2,
    'network-firewall': firewall,
    directconnect,
    route53,
    rds,
    elasticache,
    redshift,
    lambda,
    efs,
    opensearch,
    ecs,
    eks,
    sts,
    organizations,
    credentials,
  };
}
