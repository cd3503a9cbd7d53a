/* The journal: what was written since the last fsync, and how to make it unwritten.
 *
 * Bytes are durable after fsync of their file, names after fsync of their folder. That is stricter
 * than most file systems are, and right for a promise. Every inode that may have to come back keeps
 * a second name in the shadow folder, by its number, so that no number is given out anew. */
#define _GNU_SOURCE
#include "crashpoint.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum change { BYTES, SIZE, CREATED, REMOVED, REMOVED_FOLDER, RENAMED };

struct record {
    enum change change;
    int durable;
    ino_t inode;          /* BYTES, SIZE: the file; REMOVED, RENAMED: what stood there, or 0 */
    off_t offset, before; /* BYTES, SIZE: where, and the size before */
    size_t length;        /* BYTES, SIZE: of `old` */
    char *old, *path, *from;
};

static struct record *records;
static size_t count, room;
static char shadow_folder[LONGEST];

/* Past our own hooks, straight to the kernel. */
static int k_link(const char *from, const char *to) {
    return syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}
static int k_unlink(const char *path, int flags) {
    return syscall(SYS_unlinkat, AT_FDCWD, path, flags);
}
static int k_rename(const char *from, const char *to) {
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
static int k_open(const char *path, int flags) {
    return syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

void journal_open(const char *shadow) {
    snprintf(shadow_folder, sizeof shadow_folder, "%s", shadow);
    count = 0;
}

static void shadow_name(ino_t inode, char *name) {
    snprintf(name, LONGEST, "%.4000s/%lu", shadow_folder, (unsigned long)inode);
}

static void keep(const char *path, ino_t inode) {
    char name[LONGEST];
    shadow_name(inode, name);
    k_link(path, name);
}

static struct record *add(enum change change, const char *path) {
    if (count == room) {
        room = room ? room * 2 : 256;
        records = realloc(records, room * sizeof *records);
        if (!records) abort();
    }
    struct record *made = &records[count++];
    memset(made, 0, sizeof *made);
    made->change = change;
    made->path = path ? strdup(path) : NULL;
    return made;
}

void journal_forget_last(void) {
    if (count) count--;
}

static void remember_bytes(struct record *made, int fd, off_t offset, size_t length, off_t size) {
    made->offset = offset;
    made->before = size;
    if (offset >= size) return;
    made->length = (size_t)(size - offset) < length ? (size_t)(size - offset) : length;
    made->old = calloc(1, made->length + 1);
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    /* Never by another descriptor of our own: closing it would drop the process's locks. */
    if (!(fcntl(fd, F_GETFL) & O_WRONLY)) {
        syscall(SYS_pread64, fd, made->old, made->length, offset);
    } else {
        int reader = k_open(name, O_RDONLY);
        syscall(SYS_pread64, reader, made->old, made->length, offset);
        syscall(SYS_close, reader);
    }
}

static struct record *of_file(enum change change, int fd, struct stat *about) {
    char name[64], path[LONGEST];
    if (fstat(fd, about) || !S_ISREG(about->st_mode)) return NULL;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length <= 0) return NULL;
    path[length] = 0;
    keep(path, about->st_ino);
    struct record *made = add(change, NULL);
    made->inode = about->st_ino;
    return made;
}

void journal_bytes(int fd, off_t offset, size_t length) {
    struct stat about;
    struct record *made = of_file(BYTES, fd, &about);
    if (made) remember_bytes(made, fd, offset, length, about.st_size);
}

void journal_size(int fd, off_t size) {
    struct stat about;
    struct record *made = of_file(SIZE, fd, &about);
    if (made) remember_bytes(made, fd, size, (size_t)about.st_size, about.st_size);
}

void journal_created(const char *path) { add(CREATED, path); }

void journal_removes(const char *path, int folder) {
    struct stat about;
    struct record *made = add(folder ? REMOVED_FOLDER : REMOVED, path);
    if (!folder && !lstat(path, &about)) {
        made->inode = about.st_ino;
        keep(path, about.st_ino);
    }
}

void journal_renames(const char *from, const char *to) {
    struct stat about;
    struct record *made = add(RENAMED, to);
    made->from = strdup(from);
    if (!lstat(to, &about) && S_ISREG(about.st_mode)) {
        made->inode = about.st_ino;
        keep(to, about.st_ino);
    }
}

static void folder_of(const char *path, char *folder) {
    snprintf(folder, LONGEST, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash) *slash = 0;
}

void journal_synced(int fd, const char *path) {
    struct stat about;
    char folder[LONGEST];
    if (fstat(fd, &about)) return;
    for (size_t i = 0; i < count; i++) {
        struct record *each = &records[i];
        if (each->change == BYTES || each->change == SIZE) {
            each->durable |= each->inode == about.st_ino;
        } else if (S_ISDIR(about.st_mode)) {
            folder_of(each->path, folder);
            each->durable |= !strcmp(folder, path);
        }
    }
}

static void unwrite(struct record *lost, off_t kept_end) {
    char name[LONGEST];
    shadow_name(lost->inode, name);
    int fd = k_open(name, O_RDWR);
    if (fd < 0) return;
    off_t size = lost->before > kept_end ? lost->before : kept_end;
    if (syscall(SYS_ftruncate, fd, size)) abort();
    if (lost->length) syscall(SYS_pwrite64, fd, lost->old, lost->length, lost->offset);
    syscall(SYS_close, fd);
}

static void unname(struct record *lost) {
    char name[LONGEST];
    shadow_name(lost->inode, name);
    switch (lost->change) {
    case CREATED:
        /* A folder goes with all that is in it, synced or not. */
        if (!k_unlink(lost->path, 0)) break;
        snprintf(name, sizeof name, "%.4000s/lost-%zu", shadow_folder, (size_t)(lost - records));
        k_rename(lost->path, name);
        break;
    case REMOVED: k_link(name, lost->path); break;
    case REMOVED_FOLDER: syscall(SYS_mkdirat, AT_FDCWD, lost->path, 0755); break;
    default:
        if (k_rename(lost->path, lost->from)) k_unlink(lost->path, 0);
        if (lost->inode) k_link(name, lost->path);
    }
}

/* Undo what is not durable, the latest first. With `some`, a random part of it had reached the disk
 * on its own: any of the bytes, but of the names in a folder only the first few. */
void journal_undo(int some, unsigned seed) {
    char folder[LONGEST], other[LONGEST];
    srandom(seed);
    for (size_t i = count; i-- > 0;) {
        struct record *each = &records[i];
        int bytes = each->change == BYTES || each->change == SIZE;
        if (each->durable) continue;
        off_t kept_end = 0;
        int kept = some && random() % 2;
        if (!bytes) folder_of(each->path, folder);
        for (size_t later = i + 1; later < count; later++) {
            struct record *after = &records[later];
            if (!after->durable) continue;
            int after_bytes = after->change == BYTES || after->change == SIZE;
            if (bytes && after_bytes && after->inode == each->inode) {
                if (after->change == SIZE) kept = 1;
                off_t end = after->offset + (off_t)after->length;
                if (end > kept_end) kept_end = end;
            } else if (!bytes && !after_bytes) {
                folder_of(after->path, other);
                if (!strcmp(folder, other)) kept = 1;
            }
        }
        if (kept) {
            each->durable = 1;
            struct stat about;
            char name[LONGEST];
            shadow_name(each->inode, name);
            /* What was kept reaches to the end of the file as it stands now. */
            if (bytes && each->change == BYTES && !lstat(name, &about))
                each->length = (size_t)(about.st_size - each->offset);
        } else if (bytes) {
            unwrite(each, kept_end);
        } else {
            unname(each);
        }
    }
}
