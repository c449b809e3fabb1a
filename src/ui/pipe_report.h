// SPDX-License-Identifier: GPL-3.0-or-later
/* pipe_report: what pipe mode says about the network on standard error: failures, which port a server
 * got and who can reach it, with -v what nc -v says, in its words, with -vv what happens to the
 * connection. Follows the transcript. Knows neither standard input nor output. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "record/follower.h"

struct pipe_report_options {
	const struct session *session; /* the command line's; its clients are reported, too */
	int verbose;                   /* -v, -vv */
	bool nc;                       /* says nothing that nc does not say */
	bool probing;                  /* -z: a closed port is no failure */
	bool keep_open;                /* -k: a UDP server has many peers */
	bool to_proxy;   /* the session is to a proxy: reaching that is no success yet */
	bool introduced; /* what is in the transcript already has been reported */
};

enum { PIPE_REPORT_ATTEMPTS = 8 };

struct pipe_report {
	struct pipe_report_options options;
	struct app *app;
	struct follower follower;
	/* connect() calls that are under way */
	struct {
		int fd;
		struct endpoint addr;
	} attempts[PIPE_REPORT_ATTEMPTS];
	unsigned attempt_count;
	struct endpoint reached; /* by connect(); AF_UNSPEC until then */
	bool is_bound, has_peer;
	bool explained; /* why it could not be opened has been said, or is not to be said */
	bool lookup_failed;
	int bind_error;
	struct endpoint bound; /* what bind() was last called with */
};

void pipe_report_init(struct pipe_report *report, struct app *app,
                      const struct pipe_report_options *options);

/* Goes on with a session that was made after that one. */
void pipe_report_next(struct pipe_report *report, const struct session *session);

/* In each turn: reports what has happened since the last one. */
void pipe_report_turn(struct pipe_report *report);

/* After the last turn: also reports that a UDP peer has not answered. */
void pipe_report_end(struct pipe_report *report);

/* "Connection to localhost (127.0.0.1) 7001 port [tcp/http] succeeded!" */
void pipe_report_success(const struct pipe_report *report);

/* The same for a target that a proxy reached: its address is the proxy's to know. The service is a
 * number. */
void pipe_report_proxied(const struct pipe_report *report, const struct target *target);

/* "localhost (127.0.0.1) 7 port [udp/echo]: answered", where nc would claim success. */
void pipe_report_answer(const struct pipe_report *report, const char *answer);
