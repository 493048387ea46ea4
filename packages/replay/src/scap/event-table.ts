/**
 * The events of `.scap` captures: number of the enter event (the exit event is one more), name, parameters of the
 * enter and of the exit event in order. New versions of an event only append parameters, so one row serves all
 * captures; which of them an event has is told by how many it carries.
 *
 * Facts from falcosecurity/libs, `driver/event_table.c` and `driver/ppm_events_public.h`.
 */
export interface EventRow {
  readonly enter: number;
  /** Name in the ecosystem, for reports. */
  readonly name: string;
  /** Name of our event type; undefined for what no rule here can speak about. */
  readonly type: string | undefined;
  readonly enterParams: ReadonlyMap<string, number>;
  readonly exitParams: ReadonlyMap<string, number>;
}

const IMAGE = 'res exe args tid pid ptid cwd fdlimit pgft_maj pgft_min vm_size vm_rss vm_swap';
const CHILD = 'flags uid gid';
const CHILD_20 = `comm cgroups ${CHILD} vtid vpid pidns_init_start_ts`;
const EXEC_19 = `${IMAGE} comm cgroups env tty vpgid loginuid flags cap_inheritable cap_permitted cap_effective exe_ino exe_ino_ctime exe_ino_mtime uid trusted_exepath pgid gid filename`;
const TRANSFER = 'res data fd size';

/** `number|name|enter|exit`; `name=type` where our event type has another name. */
const SUPPORTED = `
2|open|name flags mode|fd name flags mode dev ino
4|close|fd|res fd
6|read|fd size|${TRANSFER}
8|write|fd size|${TRANSFER}
12|execve||res exe args tid pid ptid cwd fdlimit
14|clone||res exe args tid pid ptid cwd fdlimit ${CHILD}
16|procexit||
18|socket|domain type proto|fd domain type proto
20|bind|fd|res addr fd
22|connect|fd addr|res tuple fd addr
24|listen|fd backlog|res fd backlog
26|accept||fd tuple queuepct
28|send=sendto|fd size|${TRANSFER} tuple
30|sendto|fd size tuple|${TRANSFER} tuple
32|recv=recvfrom|fd size|${TRANSFER} tuple
34|recvfrom|fd size|res data tuple fd size
36|shutdown|fd how|res fd how
42|socketpair|domain type proto|res fd1 fd2 source peer domain type proto
48|sendmsg|fd size tuple|${TRANSFER} tuple
50|sendmmsg||res fd size data tuple
52|recvmsg|fd|res size data tuple msgcontrol fd
54|recvmmsg||res fd size data tuple msgcontrol
56|accept4|flags|fd tuple queuepct
58|creat|name mode|fd name mode dev ino
60|pipe||res fd1 fd2 ino
90|ioctl|fd request|res
94|chdir||res path
96|fchdir|fd|res fd
98|mkdir|path mode|res
100|rmdir|path|res
102|openat|dirfd name flags mode|fd
104|link|oldpath newpath|res
106|linkat|olddir oldpath newdir newpath|res
108|unlink|path|res
110|unlinkat|dirfd name|res
112|pread|fd size pos|${TRANSFER} pos
114|pwrite|fd size pos|${TRANSFER} pos
116|readv|fd|res size data fd
118|writev|fd size|${TRANSFER}
120|preadv|fd pos|res size data fd pos
122|pwritev|fd size pos|${TRANSFER} pos
124|dup|fd|res
128|kill|pid sig|res pid sig
130|tkill|tid sig|res tid sig
132|tgkill|pid tid sig|res pid tid sig
150|fcntl|fd cmd|res fd cmd
154|execve||${IMAGE}
156|clone||${IMAGE} ${CHILD}
160|mmap|addr length prot flags fd offset|res vm_size vm_rss vm_swap addr length prot flags fd offset
162|mmap2=mmap|addr length prot flags fd offset|res vm_size vm_rss vm_swap addr length prot flags fd offset
168|ptrace|request pid|res addr data request pid
170|ioctl|fd request argument|res fd request argument
172|execve||${IMAGE} env
174|rename||res oldpath newpath
176|renameat||res olddirfd oldpath newdirfd newpath
178|symlink||res target linkpath
180|symlinkat||res target linkdirfd linkpath
182|fork||${IMAGE} ${CHILD}
184|vfork||${IMAGE} ${CHILD}
186|procexit|status ret sig core reaper_tid|
188|sendfile|out_fd in_fd offset size|res offset out_fd in_fd size
192|setresuid|ruid euid suid|res ruid euid suid
194|setresgid|rgid egid sgid|res rgid egid sgid
198|setuid|uid|res uid
200|setgid|gid|res gid
214|execve||${IMAGE} comm env
216|clone||${IMAGE} comm ${CHILD}
218|fork||${IMAGE} comm ${CHILD}
220|vfork||${IMAGE} comm ${CHILD}
222|clone||${IMAGE} ${CHILD_20}
224|fork||${IMAGE} ${CHILD_20}
226|vfork||${IMAGE} ${CHILD_20}
230|execve||${IMAGE} comm cgroups env
240|setns|fd nstype|res fd nstype
246|accept||fd tuple queuepct queuelen queuemax
248|accept4|flags|fd tuple queuepct queuelen queuemax
256|mount|flags|res dev dir type flags
258|umount=umount2|flags|res name
266|chroot||res path
274|setsid||res
276|mkdir|mode|res path mode
278|rmdir||res path
282|execve||${IMAGE} comm cgroups env tty
284|unshare|flags|res flags
288|execve|filename|${IMAGE} comm cgroups env tty
292|execve|filename|${EXEC_19}
294|setpgid|pid pgid|res pid pgid
296|bpf|cmd|res_or_fd
298|seccomp|op flags|res op flags
300|unlink||res path
302|unlinkat||res dirfd name flags
304|mkdirat||res dirfd path mode
306|openat|dirfd name flags mode|fd dirfd name flags mode dev ino
308|link||res oldpath newpath
310|linkat||res olddir oldpath newdir newpath flags
312|fchmodat||res dirfd filename mode
314|chmod||res filename mode
316|fchmod||res fd mode
318|renameat2||res olddirfd oldpath newdirfd newpath flags
320|userfaultfd||res flags
326|openat2|dirfd name flags mode resolve|fd dirfd name flags mode resolve dev ino
328|mprotect|addr length prot|res addr length prot
330|execveat|dirfd pathname flags|${EXEC_19}
334|clone3||${IMAGE} ${CHILD_20}
336|open_by_handle_at||fd mountfd flags path dev ino
338|io_uring_setup||res entries
352|capset||res cap_inheritable cap_permitted cap_effective
362|dup2|fd|res oldfd newfd
364|dup3|fd|res oldfd newfd flags
366|dup|fd|res oldfd
368|bpf|cmd|fd cmd
372|fsconfig||res fd cmd key
378|chown||res path uid gid
380|lchown||res path uid gid
382|fchown||res fd uid gid
384|fchownat||res dirfd pathname uid gid flags
386|umount=umount2||res name
388|accept4|flags|fd tuple queuepct queuelen queuemax flags
390|umount2|flags|res name flags
392|pipe2||res fd1 fd2 ino flags
400|prctl||res option arg2_str arg2
404|memfd_create||fd name flags
406|pidfd_getfd||fd pidfd targetfd flags
408|pidfd_open||fd pid flags
410|init_module||res img length uargs
412|finit_module||res fd uargs flags
414|mknod||res path mode dev
416|mknodat||res dirfd path mode dev
420|process_vm_readv||res pid data
422|process_vm_writev||res pid data
424|delete_module||res name flags
426|setreuid||res ruid euid
428|setregid||res rgid egid`;

/** Read for what they tell about containers and losses, or counted only; no rule can speak about them. */
const OTHERS = `
0|syscall|ID nativeID|ID
10|brk||
38|getsockname||
40|getpeername||
44|setsockopt||
46|getsockopt||
62|eventfd|initval flags|res
64|futex||
66|stat||
68|lstat||
70|fstat||
72|stat64||
74|lstat64||
76|fstat64||
78|epoll_wait||
80|poll||
82|select||
84|select||
86|lseek||
88|llseek||
92|getcwd||
126|signalfd||res
134|nanosleep||
136|timerfd_create||res
138|inotify_init||res
140|getrlimit||
142|setrlimit||
144|prlimit||
146|switch||
148|drop|ratio|ratio
152|switch||
158|brk||
164|munmap||
166|splice||
190|quotactl||
196|scapevent||
202|getuid||
204|geteuid||
206|getgid||
208|getegid||
210|getresuid||
212|getresgid||
228|container|id type name image|
232|signaldeliver||
234|procinfo||
236|getdents||
238|getdents64||
242|flock||
244|cpu_hotplug||
250|semop||
252|semctl||
254|ppoll||
260|k8s||
262|semget||
264|access||
268|tracer||
270|mesos||
272|container|json|
280|notification||
286|infra||
290|page_fault||
322|pluginevent||
324|container|json|
332|copy_file_range||
340|io_uring_enter||
342|io_uring_register||
344|mlock||
346|munlock||
348|mlockall||
350|munlockall||
354|useradded|uid gid name home shell container_id|
356|userdeleted||
358|groupadded|gid name container_id|
360|groupdeleted||
370|mlock2||
374|epoll_create|size|res
376|epoll_create1|flags|res
394|inotify_init1||res
396|eventfd2|initval|res
398|signalfd4||res
402|asyncevent|plugin_id name data|
418|newfstatat||`;

const positions = (text: string): ReadonlyMap<string, number> =>
  new Map(text.split(' ').flatMap((name, i) => (name === '' ? [] : [[name, i] as const])));

function rowsOf(table: string, isSupported: boolean): readonly EventRow[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [enter = '', names = '', enterParams = '', exitParams = ''] = line.split('|');
      const [name = '', type = name] = names.split('=');
      return {
        enter: Number(enter),
        name,
        type: isSupported ? type : undefined,
        enterParams: positions(enterParams),
        exitParams: positions(exitParams),
      };
    });
}

const ROWS: readonly EventRow[] = [...rowsOf(SUPPORTED, true), ...rowsOf(OTHERS, false)];
const BY_NUMBER: (EventRow | undefined)[] = [];
for (const row of ROWS) BY_NUMBER[row.enter] = BY_NUMBER[row.enter + 1] = row;

/** The row of an event, entering or leaving; undefined for numbers newer than this table. */
export const eventRow = (number: number): EventRow | undefined => BY_NUMBER[number];

/** Names of our event types that captures can carry. */
export const SCAP_EVENT_TYPES: ReadonlySet<string> = new Set(ROWS.flatMap((row) => row.type ?? []));
