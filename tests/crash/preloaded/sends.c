/* What is sent to a PostgreSQL server on this machine counts as well: each message is a point. */
#define _GNU_SOURCE
#include "points.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int is_to_postgres(int fd, char *name) {
    struct sockaddr_un peer;
    socklen_t length = sizeof peer;
    memset(&peer, 0, sizeof peer);
    if (!is_counting() || getpeername(fd, (struct sockaddr *)&peer, &length)) return 0;
    if (peer.sun_family != AF_UNIX || !strstr(peer.sun_path, ".s.PGSQL.")) return 0;
    memcpy(name, peer.sun_path, sizeof peer.sun_path);
    name[sizeof peer.sun_path] = 0;
    return 1;
}

ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *to,
               socklen_t to_length) {
    char name[LONGEST];
    if (!is_to_postgres(fd, name)) return syscall(SYS_sendto, fd, bytes, length, flags, to, to_length);
    enum turn turn = begin(SENDS, "send", name);
    if (turn == FAIL) { /* as a connection that was lost */
        shutdown(fd, SHUT_RDWR);
        errno = EPIPE;
        return -1;
    }
    ssize_t done = syscall(SYS_sendto, fd, bytes, turn == HALF ? length / 2 : length, flags, to, to_length);
    end(turn);
    return done;
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    return sendto(fd, bytes, length, flags, NULL, 0);
}
