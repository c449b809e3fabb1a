// SPDX-License-Identifier: GPL-3.0-or-later
/* credentials: who made the other end of a UNIX connection, as the kernel noted it then: SO_PEERCRED,
 * unix(7). Makes no call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { CREDENTIALS_NAME = 33 };

struct credentials {
	int32_t pid;       /* 0 = a process that has no number here */
	uint32_t uid, gid; /* UINT32_MAX = not known */
	char process[CREDENTIALS_NAME], user[CREDENTIALS_NAME]; /* "" = not known */
};

/* From the bytes of a struct ucred, without names; false where they are none. */
bool credentials_decode(const void *bytes, size_t len, struct credentials *credentials);

/* "process 1234 (python3), user 1000 (alice), group 1000" */
void credentials_print(const struct credentials *credentials, struct buf *out);
