// SPDX-License-Identifier: GPL-3.0-or-later
/* pipe: the frontend without a person: standard input to the socket, socket to standard output.
 * Decides when a conversation ends and which of them gets the input, and reports bytes that are lost.
 * The options are given as what they mean. */
#pragma once

#include "ui/ui.h"

/* Where one datagram of the input ends and the next begins. */
enum pipe_datagram {
	PIPE_DATAGRAM_BLOCK, /* each read() of at most 16 KiB is one, as in nc: the default */
	PIPE_DATAGRAM_LINE,  /* each line is one, with its line feed */
};

/* Whether the peer is sent FIN when the input ends. */
enum pipe_fin {
	PIPE_FIN_AFTER_INPUT, /* not where standard input was closed, or is /dev/null: the default */
	PIPE_FIN_ALWAYS,      /* -N; with --nc also -q with a time */
	PIPE_FIN_NEVER,       /* --no-shutdown, -q -1; with --nc all but the above */
};

/* In quit_after, instead of a time. */
enum { PIPE_QUIT_WHEN_DONE = -1, PIPE_QUIT_NEVER = -2 };

/* The native default: all zero but the session, and PIPE_QUIT_WHEN_DONE. */
struct pipe_options {
	struct session *session; /* whose bytes go through */
	bool shares_output;      /* another pipe mode comes after this one */
	bool json;               /* standard output has a log of JSON lines, and not what comes */
	bool nc;                 /* --nc: conversations end, and fail, as in OpenBSD's nc */
	bool keep_open;          /* -k: a listener goes on with the next client */
	unsigned max_conns;      /* --max-conns: more clients at a time are closed; 0 = no limit */
	enum pipe_fin fin;
	enum pipe_datagram datagram; /* --datagram */
	bool telnet;                 /* -t: options of TELNET are refused */
	bool half_close; /* --half-close: a listener whose client has sent FIN waits for input */
	bool no_input;   /* -d, --recv-only: standard input is not read */
	bool no_output;  /* --send-only: what comes is dropped, the end of input is the end */
	int64_t idle; /* -w: end a conversation when nothing has moved for this long, ns; 0 = never */
	int64_t quit_after; /* -q: end this long after the end of input is sent, ns, or PIPE_QUIT_… */
	int64_t interval;   /* -i: time from one line of the input to the next, ns; 0 = none */
	uint64_t packets;   /* -W: end after that many receives; 0 = never */
	const char *output; /* --output: the file that has what is sent and received; NULL = none */
	bool append_output; /* --append-output: it is continued */
	int verbose;        /* -v: say on standard error what happens */
	bool introduced;    /* what has happened to the session until now has been reported */
	const struct buf
	        *received; /* what it has received before, for the output; NULL = nothing */
};

/* NULL with one line when the file of --output cannot be opened. `received` is borrowed for this call. */
struct ui *pipe_new(const struct ui_hooks *hooks, const struct pipe_options *options,
                    struct error *error);
