/* Crash points: a library that is loaded before others, counts the write-side system calls of one
 * process below a folder, and does harm at one of them. Linux only; for tests. */
#ifndef CRASHPOINT_H
#define CRASHPOINT_H

#include <stddef.h>
#include <sys/types.h>

#define LONGEST 4096

enum mode {
    COUNT, KILL, KILL_AFTER, TORN, POWER, POWER_SOME, NO_SPACE, IO_ERROR, READ_ONLY, FLAKY,
    SWITCHED
};

/* Begin to count in this process. `folder` is absolute and canonical; `shadow` is another folder on
 * the same file system, for what power loss has to bring back; `at` counts from 1, 0 is never, and
 * -1 is behind the last call. With `lasting` the errors go on from there. A FLAKY disk fails `at` of
 * a hundred calls, by the dice; one that is SWITCHED does what the number in the file `by` says, for
 * as long as it stands there. */
void crashpoint_arm(const char *folder, const char *shadow, const char *log, const char *by,
                    int mode, long at, unsigned seed, int lasting);
/* Cut after so many milliseconds, wherever the process then stands. */
void crashpoint_cut_within(long milliseconds);
/* To be called at the end: cuts if the point is the one behind the last call. */
void crashpoint_finish(void);
/* How many calls were counted so far. */
long crashpoint_count(void);

/* The journal of what has not reached the disk yet. Callers hold the lock. */
void journal_open(const char *shadow);
void journal_bytes(int fd, off_t offset, size_t length);
void journal_size(int fd, off_t size);
void journal_created(const char *path);
void journal_removes(const char *path, int folder);
void journal_renames(const char *from, const char *to);
void journal_synced(int fd, const char *path);
void journal_forget_last(void);
void journal_undo(int some, unsigned seed);

#endif
