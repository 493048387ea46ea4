import { afterAll, expect, it } from 'vitest';
import { command } from './harness/asked-agent.js';
import { run } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const scratch = new Scratch('harden');
afterAll(() => scratch.remove());

/** In network and mount namespaces of its own: the host's settings stay as they are. */
const SCRIPT = `
mount -t tmpfs none /etc/sysctl.d
setting=/proc/sys/net/ipv4/conf/all/accept_redirects
only="--only sysctl-net.ipv4.conf.all.accept_redirects --only sysctl-net.ipv4.conf.all.accept_source_route"
echo 1 > $setting; echo "before $(cat $setting)"
"$0" harden apply --dry-run $only --state "$1"; echo "planned $(cat $setting)"
"$0" harden apply $only --state "$1"; echo "applied $(cat $setting)"
cat /etc/sysctl.d/90-runward.conf
"$0" harden undo --state "$1"; echo "undone $(cat $setting)"
ls /etc/sysctl.d
`;

it('changes settings of a real kernel, keeps them for the next start, and brings back what was there', async () => {
  const host = await run('cat', ['/proc/sys/net/ipv4/conf/all/accept_redirects']);
  const { code, stdout, stderr } = await run('unshare', [
    ...['--net', '--mount', 'sh', '-ec', SCRIPT, command, scratch.below('state')],
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trim().split('\n');
  expect(lines.filter((line) => !line.includes('source_route'))).toEqual([
    'before 1',
    ...['sysctl -w net.ipv4.conf.all.accept_redirects=0', 'planned 1'],
    ...['done  sysctl -w net.ipv4.conf.all.accept_redirects=0', 'applied 0'],
    ...[
      '# Written by `runward harden apply`; `runward harden undo` removes it.',
      'net.ipv4.conf.all.accept_redirects = 0',
    ],
    ...['done  sysctl -w net.ipv4.conf.all.accept_redirects=1', 'undone 1'],
  ]);
  expect(await run('cat', ['/proc/sys/net/ipv4/conf/all/accept_redirects'])).toEqual(host);
});
