import { SECTIONS } from '@runward/policy';
import { describe, expect, it } from 'vitest';
import { sectionAbilities } from './abilities.js';
import { lsmProblem } from './lsm.js';
import { PROGRAMS, SECTION_WAYS } from './programs.js';

const without = (attach: string, why: string) =>
  new Map(PROGRAMS.filter((p) => p.attach === attach).map(({ name }) => [name, why]));

describe('what is enforced', () => {
  it('is named for every section', () => {
    expect(sectionAbilities(new Map()).map(({ section }) => section)).toEqual(SECTIONS);
  });

  it('is done by LSM where its programs are attached', () => {
    const abilities = sectionAbilities(without('cgroup', 'not needed'));
    for (const section of ['process', 'file', 'network'])
      expect(abilities).toContainEqual(expect.objectContaining({ section, mechanism: 'lsm', problem: '' }));
  });

  it('is done by other means without LSM, or not at all and says why', () => {
    const abilities = new Map(sectionAbilities(without('lsm', 'no BPF LSM')).map((a) => [a.section, a]));
    expect(abilities.get('process')).toMatchObject({ mechanism: 'kill-at-exec', problem: '' });
    expect(abilities.get('network')).toMatchObject({ mechanism: 'cgroup', problem: '' });
    expect(abilities.get('file')).toMatchObject({ mechanism: undefined, problem: 'no BPF LSM' });
  });

  it('says what is missing of a way that works all the same', () => {
    const problems = new Map([...without('lsm', 'no'), ['rw_cgroup_sendmsg4', 'refused']]);
    const network = sectionAbilities(problems).find(({ section }) => section === 'network');
    expect(network?.limits).toContain('datagrams sent to an IPv4 address: not seen');
  });

  it('says why nobody who connects from elsewhere is judged', () => {
    const noIngress = (problems: ReadonlyMap<string, string>): string | undefined =>
      sectionAbilities(problems).find(({ section }) => section === 'network')?.noIngress;
    expect(noIngress(without('lsm', 'no'))).toBeUndefined();
    for (const program of ['rw_socket_made', 'rw_packet_in'])
      expect(noIngress(new Map([[program, 'no cgroup v2']]))).toBe('no cgroup v2');
    expect(noIngress(new Map([['rw_packet_out', 'refused']]))).toBeUndefined();
  });

  it('needs only programs that there are', () => {
    const names = new Set(PROGRAMS.map(({ name }) => name));
    for (const way of Object.values(SECTION_WAYS).flat())
      for (const name of [...way.needs, ...(way.uses ?? [])]) expect(names).toContain(name);
  });
});

describe('BPF among the security modules', () => {
  it.each([
    ['lockdown,capability,bpf\n', ''],
    ['lockdown,capability,apparmor', 'apparmor'],
    ['bpfx', 'bpfx'],
  ])('in %j', (list, problem) => {
    expect(lsmProblem(() => list)).toContain(problem);
    expect(lsmProblem(() => list) === '').toBe(problem === '');
  });

  it('is not known where the list cannot be read', () => {
    expect(
      lsmProblem(() => {
        throw new Error('ENOENT');
      }),
    ).toContain('mount securityfs');
  });
});
