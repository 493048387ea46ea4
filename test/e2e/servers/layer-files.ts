/** Configurations, applications and secrets of the test servers: the layer over Debian's packages. */
export interface LayerFile {
  readonly path: string;
  readonly text?: string;
  /** In place of a text: a file of so many bytes. */
  readonly bytes?: number;
  readonly folder?: boolean;
  readonly mode?: number;
  /** User and group; root when left out. */
  readonly owner?: number;
}

const nginx = `
user www-data;
worker_processes 2;
daemon off;
pid /run/nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  include /etc/nginx/mime.types;
  access_log /var/log/nginx/access.log;
  sendfile on;
  gzip on;
  client_max_body_size 8m;
  server {
    listen 8080;
    root /srv/www;
    location /api/ { proxy_pass http://127.0.0.1:8081; }
    # The well-known slip: /files../x is /srv/files/../x.
    location /files { alias /srv/files/; }
  }
  server {
    listen 127.0.0.1:8081;
    root /srv/www;
    location /api/ { alias /srv/www/; error_page 405 =200 $uri; }
  }
}
`;

const redis = `
bind 127.0.0.1
port 6379
daemonize no
logfile ""
dir /var/lib/redis
appendonly yes
save 60 1
# As it was before Redis 7.
enable-protected-configs yes
`;

const nodeServer = `
const { createServer } = require('node:http');
const { readFile, writeFile, unlink } = require('node:fs/promises');
const { scrypt, randomUUID } = require('node:crypto');
const { Worker } = require('node:worker_threads');
const { exec } = require('node:child_process');

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

const routes = {
  '/': async () => JSON.stringify({ hello: 'world', at: Date.now() }),
  '/page': () => readFile('/srv/www/index.html'),
  '/hash': () => new Promise((done, fail) =>
    scrypt('secret', 'salt', 32, { N: 1024 }, (error, key) => (error ? fail(error) : done(key.toString('hex'))))),
  '/work': () => new Promise((done, fail) => {
    const worker = new Worker('require("node:worker_threads").parentPort.postMessage("done")', { eval: true });
    worker.once('message', done).once('error', fail);
  }),
  '/upload': async (request) => {
    const file = '/tmp/upload-' + randomUUID();
    await writeFile(file, await body(request));
    const size = (await readFile(file)).length;
    await unlink(file);
    return String(size);
  },
};

// The hole of this application: what a visitor sends reaches a shell.
routes['/run'] = async (request) => {
  const line = String(await body(request));
  return new Promise((done, fail) => exec(line, (error, stdout) => (error ? fail(error) : done(stdout))));
};

createServer(async (request, response) => {
  const route = routes[request.url];
  try {
    response.statusCode = route ? 200 : 404;
    response.end(route ? await route(request) : 'no such page');
  } catch (error) {
    console.error(error);
    response.statusCode = 500;
    response.end(String(error));
  }
}).listen(3000, '127.0.0.1', () => console.log('listening'));
`;

const pythonApplication = `
import json
import sqlite3
import subprocess
import tempfile
import traceback


def visit():
    with sqlite3.connect('/var/lib/app/visits.db', timeout=30) as base:
        base.execute('create table if not exists visits (at integer)')
        base.execute("insert into visits values (strftime('%s', 'now'))")
        return json.dumps({'visits': base.execute('select count(*) from visits').fetchone()[0]})


def render():
    from string import Template  # as frameworks do: modules are loaded when first needed
    with open('/srv/www/index.html') as page:
        return Template(page.read()).safe_substitute(name='world')


def upload(environ):
    with tempfile.NamedTemporaryFile(prefix='upload-') as file:
        file.write(environ['wsgi.input'].read())
        file.flush()
        return str(file.tell())


def run(environ):
    # The hole of this application: what a visitor sends reaches a shell.
    line = environ['wsgi.input'].read().decode()
    return subprocess.run(line, shell=True, check=True, capture_output=True, text=True).stdout


ROUTES = {
    '/visit': lambda environ: visit(),
    '/upload': upload,
    '/run': run,
}


def application(environ, start_response):
    try:
        text = ROUTES.get(environ['PATH_INFO'], lambda environ: render())(environ)
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return [text.encode()]
    except Exception:
        traceback.print_exc()
        start_response('500 Internal Server Error', [])
        return [b'']
`;

const secret = 'not a secret, a test of who may read it\n';

export const LAYER_FILES: readonly LayerFile[] = [
  { path: 'etc/nginx/nginx.conf', text: nginx },
  { path: 'etc/redis/redis.conf', text: redis },
  { path: 'srv/www', folder: true },
  { path: 'srv/files', folder: true },
  { path: 'srv/www/index.html', text: '<!doctype html><title>Hello</title><p>Hello, $name.\n' },
  { path: 'srv/www/large.bin', bytes: 1 << 20 },
  { path: 'srv/upload.bin', bytes: 1 << 18 },
  { path: 'srv/app/server.js', text: nodeServer },
  { path: 'srv/app/app.py', text: pythonApplication },
  { path: 'var/lib/app', folder: true },
  { path: 'etc/cron.d', folder: true },
  { path: 'etc/ssl/private', folder: true, mode: 0o710 },
  { path: 'etc/ssl/private/site.key', text: secret, mode: 0o600 },
  // As Kubernetes mounts it.
  { path: 'run/secrets/kubernetes.io/serviceaccount/token', text: secret, mode: 0o644 },
  // Ownership of folders of the packages, which the layer's own parents would otherwise hide.
  { path: 'etc/redis', folder: true },
];
