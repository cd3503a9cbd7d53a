/* What the hooks ask of the points. */
#ifndef POINTS_H
#define POINTS_H

#include "crashpoint.h"

enum kind { WRITES, MAKES, SYNCS, NAMES, SENDS };
enum turn { PASS, LAST, HALF, FAIL };

/* Whether this path, or what this descriptor is open on, lies below the folder; gives the path. */
int is_below(const char *path);
int path_of(int fd, char *path);
int absolute(int base, const char *path, char *whole);
int is_journaled(void);
int is_counting(void);
int is_read_only(void);

/* Around every counted call: FAIL says to fail with errno, without `end`. */
enum turn begin(enum kind kind, const char *what, const char *path);
void end(enum turn turn);

#endif
