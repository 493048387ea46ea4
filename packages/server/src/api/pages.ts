import files from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Nothing but what this server itself serves; styles are also set by scripts, which the components do. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** The built pages. Files whose names tell their content are kept by browsers; the first page is asked for each time. */
export async function servePages(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(files, {
    root: folder,
    cacheControl: true,
    maxAge: '0',
    setHeaders: (reply, path) => {
      if (path.includes('/assets/')) reply.header('cache-control', 'public, max-age=31536000, immutable');
    },
  });
}

/** Addresses of pages are known to the pages alone: whatever a browser asks to see is the first page. */
export const isPage = ({ method, url, headers }: FastifyRequest): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  !url.startsWith('/api/') &&
  !url.startsWith('/assets/') &&
  (headers.accept ?? '').includes('text/html');
