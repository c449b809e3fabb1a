// SPDX-License-Identifier: GPL-3.0-or-later
/* faults: a library for LD_PRELOAD. Calls that move bytes fail now and then with EINTR or EAGAIN, or
 * move less than was asked, as they may at any time; which ones is decided by $FAULTS, a seed. Appends
 * to $FAULTS_LOG how many there were. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned long faults;
static unsigned long long state;

static unsigned draw(unsigned limit)
{
	const char *seed = getenv("FAULTS");
	if (!state)
		state = seed ? strtoull(seed, NULL, 10) + 1 : 1;
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(state >> 33) % limit;
}

/* True where the call is to fail; else *len may have become less. */
static int strikes(size_t *len, int may_wait)
{
	unsigned kind = draw(8);
	int cuts = kind >= 2 && kind < 5 && *len > 1;
	faults += kind < 2 || cuts;
	if (cuts)
		*len = 1 + draw((unsigned)(*len < 1u << 30 ? *len : 1u << 30));
	if (kind == 0)
		errno = EINTR;
	if (kind == 1)
		errno = may_wait ? EAGAIN : EINTR;
	return kind < 2;
}

/* A blocking descriptor never says EAGAIN. */
static int may_wait(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && flags & O_NONBLOCK;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t read(int fd, void *data, size_t len)
{
	if (strikes(&len, may_wait(fd)))
		return -1;
	return REAL(read)(fd, data, len);
}

/* Lines of errors are stdio's own matter. */
ssize_t write(int fd, const void *data, size_t len)
{
	if (fd != STDERR_FILENO && strikes(&len, may_wait(fd)))
		return -1;
	return REAL(write)(fd, data, len);
}

ssize_t recv(int fd, void *data, size_t len, int flags)
{
	if (strikes(&len, 1))
		return -1;
	return REAL(recv)(fd, data, len, flags);
}

/* A stream's send() may be short; a datagram goes whole, or not. */
ssize_t sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to,
               socklen_t to_len)
{
	int type = 0;
	socklen_t size = sizeof type;
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
	size_t whole = len;
	if (strikes(&len, 1))
		return -1;
	return REAL(sendto)(fd, data, type == SOCK_STREAM ? len : whole, flags, to, to_len);
}

ssize_t recvfrom(int fd, void *data, size_t len, int flags, struct sockaddr *from,
                 socklen_t *from_len)
{
	size_t whole = len;
	if (strikes(&len, 1))
		return -1;
	return REAL(recvfrom)(fd, data, whole, flags, from, from_len);
}

ssize_t splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t len, unsigned flags)
{
	if (strikes(&len, 1))
		return -1;
	return REAL(splice)(from, from_at, to, to_at, len, flags);
}

ssize_t sendfile(int to, int from, off_t *at, size_t len)
{
	if (strikes(&len, 1))
		return -1;
	return REAL(sendfile)(to, from, at, len);
}

int pselect(int count, fd_set *reads, fd_set *writes, fd_set *others, const struct timespec *limit,
            const sigset_t *mask)
{
	size_t none = 0;
	if (strikes(&none, 0))
		return -1;
	return REAL(pselect)(count, reads, writes, others, limit, mask);
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("FAULTS_LOG");
	FILE *log = path ? fopen(path, "a") : NULL;
	if (log) {
		fprintf(log, "%lu\n", faults);
		fclose(log);
	}
}
