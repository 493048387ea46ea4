import { describe, expect, it } from 'vitest';
import { namesThrough, parseMounts, placeInFileSystem } from './mountinfo.js';

const TEXT = `96 61 0:38 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/l1:/l2,upperdir=/var/lib/a\\054b/diff,workdir=/w
97 96 0:53 / /proc rw,relatime - proc proc rw
98 96 8:1 /volumes/a\\040b /data ro,relatime - ext4 /dev/sda1 rw
99 96 8:1 /volumes /all rw,relatime shared:4 - ext4 /dev/sda1 rw
100 96 0:60 / /run ro - tmpfs tmpfs rw
broken line
101 96 0:61 / /super rw - tmpfs tmpfs ro,size=1k
`;

describe('the mounts of a process', () => {
  const mounts = parseMounts(TEXT);

  it('are read line by line, leaving out what is no mount', () => {
    expect(mounts.map(({ id }) => id)).toEqual([96, 97, 98, 99, 100, 101]);
    expect(mounts[2]).toEqual({
      ...{ id: 98, parent: 96, device: '8:1', root: '/volumes/a b', point: '/data', type: 'ext4' },
      ...{ readOnly: true, upper: undefined },
    });
  });

  it('are read-only by the mount or by its file system', () => {
    expect(mounts.map(({ readOnly }) => readOnly)).toEqual([false, false, true, false, true, true]);
  });

  it('name the upper layer of an overlay, commas and all', () => {
    expect(mounts[0]?.upper).toBe('/var/lib/a,b/diff');
  });

  it.each([
    ['upperdir=relative/diff', undefined],
    ['lowerdir=/upperdir=/x', undefined],
    ['lowerdir=/x', undefined],
  ])('have no upper layer by `%s`', (options, upper) => {
    expect(parseMounts(`1 0 0:1 / / rw - overlay overlay ${options}`)[0]?.upper).toBe(upper);
  });

  it('give a file all the names its file system is mounted by', () => {
    const data = mounts[2];
    if (data === undefined) throw new Error('no mount');
    const place = placeInFileSystem(data, '/data/x');
    expect(place).toBe('/volumes/a b/x');
    expect(namesThrough(mounts, '8:1', place ?? '')).toEqual(['/data/x', '/all/a b/x']);
    expect(placeInFileSystem(data, '/database/x')).toBeUndefined();
    expect(namesThrough(mounts, '8:1', '/volumes')).toEqual(['/all']);
    expect(namesThrough(mounts, '0:38', '/')).toEqual(['/']);
  });
});
