/* The hooks: the write-side calls of the C library as Python and SQLite make them. */
#define _GNU_SOURCE
#include "points.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name, ...) syscall(SYS_##name, __VA_ARGS__)

/* ---- bytes */

static ssize_t put(int fd, const void *bytes, size_t length, off_t offset, const char *what) {
    char path[LONGEST];
    int placed = offset >= 0;
    int counted = length && path_of(fd, path);
    enum turn turn = PASS;
    if (counted && (turn = begin(WRITES, what, path)) == FAIL) return -1;
    if (counted && is_journaled()) {
        off_t where = offset;
        struct stat about;
        if (!placed) where = (fcntl(fd, F_GETFL) & O_APPEND) && !fstat(fd, &about)
                                 ? about.st_size : lseek(fd, 0, SEEK_CUR);
        journal_bytes(fd, where, length);
    }
    size_t part = turn == HALF ? length / 2 : length;
    ssize_t done = placed ? REAL(pwrite64, fd, bytes, part, offset) : REAL(write, fd, bytes, part);
    if (counted) end(turn);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) { return put(fd, bytes, length, -1, "write"); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return put(fd, bytes, length, offset, "pwrite");
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    return put(fd, bytes, length, offset, "pwrite");
}

/* A gathered write is made piece by piece where it counts. */
static ssize_t put_all(int fd, const struct iovec *pieces, int many, off_t offset) {
    ssize_t total = 0;
    for (int i = 0; i < many; i++) {
        if (!pieces[i].iov_len) continue;
        ssize_t done = put(fd, pieces[i].iov_base, pieces[i].iov_len,
                           offset < 0 ? -1 : offset + total, "writev");
        if (done < 0) return total ? total : -1;
        total += done;
    }
    return total;
}
ssize_t writev(int fd, const struct iovec *pieces, int many) {
    char path[LONGEST];
    return path_of(fd, path) ? put_all(fd, pieces, many, -1) : REAL(writev, fd, pieces, many);
}
ssize_t pwritev(int fd, const struct iovec *pieces, int many, off_t offset) {
    char path[LONGEST];
    return path_of(fd, path) ? put_all(fd, pieces, many, offset)
                             : REAL(pwritev, fd, pieces, many, offset, 0L);
}

int ftruncate(int fd, off_t size) {
    char path[LONGEST];
    if (!path_of(fd, path)) return REAL(ftruncate, fd, size);
    enum turn turn = begin(WRITES, "ftruncate", path);
    if (turn == FAIL) return -1;
    if (is_journaled()) journal_size(fd, size);
    int done = REAL(ftruncate, fd, size);
    end(turn);
    return done;
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

static int sync_with(long number, int fd, const char *what) {
    char path[LONGEST];
    if (!path_of(fd, path)) return syscall(number, fd);
    enum turn turn = begin(SYNCS, what, path);
    if (turn == FAIL) return -1;
    int done = syscall(number, fd);
    if (!done && is_journaled()) journal_synced(fd, path);
    end(turn);
    return done;
}
int fsync(int fd) { return sync_with(SYS_fsync, fd, "fsync"); }
int fdatasync(int fd) { return sync_with(SYS_fdatasync, fd, "fdatasync"); }

/* ---- names */

static int open_at(int base, const char *path, int flags, mode_t rights) {
    char whole[LONGEST];
    struct stat about;
    int writes = (flags & O_ACCMODE) != O_RDONLY;
    if (writes && is_read_only() && absolute(base, path, whole)) {
        errno = EROFS;
        return -1;
    }
    if (!writes || !(flags & (O_CREAT | O_TRUNC)) || !absolute(base, path, whole))
        return REAL(openat, base, path, flags, rights);
    int there = !lstat(whole, &about);
    int cuts = there && (flags & O_TRUNC) && about.st_size > 0;
    if (there && !cuts) return REAL(openat, base, path, flags, rights);
    enum turn turn = begin(MAKES, there ? "truncate" : "create", whole);
    if (turn == FAIL) return -1;
    if (is_journaled() && cuts) {
        int old = syscall(SYS_openat, AT_FDCWD, whole, O_RDONLY | O_CLOEXEC);
        journal_size(old, 0);
        syscall(SYS_close, old);
    } else if (is_journaled()) {
        journal_created(whole);
    }
    int fd = REAL(openat, base, path, flags, rights);
    if (fd < 0 && is_journaled()) journal_forget_last();
    end(turn);
    return fd;
}

#define RIGHTS(flags, rights)                                                                      \
    mode_t rights = 0;                                                                             \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        rights = va_arg(more, mode_t);                                                             \
        va_end(more);                                                                              \
    }

int open(const char *path, int flags, ...) { RIGHTS(flags, rights) return open_at(AT_FDCWD, path, flags, rights); }
int open64(const char *path, int flags, ...) { RIGHTS(flags, rights) return open_at(AT_FDCWD, path, flags, rights); }
int openat(int base, const char *path, int flags, ...) { RIGHTS(flags, rights) return open_at(base, path, flags, rights); }
int openat64(int base, const char *path, int flags, ...) { RIGHTS(flags, rights) return open_at(base, path, flags, rights); }

int renameat2(int base, const char *from, int other, const char *to, unsigned flags) {
    char old[LONGEST], fresh[LONGEST];
    if (!absolute(base, from, old) || !absolute(other, to, fresh))
        return REAL(renameat2, base, from, other, to, flags);
    enum turn turn = begin(NAMES, "rename", fresh);
    if (turn == FAIL) return -1;
    if (is_journaled()) journal_renames(old, fresh);
    int done = REAL(renameat2, base, from, other, to, flags);
    if (done && is_journaled()) journal_forget_last();
    end(turn);
    return done;
}
int renameat(int base, const char *from, int other, const char *to) { return renameat2(base, from, other, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int base, const char *path, int flags) {
    char whole[LONGEST];
    struct stat about;
    if (!absolute(base, path, whole) || lstat(whole, &about)) return REAL(unlinkat, base, path, flags);
    enum turn turn = begin(NAMES, flags & AT_REMOVEDIR ? "rmdir" : "unlink", whole);
    if (turn == FAIL) return -1;
    if (is_journaled()) journal_removes(whole, flags & AT_REMOVEDIR);
    int done = REAL(unlinkat, base, path, flags);
    if (done && is_journaled()) journal_forget_last();
    end(turn);
    return done;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int base, const char *path, mode_t rights) {
    char whole[LONGEST];
    struct stat about;
    if (!absolute(base, path, whole) || !lstat(whole, &about)) return REAL(mkdirat, base, path, rights);
    enum turn turn = begin(MAKES, "mkdir", whole);
    if (turn == FAIL) return -1;
    if (is_journaled()) journal_created(whole);
    int done = REAL(mkdirat, base, path, rights);
    if (done && is_journaled()) journal_forget_last();
    end(turn);
    return done;
}
int mkdir(const char *path, mode_t rights) { return mkdirat(AT_FDCWD, path, rights); }

int linkat(int base, const char *from, int other, const char *to, int flags) {
    char whole[LONGEST];
    if (!absolute(other, to, whole)) return REAL(linkat, base, from, other, to, flags);
    enum turn turn = begin(MAKES, "link", whole);
    if (turn == FAIL) return -1;
    if (is_journaled()) journal_created(whole);
    int done = REAL(linkat, base, from, other, to, flags);
    if (done && is_journaled()) journal_forget_last();
    end(turn);
    return done;
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
