// SPDX-License-Identifier: GPL-3.0-or-later
/* log_file: opens the file of a log. Only its owner can read it (0600), and it is never reached through a
 * symbolic link, which somebody else may have made. It is a regular file, since any other may block its
 * writer or act on what is written to it, or a descriptor of this process by its name in /dev. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "log/log_format.h"

enum log_file_how {
	LOG_FILE_NEW,     /* a file that exists is refused */
	LOG_FILE_APPEND,  /* a file that exists is continued */
	LOG_FILE_REPLACE, /* a file that exists is removed */
	LOG_FILE_SHARE, /* a file that exists is continued, and other programs may write to it, too:
	                     it must be ours, and becomes 0600 */
};

struct log_file {
	int fd;
	char *path;            /* whole: "~/" at the front is the home directory */
	bool standard;         /* it is standard output or error */
	dev_t device;          /* which file it is */
	ino_t inode;
	char start[LOG_START]; /* of a file that is continued, and its last byte */
	size_t start_len;      /* 0 = it was empty or new */
	char last;
	off_t size;
};

/* False with one line; error->code is EEXIST where only `how` is in the way. The caller closes `fd` and
 * frees `path`. */
bool log_file_open(const char *path, enum log_file_how how, struct log_file *file,
                   struct error *error);
