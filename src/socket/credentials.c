// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/credentials.h"

#include <string.h>

bool credentials_decode(const void *bytes, size_t len, struct credentials *credentials)
{
	struct {
		int32_t pid;
		uint32_t uid, gid;
	} given;
	if (len != sizeof given)
		return false;
	memcpy(&given, bytes, sizeof given);
	*credentials = (struct credentials){ given.pid, given.uid, given.gid, "", "" };
	return true;
}

static void print_one(const char *word, uint32_t number, bool known, const char *name,
                      struct buf *out)
{
	buf_printf(out, known ? "%s %u" : "%s not known", word, (unsigned)number);
	if (*name)
		buf_printf(out, " (%s)", name);
}

void credentials_print(const struct credentials *credentials, struct buf *out)
{
	print_one("process", (uint32_t)credentials->pid, credentials->pid > 0,
	          credentials->process, out);
	print_one(", user", credentials->uid, credentials->uid != UINT32_MAX, credentials->user,
	          out);
	print_one(", group", credentials->gid, credentials->gid != UINT32_MAX, "", out);
}
