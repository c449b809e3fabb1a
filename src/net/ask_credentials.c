// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/ask_credentials.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef SO_PEERCRED

/* A name may have any bytes, and controls would spoil the line. */
static void make_printable(char *name)
{
	for (char *at = name; *at; at++)
		if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
			*at = '?';
}

static void name_process(struct credentials *credentials)
{
	char path[32], *name = credentials->process;
	snprintf(path, sizeof path, "/proc/%d/comm", (int)credentials->pid);
	int fd = credentials->pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t got = fd < 0 ? -1 : read(fd, name, CREDENTIALS_NAME - 1);
	if (fd >= 0)
		close(fd);
	name[got > 0 ? got : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	make_printable(name);
}

static void name_user(struct credentials *credentials)
{
	FILE *users = fopen("/etc/passwd", "re");
	const struct passwd *user = NULL;
	while (users && (user = fgetpwent(users)) && user->pw_uid != credentials->uid)
		;
	snprintf(credentials->user, sizeof credentials->user, "%s", user ? user->pw_name : "");
	make_printable(credentials->user);
	if (users)
		fclose(users);
}

/* Who has no number in this user namespace is reported under one that may be somebody's here,
 * user_namespaces(7). */
static uint32_t known(const char *map, uint32_t id)
{
	char line[64], *rest; /* first number here, first outside, how many */
	bool mapped = false;
	FILE *ranges = fopen(map, "re");
	if (!ranges)
		return id;
	while (fgets(line, sizeof line, ranges)) {
		unsigned long first = strtoul(line, &rest, 10);
		strtoul(rest, &rest, 10);
		mapped = mapped || (id >= first && id - first < strtoul(rest, NULL, 10));
	}
	fclose(ranges);
	return mapped ? id : UINT32_MAX;
}

bool ask_credentials(const struct caller *caller, int fd, struct credentials *credentials)
{
	struct ucred given;
	size_t len = sizeof given;
	struct caller asking = *caller;
	asking.flags |= ENTRY_WATCHING;
	asking.observer = NULL;
	if (call_get_bytes(&asking, fd, SOL_SOCKET, SO_PEERCRED, &given, &len) < 0 ||
	    !credentials_decode(&given, len, credentials))
		return false;
	credentials->uid = known("/proc/self/uid_map", credentials->uid);
	credentials->gid = known("/proc/self/gid_map", credentials->gid);
	name_process(credentials);
	name_user(credentials);
	return true;
}

#else

bool ask_credentials(const struct caller *caller, int fd, struct credentials *credentials)
{
	(void)caller;
	(void)fd;
	(void)credentials;
	return false;
}

#endif
