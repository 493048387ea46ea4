/** The servers that are tried, each as its package and common practice run it, and what loads it. */
export interface Server {
  readonly name: 'nginx' | 'postgresql' | 'redis' | 'node' | 'python';
  /** The policy of policies/ that is made for it. */
  readonly preset: string;
  readonly args: readonly string[];
  /** User and group; the servers whose images run as root run as root. */
  readonly user: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Run outside of the container in its network: succeeds once the server answers. */
  readonly ready: readonly string[];
  /** Run once before the load. */
  readonly prepare: readonly (readonly string[])[];
  /** One round of load of about so many seconds. */
  load(seconds: number): readonly (readonly string[])[];
  /** What an orchestrator would run inside of the container to see whether it is well. */
  readonly health?: readonly string[];
  /** In what the load prints: something went wrong. */
  readonly failure: RegExp;
  readonly exploits: readonly Exploit[];
}

/** A known way in through the server's own door, as far as its outcome shows at the other end. */
export interface Exploit {
  readonly name: string;
  readonly what: string;
  /** Run as the load is. */
  readonly command: readonly string[];
  /** In what it prints: it worked. */
  readonly worked: RegExp;
}

const curl = (...args: readonly string[]): string[] => [
  'curl',
  '--silent',
  '--show-error',
  '--fail',
  ...args,
];
const wrk = (seconds: number, url: string): string[] => [
  'wrk',
  '-t1',
  '-c8',
  `-d${seconds}s`,
  '--timeout',
  '30s',
  url,
];
const upload = (url: string): string[] =>
  curl('--data-binary', '@/srv/upload.bin', '--output', '/dev/null', url);
const wrkFailure = /Non-2xx or 3xx|Socket errors|unable to connect/;
const psql = (...statements: readonly string[]): string[] => [
  '/usr/lib/postgresql/15/bin/psql',
  ...['-h', '127.0.0.1', '-U', 'postgres', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1'],
  ...statements.flatMap((statement) => ['-c', statement]),
  'postgres',
];
const part = (seconds: number, parts: number): number => Math.max(1, Math.round(seconds / parts));

const nginx: Server = {
  name: 'nginx',
  preset: 'web-server',
  args: ['nginx', '-c', '/etc/nginx/nginx.conf'],
  user: 0,
  ready: curl('--output', '/dev/null', 'http://127.0.0.1:8080/'),
  prepare: [],
  load: (seconds) => [
    wrk(part(seconds, 3), 'http://127.0.0.1:8080/'),
    wrk(part(seconds, 3), 'http://127.0.0.1:8080/large.bin'),
    wrk(part(seconds, 3), 'http://127.0.0.1:8080/api/index.html'),
    upload('http://127.0.0.1:8080/api/index.html'),
  ],
  failure: wrkFailure,
  exploits: [
    {
      name: 'alias-traversal',
      what: 'reads the source of an application through an `alias` that lacks a slash',
      command: curl('--path-as-is', 'http://127.0.0.1:8080/files../app/app.py'),
      worked: /def application/,
    },
  ],
};

const postgresql: Server = {
  name: 'postgresql',
  preset: 'database',
  args: [
    '/usr/lib/postgresql/15/bin/postgres',
    '-D',
    '/var/lib/postgresql/15/main',
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=/var/run/postgresql',
  ],
  user: 101,
  ready: ['/usr/lib/postgresql/15/bin/pg_isready', '-h', '127.0.0.1', '-U', 'postgres'],
  prepare: [
    [
      '/usr/lib/postgresql/15/bin/pgbench',
      '-h',
      '127.0.0.1',
      '-U',
      'postgres',
      '-i',
      '-q',
      '-s',
      '1',
      'postgres',
    ],
  ],
  load: (seconds) => [
    ['/usr/lib/postgresql/15/bin/pgbench', '-h', '127.0.0.1', '-U', 'postgres', '-c', '4', '-T', String(part(seconds, 2)), 'postgres'],
    ['/usr/lib/postgresql/15/bin/pgbench', '-h', '127.0.0.1', '-U', 'postgres', '-c', '4', '-C', '-S', '-T', String(part(seconds, 2)), 'postgres'],
    // A sort that spills to disk, parallel workers with their shared memory, a temporary table, maintenance.
    [
      '/usr/lib/postgresql/15/bin/psql', '-h', '127.0.0.1', '-U', 'postgres', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null',
      '-c', "set work_mem='64kB'; select aid from pgbench_accounts order by md5(aid::text) limit 5",
      '-c', 'set parallel_setup_cost=0; set parallel_tuple_cost=0; set min_parallel_table_scan_size=0; select count(*) from pgbench_accounts where abalance > 7',
      '-c', 'create temporary table t as select * from pgbench_tellers; drop table t',
      '-c', 'vacuum analyze pgbench_tellers',
      '-c', 'checkpoint',
      'postgres',
    ],
  ], // biome-ignore format: options and their values
  health: ['/usr/lib/postgresql/15/bin/pg_isready', '-h', '127.0.0.1'],
  failure: /ERROR|FATAL|could not|failed transactions: [1-9]/,
  exploits: [
    {
      name: 'copy-to-program',
      what: 'starts a shell by `COPY … TO PROGRAM`',
      command: psql("copy (select 'x') to program 'cat >/tmp/owned'", "select 'it worked'"),
      worked: /it worked/,
    },
    {
      name: 'pg-read-file',
      what: "reads the pod's account token by `pg_read_file`",
      command: psql("select pg_read_file('/run/secrets/kubernetes.io/serviceaccount/token')"),
      worked: /not a secret/,
    },
    {
      name: 'copy-to-file',
      what: 'writes a file outside of its data by `COPY … TO`',
      command: psql("copy (select 'x') to '/var/tmp/planted'", "select 'it worked'"),
      worked: /it worked/,
    },
  ],
};

const redis: Server = {
  name: 'redis',
  preset: 'cache',
  args: ['redis-server', '/etc/redis/redis.conf'],
  user: 102,
  ready: ['redis-cli', '-h', '127.0.0.1', 'ping'],
  prepare: [],
  load: (seconds) => [
    ['redis-benchmark', '-h', '127.0.0.1', '-q', '-c', '8', '-n', String(2000 * seconds), '-t', 'set,get,lpush,lrange_100'],
    ['redis-cli', '-h', '127.0.0.1', 'bgsave'],
    ['redis-cli', '-h', '127.0.0.1', 'eval', 'return redis.call("incr", "counter")', '0'],
    ['sh', '-c', 'until redis-cli -h 127.0.0.1 info persistence | grep -q "rdb_bgsave_in_progress:0"; do sleep 0.2; done'],
    ['redis-cli', '-h', '127.0.0.1', 'bgrewriteaof'],
    ['sh', '-c', 'until redis-cli -h 127.0.0.1 info persistence | grep -q "aof_rewrite_in_progress:0"; do sleep 0.2; done'],
    ['sh', '-c', '! redis-cli -h 127.0.0.1 info persistence | grep -E "^(rdb|aof)_last_.*_status:err"'],
  ], // biome-ignore format: options and their values
  health: ['redis-cli', '-h', '127.0.0.1', 'ping'],
  failure: /ERR|error|refused|reset/i,
  exploits: [
    {
      name: 'save-elsewhere',
      what: 'writes a file outside of its data by `CONFIG SET dir` and `SAVE`',
      command: [
        'sh',
        '-c',
        'redis-cli -h 127.0.0.1 config set dir /var/tmp && redis-cli -h 127.0.0.1 save; redis-cli -h 127.0.0.1 config set dir /var/lib/redis',
      ],
      worked: /^OK\s+OK\s+OK/,
    },
  ],
};

const node: Server = {
  name: 'node',
  preset: 'node',
  args: ['node', '/srv/app/server.js'],
  user: 0,
  env: { NODE_ENV: 'production' },
  ready: curl('--output', '/dev/null', 'http://127.0.0.1:3000/'),
  prepare: [],
  load: (seconds) => [
    wrk(part(seconds, 3), 'http://127.0.0.1:3000/'),
    wrk(part(seconds, 3), 'http://127.0.0.1:3000/page'),
    wrk(part(seconds, 3), 'http://127.0.0.1:3000/hash'),
    ...Array.from({ length: 5 }, () => upload('http://127.0.0.1:3000/upload')),
    ...Array.from({ length: 3 }, () => curl('http://127.0.0.1:3000/work')),
  ],
  failure: wrkFailure,
  exploits: [
    {
      name: 'command-injection',
      what: 'starts a shell through a parameter that reaches one',
      command: curl('--data', 'echo it worked', 'http://127.0.0.1:3000/run'),
      worked: /it worked/,
    },
  ],
};

const python: Server = {
  name: 'python',
  preset: 'python',
  args: ['gunicorn', '--chdir', '/srv/app', '--workers', '2', '--bind', '127.0.0.1:8000', '--timeout', '120', 'app:application'],
  user: 0,
  ready: curl('--output', '/dev/null', 'http://127.0.0.1:8000/'),
  prepare: [],
  load: (seconds) => [
    wrk(part(seconds, 2), 'http://127.0.0.1:8000/'),
    wrk(part(seconds, 2), 'http://127.0.0.1:8000/visit'),
    ...Array.from({ length: 5 }, () => upload('http://127.0.0.1:8000/upload')),
  ],
  failure: wrkFailure,
  exploits: [
    {
      name: 'command-injection',
      what: 'starts a shell through a parameter that reaches one',
      command: curl('--data', 'echo it worked', 'http://127.0.0.1:8000/run'),
      worked: /it worked/,
    },
  ],
}; // biome-ignore format: options and their values

export const SERVERS: readonly Server[] = [nginx, postgresql, redis, node, python];
