// SPDX-License-Identifier: GPL-3.0-or-later
/* statement: a session written as a program, statement by statement: what code.c gives a language
 * to write, and what a language asks of it. code.c decides which calls, in which order, on which
 * variables; code_python.c and code_c.c how they are written. Private to this directory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "record/entry.h"

enum { STATEMENT_NAME = 16, STATEMENT_HOST = 64 };

/* Which helpers the program's calls need. */
enum program_need {
	NEED_SHOW = 1,
	NEED_RECEIVE = 2,
	NEED_SEND_ALL = 4,
	NEED_ATTEMPT = 8,
	NEED_ENDPOINT = 16,
	NEED_TELL = 32,
	NEED_CHECK = 64,
	NEED_BUFFER = 128,
	NEED_SEND_FROM = 256,
	NEED_RECEIVE_MESSAGE = 512,
	NEED_LIMIT = 1024,
	NEED_RECEIVE_END = 2048,
	NEED_FAIL = 4096,
	NEED_PATH = 8192,
	NEED_TLS = 1 << 14, /* so has every helper below */
	NEED_TLS_RECEIVE = 1 << 15,
	NEED_TLS_RECEIVE_END = 1 << 16,
	NEED_TLS_FILES = 1 << 17,
	NEED_TLS_END = 1 << 18,
	NEED_TLS_ATTEMPT = 1 << 19,
	NEED_TLS_PIN = 1 << 20,
	NEED_TLS_PROTOCOL = 1 << 21, /* a server's choice of one */
};

/* All of a program that comes before its calls. A peer may be another one next time: no call waits
 * for it without a limit, but those of a server for its first client. */
struct program {
	const char *title;
	unsigned needs; /* enum program_need */
	int limit;      /* seconds that a call waits: more than any call waited in the session */
	int pause;      /* seconds after which a peer that has sent less is taken to be done */
};

/* A call as a blocking program makes it. */
struct statement {
	const struct entry *entry;
	int error;                   /* errno value it ended with; of a connect(), in the end */
	char socket[STATEMENT_NAME]; /* the variable of the descriptor; of socket(), the new one */
	char client[STATEMENT_NAME]; /* the new one of accept() */
	char peer[STATEMENT_NAME];   /* where the address that recvfrom() gave is kept, or that of
	                          * sendto() comes from; "" for none */
	bool met;                    /* for the first time */
	bool tls;                    /* the descriptor speaks TLS */
	char context[STATEMENT_NAME]; /* of a handshake: the variable of what it is made from, */
	bool new_context;             /* which no handshake before it was asked for */
	bool has_path;               /* it is about a UNIX socket */
	bool patient;                /* a server's first wait for a client, which has no limit */
	uint64_t bytes;              /* received: by all the calls of this statement */
	unsigned calls;              /* their number */
};

struct language {
	void (*begin)(FILE *file, const struct program *program);
	void (*call)(FILE *file, const struct statement *statement);
	void (*remark)(FILE *file, const char *text);
	void (*end)(FILE *file);
};

extern const struct language code_python, code_c;

/* How a language writes bytes between the quotes of a literal. */
struct literal {
	const char *quoted; /* characters that need a backslash before them */
	bool octal;         /* bytes that are not printable; else in hexadecimal */
	const char *next;   /* where a line of the literal ends */
};

/* The payload of a call as the text between the quotes of a literal. */
void literal_put_bytes(FILE *file, const struct entry *entry, const struct literal *literal);

/* The same of any bytes, and of a UNIX path. */
void literal_put_text(FILE *file, const char *bytes, size_t len, const struct literal *literal);
void literal_put_path(FILE *file, const struct endpoint *addr, const struct literal *literal);

/* The same of a value that a handshake was asked for. False where it was not. */
bool literal_put_asked(FILE *file, const struct entry *entry, const char *name,
                       const struct literal *literal);

/* The names of an option's level and number, where C's headers and Python's module have long had
 * them; else NULL. */
const char *statement_level(const struct entry *entry);
const char *statement_option(const struct entry *entry);

/* The int that an option's value is; false where it has another size. */
bool statement_option_value(const struct entry *entry, int *value);

/* statement_is_receive(): a recv() of a stream that took whatever was there. Its number of bytes is
 * not required, since next time the peer may send fewer: statement_most() is that number as a
 * ceiling, or 0 if the bytes came as one segment. statement_is_send_all(): a send() whose bytes
 * must all be sent. */
bool statement_is_receive(const struct statement *statement);
uint64_t statement_most(const struct statement *statement);
bool statement_is_end(const struct statement *statement); /* recv() = 0: end of file; close_notify */
bool statement_is_send_all(const struct statement *statement);

bool statement_is_handshake(const struct statement *statement);

/* Whether a handshake was asked for this, and any certificate is taken. A pinned one is compared by the
 * program, so that the library need not take it. */
bool statement_asked(const struct statement *statement, const char *name);
bool statement_is_unverified(const struct statement *statement);

/* The server name that it was asked for is a numeric address. */
bool statement_names_address(const struct statement *statement);

/* The buffer size for any other recv(). */
uint64_t statement_buffer(const struct statement *statement);

/* The numeric host of the call's address, without its scope. */
const char *statement_host(const struct entry *entry, char out[STATEMENT_HOST]);

/* The numeric host of our own end of a datagram; "" where the call does not say it. */
const char *statement_local(const struct entry *entry, char out[STATEMENT_HOST]);

/* Flags that matter to a reader: without MSG_NOSIGNAL and MSG_DONTWAIT. */
int statement_flags(const struct entry *entry);
