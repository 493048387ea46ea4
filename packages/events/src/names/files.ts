import { bits, type FlagTable, names } from './table.js';

const accessMode = {
  mask: 3,
  names: new Map([
    [0, 'O_RDONLY'],
    [1, 'O_WRONLY'],
    [2, 'O_RDWR'],
  ]),
};

const COMMON = `O_CREAT=${0o100} O_EXCL=${0o200} O_NOCTTY=${0o400} O_TRUNC=${0o1000} O_APPEND=${0o2000}
  O_NONBLOCK=${0o4000} O_SYNC=${0o4010000} O_DSYNC=${0o10000} FASYNC=${0o20000} O_NOATIME=${0o1000000}
  O_CLOEXEC=${0o2000000} O_PATH=${0o10000000}`;

/** `asm-generic/fcntl.h`, the values of x86. */
const OPEN_X86 = bits(
  `${COMMON} O_TMPFILE=${0o20200000} O_DIRECT=${0o40000} O_LARGEFILE=${0o100000} O_DIRECTORY=${0o200000}
  O_NOFOLLOW=${0o400000}`,
  { masked: [accessMode] },
);

/** arm64 numbers four of them differently (`arch/arm64/include/uapi/asm/fcntl.h`). */
const OPEN_ARM64 = bits(
  `${COMMON} O_TMPFILE=${0o20040000} O_DIRECTORY=${0o40000} O_NOFOLLOW=${0o100000} O_DIRECT=${0o200000}
  O_LARGEFILE=${0o400000}`,
  { masked: [accessMode] },
);

export const openFlagsOf = (arch: string): FlagTable => (arch === 'arm64' ? OPEN_ARM64 : OPEN_X86);

/** The rule language also runs in browsers, where there is no process: events there come from x86 by default. */
export const OPEN_FLAGS: FlagTable = openFlagsOf(globalThis.process?.arch ?? 'x64');

export const OpenFlag = {
  writeOnly: 1,
  readWrite: 2,
  create: 0o100,
  truncate: 0o1000,
  tmpfile: 0o20000000,
} as const;

/** `linux/fcntl.h`. Bit 0x200 means something else to unlinkat. */
export const AT_FLAGS = bits(
  `AT_SYMLINK_NOFOLLOW=0x100 AT_EACCESS=0x200 AT_SYMLINK_FOLLOW=0x400 AT_NO_AUTOMOUNT=0x800 AT_EMPTY_PATH=0x1000
  AT_RECURSIVE=0x8000`,
);
export const UNLINKAT_FLAGS = bits('AT_REMOVEDIR=0x200');

/** `linux/fs.h`. */
export const RENAME_FLAGS = bits('RENAME_NOREPLACE=1 RENAME_EXCHANGE=2 RENAME_WHITEOUT=4');

/** `linux/openat2.h`. */
export const RESOLVE_FLAGS = bits(
  `RESOLVE_NO_XDEV=1 RESOLVE_NO_MAGICLINKS=2 RESOLVE_NO_SYMLINKS=4 RESOLVE_BENEATH=8 RESOLVE_IN_ROOT=16
  RESOLVE_CACHED=32`,
);

/** `linux/mount.h`. */
export const MOUNT_FLAGS = bits(
  `MS_RDONLY=1 MS_NOSUID=2 MS_NODEV=4 MS_NOEXEC=8 MS_SYNCHRONOUS=16 MS_REMOUNT=32 MS_MANDLOCK=64 MS_DIRSYNC=128
  MS_NOSYMFOLLOW=256 MS_NOATIME=1024 MS_NODIRATIME=2048 MS_BIND=4096 MS_MOVE=8192 MS_REC=16384 MS_SILENT=32768
  MS_POSIXACL=${2 ** 16} MS_UNBINDABLE=${2 ** 17} MS_PRIVATE=${2 ** 18} MS_SLAVE=${2 ** 19} MS_SHARED=${2 ** 20}
  MS_RELATIME=${2 ** 21} MS_KERNMOUNT=${2 ** 22} MS_I_VERSION=${2 ** 23} MS_STRICTATIME=${2 ** 24}
  MS_LAZYTIME=${2 ** 25}`,
);
export const UMOUNT_FLAGS = bits('MNT_FORCE=1 MNT_DETACH=2 MNT_EXPIRE=4 UMOUNT_NOFOLLOW=8');

/** Permission bits of `linux/stat.h`. */
export const MODE_BITS = bits(
  `S_ISUID=${0o4000} S_ISGID=${0o2000} S_ISVTX=${0o1000} S_IRUSR=${0o400} S_IWUSR=${0o200} S_IXUSR=${0o100}
  S_IRGRP=${0o40} S_IWGRP=${0o20} S_IXGRP=${0o10} S_IROTH=4 S_IWOTH=2 S_IXOTH=1`,
  {
    masked: [
      {
        mask: 0o170000,
        names: new Map([
          [0o10000, 'S_IFIFO'],
          [0o20000, 'S_IFCHR'],
          [0o40000, 'S_IFDIR'],
          [0o60000, 'S_IFBLK'],
          [0o100000, 'S_IFREG'],
          [0o120000, 'S_IFLNK'],
          [0o140000, 'S_IFSOCK'],
        ]),
      },
    ],
  },
);

/** `asm-generic/fcntl.h` and `linux/fcntl.h`. */
export const FCNTL_COMMANDS = names(
  `F_DUPFD=0 F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK F_SETLKW F_SETOWN F_GETOWN F_SETSIG F_GETSIG
  F_GETLK64 F_SETLK64 F_SETLKW64 F_SETOWN_EX F_GETOWN_EX F_GETOWNER_UIDS F_OFD_GETLK=36 F_OFD_SETLK F_OFD_SETLKW
  F_SETLEASE=1024 F_GETLEASE F_NOTIFY F_CANCELLK=1029 F_DUPFD_CLOEXEC F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS
  F_GET_SEALS F_GET_RW_HINT F_SET_RW_HINT F_GET_FILE_RW_HINT F_SET_FILE_RW_HINT`,
);
