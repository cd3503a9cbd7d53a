/* The points: every write-side call below the folder passes here. */
#define _GNU_SOURCE
#include "points.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[LONGEST], switched_by[LONGEST];
static size_t folder_length;
static pid_t owner;
static enum mode mode;
static long at, seen;
static unsigned seed;
static int lasting, record_to = -1;

void crashpoint_arm(const char *below, const char *shadow, const char *log, const char *by,
                    int how, long point, unsigned dice, int for_ever) {
    snprintf(folder, sizeof folder, "%s", below);
    snprintf(switched_by, sizeof switched_by, "%s", by);
    mode = how, at = point, seed = dice, lasting = for_ever, seen = 0;
    journal_open(shadow);
    if (*log)
        record_to = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    owner = getpid();
    folder_length = strlen(folder);
}

long crashpoint_count(void) { return seen; }

static const char *given(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

__attribute__((constructor)) static void arm_from_environment(void) {
    if (!*given("CRASHPOINT_FOLDER")) return;
    crashpoint_arm(given("CRASHPOINT_FOLDER"), given("CRASHPOINT_SHADOW"), given("CRASHPOINT_LOG"),
                   given("CRASHPOINT_BY"), atoi(given("CRASHPOINT_MODE")), atol(given("CRASHPOINT_AT")),
                   (unsigned)atoi(given("CRASHPOINT_SEED")), atoi(given("CRASHPOINT_LASTING")));
    unsetenv("CRASHPOINT_FOLDER"); /* the children of this process are left alone */
}

int is_journaled(void) { return mode == POWER || mode == POWER_SOME; }

/* The lights go out: whoever shares the process group ends with us. */
static void cut(void) {
    if (is_journaled()) journal_undo(mode == POWER_SOME, seed);
    if (getpgrp() == getpid()) kill(0, SIGKILL);
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Power may also fail when all is done: a point just behind the last call. */
void crashpoint_finish(void) {
    pthread_mutex_lock(&lock);
    if ((at < 0 || (at && at == seen + 1)) && is_journaled()) cut();
    pthread_mutex_unlock(&lock);
}

static void *cut_later(void *milliseconds) {
    usleep((useconds_t)(long)milliseconds * 1000);
    pthread_mutex_lock(&lock);
    cut();
    return NULL;
}

void crashpoint_cut_within(long milliseconds) {
    pthread_t thread;
    pthread_create(&thread, NULL, cut_later, (void *)milliseconds);
}

int is_counting(void) { return folder_length && owner == getpid(); }

static int ends_with(const char *path, const char *end) {
    size_t length = strlen(path), wanted = strlen(end);
    return length >= wanted && !strcmp(path + length - wanted, end);
}

int is_below(const char *path) {
    return is_counting() && !strncmp(path, folder, folder_length) &&
           (path[folder_length] == '/' || !path[folder_length]) &&
           !ends_with(path, "-shm") && !ends_with(path, " (deleted)");
}

int path_of(int fd, char *path) {
    if (!is_counting()) return 0;
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, LONGEST - 1);
    if (length <= 0 || path[0] != '/') return 0;
    path[length] = 0;
    return is_below(path);
}

int absolute(int base, const char *path, char *whole) {
    if (!is_counting() || !path) return 0;
    if (path[0] == '/') {
        snprintf(whole, LONGEST, "%s", path);
    } else {
        char name[64], start[LONGEST];
        if (base == AT_FDCWD) snprintf(name, sizeof name, "/proc/self/cwd");
        else snprintf(name, sizeof name, "/proc/self/fd/%d", base);
        ssize_t length = readlink(name, start, sizeof start - 1);
        if (length <= 0) return 0;
        start[length] = 0;
        while (!strncmp(path, "./", 2)) path += 2;
        snprintf(whole, LONGEST, "%.2000s/%.2000s", start, path);
    }
    return is_below(whole);
}

/* What is wrong at the call of this number. */
static enum mode now(long number) {
    if (mode == FLAKY) return rand_r(&seed) % 100 < at ? IO_ERROR : COUNT;
    if (mode != SWITCHED) return at && (number == at || (number > at && lasting)) ? mode : COUNT;
    char said[8] = "";
    int fd = syscall(SYS_openat, AT_FDCWD, switched_by, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return COUNT;
    if (syscall(SYS_read, fd, said, sizeof said - 1) < 0) said[0] = 0;
    syscall(SYS_close, fd);
    return atoi(said);
}

int is_read_only(void) {
    return mode == SWITCHED ? now(0) == READ_ONLY
                            : mode == READ_ONLY && at && seen >= at && (seen == at || lasting);
}

enum turn begin(enum kind kind, const char *what, const char *path) {
    pthread_mutex_lock(&lock);
    long number = ++seen;
    if (record_to >= 0) {
        char line[LONGEST + 64];
        int length = snprintf(line, sizeof line, "%ld %s %s\n", number, what, path);
        syscall(SYS_write, record_to, line, (size_t)length);
    }
    int failing = 0;
    switch (now(number)) {
    case KILL: case POWER: case POWER_SOME: cut(); break;
    case TORN: if (kind != WRITES && kind != SENDS) cut(); return HALF;
    case KILL_AFTER: return LAST;
    case NO_SPACE: if (kind == WRITES || kind == MAKES) failing = ENOSPC; break;
    case IO_ERROR: failing = EIO; break;
    case READ_ONLY: if (kind != SYNCS) failing = EROFS; break;
    default: break;
    }
    if (!failing) return PASS;
    pthread_mutex_unlock(&lock);
    errno = failing;
    return FAIL;
}

void end(enum turn turn) {
    int kept = errno;
    if (turn == LAST || turn == HALF) cut();
    pthread_mutex_unlock(&lock);
    errno = kept;
}
