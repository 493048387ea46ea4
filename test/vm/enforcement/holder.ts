/** `holder.ts PID`: binds the container of that process, says so, and waits to be killed. */
import { PinnedEnforcement } from '@runward/enforce';
import { cgroupOf } from './box.js';
import { SECRET } from './lifecycle.js';
import { tablesOf } from './policies.js';

const pid = Number(process.argv[2]);
const enforcement = await PinnedEnforcement.open({
  objectPath: 'build/bpf/enforce.bpf.o',
  pinFolder: process.env.RUNWARD_PIN_FOLDER ?? '',
});
const set = enforcement.load(tablesOf(SECRET));
enforcement.bind({ cgroups: [cgroupOf(pid)], pid, set, failClosed: true });
process.stdout.write('bound\n');
setInterval(() => undefined, 1000);
