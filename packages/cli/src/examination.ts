import { type RegistryOptions, RuntimeRegistry } from '@runward/runtimes';
import { type Finding, off, on } from './finding.js';
import { examineKernel } from './kernel-findings.js';

async function sensor(): Promise<Finding[]> {
  try {
    // Where libbpf is missing, loading this module already fails.
    return await (await import('./sensor-findings.js')).examineSensor();
  } catch (error) {
    return [off('sensor', error instanceof Error ? error.message : String(error), 'no events at all', true)];
  }
}

async function flows(): Promise<Finding[]> {
  try {
    return await (await import('./flow-findings.js')).examineFlows();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [off('flows', why, 'who talks to whom is not counted')];
  }
}

async function enforcement(): Promise<Finding[]> {
  try {
    return await (await import('./enforcement-findings.js')).examineEnforcement();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [off('enforcement', why, 'no policy can be enforced in the kernel')];
  }
}

async function runtimes(options: RegistryOptions): Promise<Finding[]> {
  const registry = await RuntimeRegistry.discover(options);
  const statuses = await registry.status();
  registry.close();
  if (statuses.length === 0) {
    const lost = 'containers are known by cgroup and namespaces only, without image and name';
    return [off('container runtimes', 'none found', lost)];
  }
  return statuses.map((s) =>
    s.ok
      ? on(`${s.runtime} at ${s.endpoint}`, s.version)
      : off(`${s.runtime} at ${s.endpoint}`, s.problem, 'its containers are reported without image and name'),
  );
}

export async function examine(options: RegistryOptions): Promise<Finding[]> {
  const tried = [...(await sensor()), ...(await flows()), ...(await enforcement())];
  return [...examineKernel(), ...tried, ...(await runtimes(options))];
}
