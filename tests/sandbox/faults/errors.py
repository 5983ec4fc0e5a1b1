# SPDX-License-Identifier: Apache-2.0
"""How each system call of ours can fail, and which of its calls are tried."""

import errno

E = errno
FILE = (E.EMFILE, E.EACCES)
MEMORY = (E.ENOMEM, E.EPERM)
WAIT = (E.EINTR, E.ENOMEM)
PIPE = (E.EPIPE, E.ENOBUFS)

# How each can fail: two errors that the call's manual page has, or that its
# object may give (a disk, a security module).
ERRORS = {
    "accept4": (E.EMFILE, E.ECONNABORTED),
    "access": FILE, "bind": (E.EACCES, E.EADDRINUSE), "brk": MEMORY, "capget": (E.EPERM, E.EINVAL),
    "capset": (E.EPERM, E.EINVAL), "chdir": (E.EACCES, E.ENOMEM),
    "chmod": (E.EPERM, E.EROFS), "clock_adjtime": (E.EPERM, E.ENOSYS),
    "clone": (E.EAGAIN, E.ENOMEM), "clone3": (E.EPERM, E.ENOSPC),
    "close": (E.EIO, E.EINTR), "close_range": (E.ENOMEM, E.EMFILE),
    "connect": (E.EACCES, E.EAGAIN), "dup2": (E.EMFILE, E.EINTR),
    "dup3": (E.EMFILE, E.EBUSY), "epoll_create1": (E.EMFILE, E.ENOMEM),
    "epoll_ctl": (E.ENOMEM, E.ENOSPC), "epoll_wait": WAIT, "execve":
    (E.EACCES, E.ENOMEM), "faccessat2": (E.EACCES, E.ENOMEM),
    "fallocate": (E.ENOSPC, E.EIO), "fchdir": (E.EACCES, E.EIO),
    "fchmod": (E.EPERM, E.EROFS), "fchown": (E.EPERM, E.EROFS),
    "fchownat": (E.EPERM, E.EROFS),
    "fcntl": (E.EPERM, E.EMFILE), "fdatasync": (E.EIO, E.ENOSPC),
    "flock": (E.EINTR, E.ENOLCK), "fsconfig": (E.EPERM, E.ENOMEM),
    "fsmount": (E.EPERM, E.ENOMEM), "fsopen": (E.EPERM, E.ENOMEM),
    "fstat": MEMORY, "fstatfs": (E.EIO, E.ENOMEM),
    "fsync": (E.EIO, E.ENOSPC), "ftruncate": (E.EIO, E.EPERM),
    "futex": (E.EINTR, E.EAGAIN), "getcwd": (E.ENOENT, E.ENOMEM),
    "getdents64": (E.EIO, E.ENOMEM), "getrandom": (E.EAGAIN, E.EINTR),  # ENOSYS: libsodium calls abort(3)
    "getsockopt": (E.ENOBUFS, E.EPERM),
    "inotify_add_watch": (E.ENOSPC, E.ENOMEM),
    "inotify_init1": (E.EMFILE, E.ENOMEM), "ioctl": (E.EPERM, E.ENODEV),
    "keyctl": (E.EPERM, E.EDQUOT),
    "listen": (E.EADDRINUSE, E.EOPNOTSUPP),
    "landlock_add_rule": (E.EPERM, E.ENOMEM),
    "landlock_create_ruleset": (E.EPERM, E.ENOMEM),
    "landlock_restrict_self": (E.EPERM, E.E2BIG),
    "linkat": (E.EPERM, E.ENOSPC), "lseek": (E.EINVAL, E.ESPIPE),
    "madvise": (E.ENOMEM, E.EAGAIN), "memfd_create": (E.EMFILE, E.ENOMEM),
    "mkdirat": (E.EACCES, E.ENOSPC),
    "mknodat": (E.EPERM, E.ENOSPC), "mlock": (E.ENOMEM, E.EPERM),
    "munlock": (E.ENOMEM, E.EPERM),
    "mmap": (E.ENOMEM, E.EPERM), "mount": (E.EPERM, E.ENOMEM),
    "mount_setattr": (E.EPERM, E.ENOMEM), "move_mount": (E.EPERM, E.ENOMEM),
    "mprotect": (E.ENOMEM, E.EACCES), "mremap": MEMORY,
    "munmap": (E.ENOMEM, E.EINVAL), "newfstatat": (E.EACCES, E.ENOMEM),
    "open_tree": (E.EPERM, E.ENOMEM), "openat": FILE,
    "openat2": (E.EMFILE, E.EAGAIN), "pidfd_open": (E.EMFILE, E.ENOMEM),
    "pidfd_send_signal": (E.EPERM, E.EINVAL), "pipe2": (E.EMFILE, E.ENFILE),
    "pivot_root": (E.EPERM, E.EINVAL), "poll": WAIT, "ppoll": WAIT,
    "prctl": (E.EPERM, E.EINVAL), "pread64": (E.EIO, E.EINTR),
    "prlimit64": (E.EPERM, E.EINVAL), "pwrite64": (E.ENOSPC, E.EIO),
    "read": (E.EIO, E.EINTR), "readlink": (E.EACCES, E.EIO),
    "readlinkat": (E.EACCES, E.EIO), "recvfrom": (E.ENOMEM, E.ECONNRESET),
    "recvmsg": (E.ENOMEM, E.ECONNRESET),
    "renameat": (E.EPERM, E.ENOSPC), "rt_sigaction": (E.EINVAL, E.EPERM),
    "rt_sigprocmask": (E.EINVAL, E.EPERM), "seccomp": (E.EINVAL, E.ENOMEM),
    "sendmsg": PIPE, "sendto": PIPE, "setdomainname": (E.EPERM, E.EFAULT),
    "setgroups": (E.EPERM, E.ENOMEM), "sethostname": (E.EPERM, E.EFAULT),
    "setresgid": (E.EPERM, E.EINVAL), "setresuid": (E.EAGAIN, E.EPERM),
    "setsid": (E.EPERM, E.ENOMEM), "signalfd4": (E.EMFILE, E.ENODEV),
    "socket": (E.EMFILE, E.ENOBUFS), "socketpair": (E.EMFILE, E.ENFILE),
    "statfs": (E.EIO, E.ENOMEM), "statx": (E.EACCES, E.ENOMEM),
    "sync_file_range": (E.EIO, E.ENOSPC),
    "symlinkat": (E.EACCES, E.ENOSPC), "sysinfo": (E.EFAULT, E.EPERM), "umount2": (E.EPERM, E.EBUSY),
    "uname": (E.EFAULT, E.EPERM), "unlinkat": (E.EPERM, E.EBUSY),
    "unshare": (E.EPERM, E.ENOSPC), "wait4": (E.EINTR, E.ECHILD),
    "write": (E.EIO, E.EPERM),
}

NOT_INJECTED = {
    "exit_group": "never returns",
    "getegid": "cannot fail", "geteuid": "cannot fail",
    "getpgrp": "cannot fail",
    "getgid": "cannot fail", "getpid": "cannot fail",
    "getppid": "cannot fail", "gettid": "cannot fail",
    "getuid": "cannot fail", "umask": "cannot fail",
    "set_robust_list": "libc's, in each fork; what it is for, threads, is "
                       "not there",
}

OFTEN = 4  # a call that one place makes more often: some of them


def name_of(place):
    return place.split(":")[0]


def some_of(last):
    """Which of a place's calls: the first ones, one between, the last."""
    if last <= OFTEN:
        return range(1, last + 1)
    return sorted({1, 2, last // 2 + 1, last})
