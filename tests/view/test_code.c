// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "support/tap.h"
#include "view/code/code.h"

static struct transcript *transcript;
static char *text;

static const struct endpoint server = { .family = AF_INET, .port = 7001, .ip = { 127, 0, 0, 1 } };
static const struct endpoint other = { .family = AF_INET, .port = 9, .ip = { 127, 0, 0, 1 } };

static uint64_t put(uint32_t session, enum call call, int fd, int32_t arg, int arg2, int error,
                    const struct endpoint *addr, const void *payload, size_t len)
{
	struct entry entry = {
		.session = session,
		.call = (uint8_t)call,
		.fd = (int16_t)fd,
		.arg = arg,
		.arg2 = (int16_t)arg2,
		.error = (uint8_t)error,
	};
	return transcript_append(transcript, &entry, addr, payload, len);
}

/* What a connect() that was under way has come to. */
static void put_return(int fd, int error, const struct endpoint *addr)
{
	struct entry entry = {
		.session = 1,
		.call = CALL_CONNECT,
		.fd = (int16_t)fd,
		.error = (uint8_t)error,
		.flags = ENTRY_WAITED,
	};
	transcript_append(transcript, &entry, addr, NULL, 0);
}

static void put_flagged(uint32_t session, enum call call, int fd, unsigned flags,
                        const char *payload)
{
	struct entry entry = {
		.session = session,
		.call = (uint8_t)call,
		.fd = (int16_t)fd,
		.arg = 1024,
		.flags = (uint8_t)flags,
	};
	transcript_append(transcript, &entry, NULL, payload, strlen(payload));
}

static void put_bytes(enum call call, int flags, const char *payload)
{
	put(1, call, 5, 1 << 20, flags, 0, NULL, payload, strlen(payload));
}

static void begin(size_t ceiling, size_t block)
{
	transcript_free(transcript);
	transcript = transcript_new(ceiling, block);
}

static void begin_client(void)
{
	begin(1 << 20, 1 << 12);
	put(1, CALL_SOCKET, 5, SOCK_STREAM, AF_INET, 0, NULL, "", 0);
	put(1, CALL_CONNECT, 5, 0, 0, EINPROGRESS, &server, "", 0);
	put_return(5, 0, &server);
}

/* NULL where it was refused; the error is then in `error`. */
static const char *written(uint32_t session, enum code_language language, struct error *error)
{
	size_t len;
	free(text);
	text = NULL;
	FILE *file = open_memstream(&text, &len);
	bool done = code_write(transcript, session, language, file, error);
	fclose(file);
	return done ? text : NULL;
}

static bool has(enum code_language language, const char *line)
{
	struct error error;
	const char *program = written(1, language, &error);
	bool good = program && strstr(program, line);
	if (!good)
		printf("# %s\n", program ? "not in the program" : error.text);
	return good;
}

static void test_refusals(void)
{
	struct error error;
	begin(1 << 20, 1 << 12);
	ok(!written(1, CODE_C, &error), "no session");
	is_text(error.text, "no calls to write: the session has made none yet", "says so");
	put(1, CALL_STATE, -1, 0, 0, 0, NULL, "resolving", 9);
	ok(!written(1, CODE_PYTHON, &error), "a session without calls");
	begin(3 << 10, 1 << 10);
	put(1, CALL_SOCKET, 5, SOCK_STREAM, AF_INET, 0, NULL, "", 0);
	for (int i = 0; i < 100; i++)
		put_bytes(CALL_SEND, 0, "a text that fills the blocks sooner or later");
	ok(!written(1, CODE_PYTHON, &error), "the first calls are gone");
	ok(strstr(error.text, "scrollback"), "and the way out is said");
	for (int i = 0; i < 100; i++)
		put(2, CALL_SEND, 6, 0, 0, 0, NULL, "another session fills the rest", 30);
	ok(!written(1, CODE_C, &error) && strstr(error.text, "scrollback"), "so are all its calls");
	begin(1 << 20, 1 << 12);
	put_bytes(CALL_RECV, 0, "of an accepted session");
	ok(!written(1, CODE_C, &error), "nothing shows who accepted it");
}

static void test_host(void)
{
	struct error error;
	static const char left[] = { HOST_LEFT };
	begin(1 << 20, 1 << 12);
	put(1, CALL_SOCKET, 5, SOCK_STREAM, AF_INET, 0, NULL, left, 1);
	const char *python = written(1, CODE_PYTHON, &error);
	ok(python && strstr(python, "\n# s is on left, a host of the sandbox\ns = socket.socket("),
	   "a comment says on which host a socket was");
	const char *c = written(1, CODE_C, &error);
	ok(c && strstr(c, "/* s is on left, a host of the sandbox */\n\tint s = socket("), "in C");
}

static void test_evicted_listener(void)
{
	struct error error;
	begin(3 << 10, 1 << 10);
	put(2, CALL_SOCKET, 3, SOCK_STREAM, AF_INET, 0, NULL, "", 0);
	for (int i = 0; i < 100; i++)
		put(2, CALL_ACCEPT, 3, 7, 0, 0, &other, "", 0);
	put(1, CALL_RECV, 7, 1024, 0, 0, NULL, "hello", 5);
	ok(!written(1, CODE_PYTHON, &error), "the listener that accept() is called on is unknown");
	ok(strstr(error.text, "scrollback"), "as its socket() is gone");
}

static bool begin_of(unsigned calls, bool *whole)
{
	size_t len;
	struct error error;
	free(text);
	FILE *file = open_memstream(&text, &len);
	bool done = code_write_begin(transcript, 1, CODE_PYTHON, calls, file, whole, &error);
	fclose(file);
	return done;
}

static void test_begin(void)
{
	bool whole;
	begin_client();
	put_bytes(CALL_SEND, MSG_NOSIGNAL, "one");
	put_bytes(CALL_SEND, MSG_NOSIGNAL, "two");
	ok(begin_of(5, &whole) && whole && strstr(text, "two"), "that many calls are all");
	ok(begin_of(4, &whole) && !whole, "less are not");
	ok(strstr(text, "one") && !strstr(text, "two"), "but the first ones");
	put_bytes(CALL_RECV, 0, "12345");
	put_bytes(CALL_RECV, 0, "67890");
	ok(begin_of(6, &whole) && !whole && strstr(text, "5 bytes"),
	   "nor is a part of what was joined");
}

/* What has no room fails, and is not gone on with. */
static void test_full(void)
{
	char memory[512];
	bool whole = true;
	struct error error;
	begin_client();
	for (int i = 0; i < 100; i++)
		put_bytes(CALL_SEND, MSG_NOSIGNAL, "a line of a long program");
	FILE *file = fmemopen(memory, sizeof memory, "w");
	ok(!code_write_begin(transcript, 1, CODE_C, 1000, file, &whole, &error) && !whole,
	   "a file that is full");
	ok(error.text[0], "has its line");
	fclose(file);
}

static void test_connect(void)
{
	begin_client();
	ok(has(CODE_PYTHON, "\ns.connect((\"127.0.0.1\", 7001))\n"), "a connect() that waits");
	ok(!has(CODE_PYTHON, "s.connect((\"127.0.0.1\", 7001))\ns.connect"), "is one");
	ok(!has(CODE_PYTHON, "def attempt"), "and nothing that has not failed an attempt");
	ok(has(CODE_C, "check(connect(s, endpoint(AF_INET, \"127.0.0.1\", 7001, 0)"), "in C, too");
	begin(1 << 20, 1 << 12);
	put(1, CALL_SOCKET, 5, SOCK_STREAM, AF_INET, 0, NULL, "", 0);
	put(1, CALL_CONNECT, 5, 0, 0, EINPROGRESS, &server, "", 0);
	put_return(5, ECONNREFUSED, &server);
	ok(has(CODE_PYTHON, "attempt(s.connect, (\"127.0.0.1\", 7001))  # = -1 ECONNREFUSED\n"),
	   "one that was refused");
	ok(has(CODE_C, "/* = -1 ECONNREFUSED */"), "in C, too");
}

/* Two addresses were tried side by side, and the first was closed when the second answered. */
static void test_race(void)
{
	begin(1 << 20, 1 << 12);
	put(1, CALL_SOCKET, 5, SOCK_STREAM, AF_INET, 0, NULL, "", 0);
	put(1, CALL_CONNECT, 5, 0, 0, EINPROGRESS, &other, "", 0);
	put(1, CALL_SOCKET, 6, SOCK_STREAM, AF_INET, 0, NULL, "", 0);
	put(1, CALL_CONNECT, 6, 0, 0, EINPROGRESS, &server, "", 0);
	put_return(6, 0, &server);
	put(1, CALL_CLOSE, 5, 0, 0, 0, NULL, "", 0);
	put(1, CALL_SEND, 6, 2, 0, 0, NULL, "hi", 2);
	ok(has(CODE_PYTHON, "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n"
	                    "s.connect((\"127.0.0.1\", 7001))\ns.sendall(b\"hi\")\n"),
	   "of a race only the winner");
	ok(!strstr(text, "close") && !strstr(text, "s2"), "and nothing of the loser");
	begin(1 << 20, 1 << 12);
	put(1, CALL_SOCKET, 5, SOCK_STREAM, AF_INET, 0, NULL, "", 0);
	put(1, CALL_CONNECT, 5, 0, 0, EINPROGRESS, &other, "", 0);
	put(1, CALL_CLOSE, 5, 0, 0, 0, NULL, "", 0);
	ok(has(CODE_PYTHON, "attempt(s.connect, (\"127.0.0.1\", 9))  # = -1 ETIMEDOUT\n"),
	   "what nobody has overtaken was tried");
}

static void test_stream(void)
{
	begin_client();
	put_bytes(CALL_SEND, MSG_NOSIGNAL, "one");
	put_bytes(CALL_RECV, 0, "on");
	put(1, CALL_RECV, 5, 1024, 0, EAGAIN, NULL, "", 0);
	put_bytes(CALL_RECV, 0, "e");
	ok(has(CODE_PYTHON, "\ns.sendall(b\"one\")\nreceive(s, most=3)  # 3 bytes in 2 calls\n"),
	   "what came in parts is asked for at once");
	ok(has(CODE_C, "\treceive(s, 3); /* 3 bytes in 2 calls */\n"), "in C, too");
	put_bytes(CALL_SEND, 0, "x");
	put_bytes(CALL_RECV, 0, "y");
	put_bytes(CALL_RECV, MSG_PEEK, "z");
	put_bytes(CALL_SEND, MSG_OOB, "!");
	ok(has(CODE_PYTHON,
	       "s.sendall(b\"x\")\nreceive(s)  # 1 byte\ns.recv(65536, socket.MSG_PEEK)  # 1 byte\n"
	       "s.send(b\"!\", socket.MSG_OOB)\n"),
	   "but not over another call, nor with what was only looked at");
	ok(has(CODE_C, "recv(s, buffer, 65536, MSG_PEEK)"), "in C, too");
	put_flagged(1, CALL_SETSOCKOPT, 5, ENTRY_WATCHING, "....");
	put(1, CALL_RECV, 5, 1 << 20, 0, 0, NULL, "", 0);
	put(1, CALL_SHUTDOWN, 5, SHUT_WR, 0, 0, NULL, "", 0);
	put(1, CALL_CLOSE, 5, 0, 0, 0, NULL, "", 0);
	ok(!has(CODE_PYTHON, "setsockopt"), "what was made to watch is left out");
	ok(has(CODE_PYTHON, "receive_end(s)  # = b\"\": end of file\n"
	                    "s.shutdown(socket.SHUT_WR)\ns.close()\n"),
	   "end of file, shutdown, close");
	ok(has(CODE_C, "check(shutdown(s, SHUT_WR), \"shutdown\");\n\tclose(s);\n"), "in C, too");
}

/* A person's recv() is that very call; the program's own has a ceiling where it was more than a
 * segment. */
static void test_sizes(void)
{
	char bytes[3000];
	memset(bytes, 'x', sizeof bytes);
	begin_client();
	put(1, CALL_RECV, 5, 5, 0, 0, NULL, "hello", 5);
	put(1, CALL_RECV, 5, 100, 0, 0, NULL, "x", 1);
	put(1, CALL_RECV, 5, 65536, 0, 0, NULL, bytes, sizeof bytes);
	ok(has(CODE_PYTHON, "show(s.recv(5))  # 5 bytes\nshow(s.recv(100))  # 1 byte\n"
	                    "receive(s, most=3000)  # 3000 bytes\n"),
	   "each with its own");
	ok(has(CODE_C, "\tshow(recv(s, buffer, 5, 0)); /* 5 bytes */\n"), "in C, too");
	ok(has(CODE_C, "\treceive(s, 3000); /* 3000 bytes */\n"), "all of them");
}

static void put_at(int64_t time, enum call call, int32_t arg, const char *payload)
{
	struct entry entry = {
		.time = time * CLOCK_MS,
		.session = 1,
		.call = (uint8_t)call,
		.fd = 5,
		.arg = arg,
	};
	transcript_append(transcript, &entry, NULL, payload, strlen(payload));
}

/* Twice as long as then; but not forever. */
static void test_limits(void)
{
	begin_client();
	put_at(1000, CALL_SEND, 2, "hi");
	put_at(1100, CALL_RECV, 65536, "at once");
	put_at(1200, CALL_RECV, 65536, ", or nearly");
	ok(has(CODE_PYTHON, "\nLIMIT = 5 ") && has(CODE_PYTHON, "\nPAUSE = 1 "), "at least");
	put_at(4200, CALL_RECV, 65536, "much later");
	ok(has(CODE_PYTHON, "\nLIMIT = 7 ") && has(CODE_PYTHON, "\nPAUSE = 7 "), "twice as long");
	put_at(900000, CALL_SEND, 2, "we have waited, not the peer");
	ok(has(CODE_C, "\tLIMIT = 7, ") && has(CODE_C, "\tPAUSE = 7, "), "in C, too");
	put_at(990000, CALL_RECV, 65536, "so had the peer");
	ok(has(CODE_C, "\tLIMIT = 60, "), "at most");
}

static void test_disconnect(void)
{
	static const struct endpoint peer = { .family = AF_INET,
		                              .port = 7,
		                              .ip = { 127, 0, 0, 1 } };
	begin_client();
	put(1, CALL_SOCKET, 6, SOCK_DGRAM, AF_INET, 0, NULL, NULL, 0);
	put(1, CALL_CONNECT, 6, 0, 0, 0, &peer, NULL, 0);
	put(1, CALL_CONNECT, 6, 0, 0, 0, NULL, NULL, 0);
	ok(has(CODE_PYTHON, ".CDLL(None).connect(") &&
	           has(CODE_PYTHON, ".fileno(), bytes(16), 16)"),
	   "connect() of no address, in Python");
	ok(has(CODE_C, "&(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr))"),
	   "and in C");
	begin_client();
	put(1, CALL_CONNECT, 5, 0, 0, 0, NULL, NULL, 0);
	ok(!has(CODE_C, "AF_UNSPEC"), "that of a stream is the program's own");
}

static void test_options(void)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	begin_client();
	put(1, CALL_SETSOCKOPT, 5, SO_REUSEADDR, SOL_SOCKET, 0, NULL, &(int){ 1 }, sizeof(int));
	put(1, CALL_SETSOCKOPT, 5, SO_LINGER, SOL_SOCKET, 0, NULL, &linger, sizeof linger);
	put(1, CALL_SETSOCKOPT, 5, 12345, 777, EINVAL, NULL, &(int){ 1 }, sizeof(int));
	ok(has(CODE_PYTHON, "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"),
	   "an option");
	ok(has(CODE_PYTHON, "socket.SO_LINGER, b\"\\x01\\x00"), "one that is no int");
	ok(has(CODE_PYTHON, "attempt(s.setsockopt, 777, 12345, 1)  # = -1 EINVAL\n"),
	   "one that failed");
	ok(has(CODE_C, "setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int))"),
	   "in C, too");
	ok(has(CODE_C, "SO_LINGER, \"\\001\\000\\000\\000\\000\\000\\000\\000\", 8)"), "as bytes");
}

static void test_bytes(void)
{
	begin_client();
	put(1, CALL_SEND, 5, 20, 0, 0, NULL,
	    "a\0b\xff\"\\?"
	    "?/\r\n1\x1b",
	    13);
	ok(has(CODE_PYTHON, "b\"a\\x00b\\xff\\\"\\\\?"
	                    "?/\\r\\n\"\n    b\"1\\x1b\""),
	   "every byte");
	ok(has(CODE_C, "\"a\\000b\\377\\\"\\\\\\?\\?/\\r\\n\"\n\t        \"1\\033\""), "in C, too");
	put(1, CALL_SEND, 5, 7, 0, EPIPE, NULL, "", 0);
	ok(has(CODE_PYTHON, "attempt(s.send, bytes(7))  # = -1 EPIPE\n") ||
	           has(CODE_PYTHON, "attempt(s.sendall, bytes(7))  # = -1 EPIPE\n"),
	   "of what was not sent, how much");
}

static void test_datagrams(void)
{
	begin(1 << 20, 1 << 12);
	put(1, CALL_SOCKET, 6, SOCK_DGRAM, AF_INET, 0, NULL, "", 0);
	put(1, CALL_BIND, 6, 0, 0, 0, &server, "", 0);
	put(1, CALL_RECVFROM, 6, 65536, 0, 0, &other, "ask", 3);
	put(1, CALL_SENDTO, 6, 3, 0, 0, &other, "say", 3);
	put(1, CALL_SENDTO, 6, 0, 0, 0, &server, "", 0);
	put(1, CALL_RECVFROM, 6, 65536, 0, 0, &other, "", 0);
	ok(has(CODE_PYTHON,
	       "s.bind((\"127.0.0.1\", 7001))\n"
	       "s.settimeout(None)  # for the first client, however long it takes\n"
	       "data, peer1 = s.recvfrom(65536)  # 3 bytes\n"
	       "s.settimeout(LIMIT)\n"
	       "show(data)\ns.sendto(b\"say\", peer1)\ns.sendto(b\"\", (\"127.0.0.1\", 7001))\n"
	       "data, peer1 = s.recvfrom(65536)  # 0 bytes\n"),
	   "answers go to who asked");
	ok(has(CODE_C, "\tstruct sockaddr_storage peer1;\n"), "whose variable is declared");
	char *first = strstr(text, "sockaddr_storage peer1");
	ok(first && !strstr(first + 1, "sockaddr_storage peer1"), "once");
}

static void test_server(void)
{
	struct error error;
	begin(1 << 20, 1 << 12);
	put(2, CALL_SOCKET, 3, SOCK_STREAM, AF_INET, 0, NULL, "", 0);
	put(2, CALL_BIND, 3, 0, 0, 0, &server, "", 0);
	put(2, CALL_LISTEN, 3, 5, 0, 0, NULL, "", 0);
	put(2, CALL_ACCEPT, 3, 7, 0, 0, &other, "", 0);
	put(4, CALL_RECV, 7, 65536, 0, 0, NULL, "not ours", 8);
	put(4, CALL_CLOSE, 7, 0, 0, 0, NULL, "", 0);
	put(2, CALL_ACCEPT, 3, 7, 0, 0, &other, "", 0);
	put(1, CALL_RECV, 7, 65536, 0, 0, NULL, "hi", 2);
	put(3, CALL_SEND, 9, 2, 0, 0, NULL, "no", 2);
	ok(has(CODE_PYTHON, "s.listen(5)\n"), "an accepted session brings its listener's socket");
	ok(strstr(text, "s.settimeout(None)  # for the first client, however long it takes\n"
	                "c1, peer = s.accept()\ns.settimeout(LIMIT)\nreceive(c1)  # 2 bytes\n"),
	   "and the one accept()");
	ok(!strstr(text, "c2") && !strstr(text, "b\"no\"") && !strstr(text, "8 bytes"),
	   "and nobody else's calls");
	const char *all = written(2, CODE_PYTHON, &error);
	ok(all && strstr(all, "c1, peer = s.accept()\ns.settimeout(LIMIT)\nreceive(c1)  # 8 bytes\n"
	                      "c1.close()\nc2, peer = s.accept()\nreceive(c2)  # 2 bytes\n"),
	   "a listener brings all its clients");
}

/* ---- TLS ---- */

static void put_handshake(enum call call, int fd, int result, const char *agreed)
{
	put(1, call, fd, result, 0, 0, NULL, agreed, strlen(agreed));
}

static void put_sealed(enum call call, const char *payload)
{
	put_flagged(1, call, 5, ENTRY_SEALED, payload);
}

static void test_tls_client(void)
{
	begin_client();
	put_sealed(CALL_SEND, "ClientHello");
	put_sealed(CALL_RECV, "ServerHello");
	put_handshake(CALL_TLS_CONNECT, 5, 1,
	              "server name\tlocal\\\"host\nALPN\th2,http/1.1\n\nTLS\tTLS 1.3\n");
	put_bytes(CALL_TLS_WRITE, 0, "hello\n");
	put_sealed(CALL_SEND, "a record");
	put_sealed(CALL_RECV, "records");
	put(1, CALL_TLS_READ, 5, 1 << 14, 0, 0, NULL, "one", 3);
	put(1, CALL_TLS_READ, 5, 1 << 14, 0, 0, NULL, "two", 3);
	put(1, CALL_TLS_READ, 5, 1 << 14, 0, 0, NULL, "", 0);
	put(1, CALL_RECV, 5, 1 << 16, 0, 0, NULL, "", 0);
	put(1, CALL_TLS_SHUTDOWN, 5, 1, 0, 0, NULL, "", 0);
	put(1, CALL_CLOSE, 5, 0, 0, 0, NULL, "", 0);
	ok(has(CODE_C, "cc -o session session.c -lssl -lcrypto"), "how it is built");
	ok(has(CODE_C,
	       "\tSSL_CTX *context = SSL_CTX_new(TLS_client_method());\n"
	       "\tSSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);\n"
	       "\tSSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);\n"
	       "\tSSL_CTX_set_default_verify_paths(context);\n"
	       "\tSSL_CTX_set_alpn_protos(context, (const unsigned char *)"
	       "\"\\002h2\\010http/1.1\", 12);\n"
	       "\tSSL *s_tls = SSL_new(context);\n"
	       "\tSSL_set_tlsext_host_name(s_tls, \"local\\\"host\");\n"
	       "\tSSL_set_hostflags(s_tls, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);\n"
	       "\tSSL_set1_host(s_tls, \"local\\\"host\");\n"
	       "\tSSL_set_fd(s_tls, s);\n"
	       "\tcheck_tls(s_tls, SSL_connect(s_tls), \"SSL_connect\");\n"
	       "\tcheck_tls(s_tls, SSL_write(s_tls,\n\t         \"hello\\n\", 6), \"SSL_write\");\n"
	       "\treceive_tls(s_tls, 6); /* 6 bytes in 2 calls */\n"
	       "\treceive_end_tls(s_tls); /* = 0: close_notify */\n"
	       "\tSSL_shutdown(s_tls); /* close_notify */\n"
	       "\tSSL_free(s_tls);\n"
	       "\tclose(s);\n"
	       "\treturn 0;\n"),
	   "C: the library's calls, and none for records and FIN");
	ok(has(CODE_PYTHON,
	       "\ncontext = ssl.create_default_context()\n"
	       "context.minimum_version = ssl.TLSVersion.TLSv1_2\n"
	       "context.options &= ~getattr(ssl, \"OP_IGNORE_UNEXPECTED_EOF\", 0)  # from 3.10 on "
	       "set by default\n"
	       "context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # which is new in Python 3.13\n"
	       "context.hostname_checks_common_name = False\n"
	       "context.set_alpn_protocols(\"h2,http/1.1\".split(\",\"))\n"
	       "s = context.wrap_socket(s, server_hostname=\"local\\\"host\", "
	       "suppress_ragged_eofs=False)\n"
	       "s.sendall(b\"hello\\n\")\n"
	       "receive_tls(s, most=6)  # 6 bytes in 2 calls\n"
	       "receive_end_tls(s)  # = b\"\": close_notify\n"
	       "end_tls(s)\n"
	       "s.close()\n"),
	   "Python: the module's");
}

static void test_tls_address(void)
{
	begin_client();
	put_handshake(CALL_TLS_CONNECT, 5, 1, "server name\t::1\n\n");
	ok(has(CODE_C, "\tX509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s_tls), \"::1\");\n") &&
	           !strstr(text, "SSL_set_tlsext_host_name"),
	   "an address is compared with those of the certificate, and not sent");
	begin_client();
	put_handshake(CALL_TLS_CONNECT, 5, 1, "verify\toff\n\n");
	ok(has(CODE_C, "SSL_VERIFY_NONE, NULL); /* any certificate is taken */\n") &&
	           !strstr(text, "SSL_set1_host"),
	   "verify off");
	ok(has(CODE_PYTHON, "verify_mode = ssl.CERT_NONE  # any certificate is taken\n") &&
	           strstr(text, "wrap_socket(s, suppress_ragged_eofs=False)\n"),
	   "in Python");
	begin_client();
	put_handshake(CALL_TLS_CONNECT, 5, 1, "server name\tx\npin\tsha256:00\n\n");
	ok(has(CODE_C, "\tcheck_pin(s_tls, \"sha256:00\");\n") &&
	           has(CODE_PYTHON, "\ncheck_pin(s, \"sha256:00\")\n"),
	   "a pin");
}

/* Authorities of a file: a client has no others, a server asks for a certificate that they have signed. */
static void test_tls_authority(void)
{
	begin_client();
	put_handshake(CALL_TLS_CONNECT, 5, 1, "server name\tx\nca\troot.pem\n\n");
	ok(has(CODE_C, "\tSSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);\n"
	               "\tcheck_file(SSL_CTX_load_verify_file(context, \"root.pem\"),\n"
	               "\t           \"root.pem\");\n") &&
	           !strstr(text, "default_verify_paths"),
	   "a client's");
	ok(has(CODE_PYTHON, "\ncontext = ssl.create_default_context(cafile=\"root.pem\")\n"),
	   "in Python");
	begin(1 << 20, 1 << 12);
	put(1, CALL_SOCKET, 3, SOCK_STREAM, AF_INET, 0, NULL, "", 0);
	put(1, CALL_ACCEPT, 3, 7, 0, 0, &other, "", 0);
	put_handshake(CALL_TLS_ACCEPT, 7, 1, "ca\troot.pem\ncert\ta\nkey\tb\n\n");
	ok(has(CODE_C, "SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);\n"
	               "\tcheck_file(SSL_CTX_load_verify_file(context, \"root.pem\"),"),
	   "a server's");
	ok(has(CODE_PYTHON, "\ncontext.load_verify_locations(\"root.pem\")\n"
	                    "context.verify_mode = ssl.CERT_REQUIRED\n"),
	   "in Python");
}

/* Those of the machine, which a server asks for where it is told to. */
static void test_tls_clients(void)
{
	begin(1 << 20, 1 << 12);
	put(1, CALL_SOCKET, 3, SOCK_STREAM, AF_INET, 0, NULL, "", 0);
	put(1, CALL_ACCEPT, 3, 7, 0, 0, &other, "", 0);
	put_handshake(CALL_TLS_ACCEPT, 7, 1, "cert\ta\nkey\tb\nclients\tverified\n\n");
	ok(has(CODE_C, "SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);\n"
	               "\tSSL_CTX_set_default_verify_paths(context);\n"),
	   "a server that asks its clients");
	ok(has(CODE_PYTHON, "\ncontext.load_default_certs(ssl.Purpose.CLIENT_AUTH)\n"
	                    "context.verify_mode = ssl.CERT_REQUIRED\n"),
	   "in Python");
}

/* Two clients of one listener are made from the same. */
static void test_tls_server(void)
{
	begin(1 << 20, 1 << 12);
	put(1, CALL_SOCKET, 3, SOCK_STREAM, AF_INET, 0, NULL, "", 0);
	for (int client = 7; client < 9; client++) {
		put(1, CALL_ACCEPT, 3, client, 0, 0, &other, "", 0);
		put_handshake(CALL_TLS_ACCEPT, client, 1, "ALPN\tx\n\nTLS\tTLS 1.3");
	}
	put(1, CALL_ACCEPT, 3, 9, 0, 0, &other, "", 0);
	put_handshake(CALL_TLS_ACCEPT, 9, 1, "cert\ta.pem\nkey\tb.pem\n\n");
	ok(has(CODE_C, "/* the certificate was made for that run") &&
	           has(CODE_C, "openssl req -x509") &&
	           has(CODE_C, "-addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 -keyout"),
	   "what is not in the transcript is a comment");
	ok(has(CODE_C,
	       "\tSSL_CTX_set_alpn_select_cb(context, choose_protocol, (void *)\"\\001x\");\n"
	       "\tcheck_file(SSL_CTX_use_certificate_chain_file(context, \"cert.pem\"),\n"
	       "\t           \"cert.pem\");\n"),
	   "a server chooses the protocol");
	ok(has(CODE_C, "\tSSL *c2_tls = SSL_new(context);\n"),
	   "the second client has the same context");
	ok(has(CODE_C, "\tSSL_CTX *context2 = ") &&
	           has(CODE_C, "\tSSL *c3_tls = SSL_new(context2);\n"),
	   "what was asked for otherwise another");
	ok(has(CODE_PYTHON,
	       "\ncontext2.load_cert_chain(\"a.pem\", \"b.pem\")\n"
	       "c3 = context2.wrap_socket(c3, server_side=True, suppress_ragged_eofs=False)\n"),
	   "in Python, too");
}

/* A recording may begin anywhere, and a handshake need not end. */
static void test_tls_unknown(void)
{
	begin_client();
	put_sealed(CALL_SEND, "record");
	put_bytes(CALL_TLS_WRITE, 0, "clear");
	put_sealed(CALL_RECV, "record");
	put(1, CALL_TLS_READ, 5, 1 << 14, 0, 0, NULL, "text", 4);
	put(1, CALL_TLS_SHUTDOWN, 5, 0, 0, 0, NULL, "", 0);
	put(1, CALL_CLOSE, 5, 0, 0, 0, NULL, "", 0);
	ok(has(CODE_C,
	       "\"connect\");\n\t/* TLS is left out: the handshake was not over, or is not in "
	       "the transcript */\n\tclose(s);\n"),
	   "TLS whose handshake is not known is a comment");
	ok(!strstr(text, "openssl"), "and needs no library");
	begin_client();
	put_sealed(CALL_SEND, "ClientHello");
	put_handshake(CALL_TLS_CONNECT, 5, -1, "server name\tx\n\n");
	put(1, CALL_CLOSE, 5, 0, 0, 0, NULL, "", 0);
	ok(has(CODE_C, "attempt_tls(s_tls, SSL_connect(s_tls), \"SSL_connect\"); /* failed "
	               "*/\n\tclose(s);\n"),
	   "a handshake that failed is tried");
	ok(has(CODE_PYTHON, "\nattempt(context.wrap_socket, s, server_hostname=\"x\", "
	                    "suppress_ragged_eofs=False)  # failed\n"),
	   "in Python, too");
	begin_client();
	put_handshake(CALL_TLS_CONNECT, 5, 1, "server name\tx\n\n");
	put(1, CALL_RECV, 5, 1 << 16, 0, 0, NULL, "", 0);
	ok(has(CODE_C, "\t/* then the end came without close_notify, which this call reports */\n"
	               "\treceive_end_tls(s_tls);"),
	   "an end without close_notify is said");
	begin_client();
	put_handshake(CALL_TLS_CONNECT, 5, 1, "server name\tx\n\n");
	put(1, CALL_RECV, 5, 1 << 16, 0, ECONNRESET, NULL, "", 0);
	ok(has(CODE_PYTHON, "\n# then recv() = -1 ECONNRESET\n"), "so is a reset");
}

int main(void)
{
	tap_watchdog(30);
	test_refusals();
	test_host();
	test_evicted_listener();
	test_begin();
	test_full();
	test_connect();
	test_race();
	test_stream();
	test_sizes();
	test_limits();
	test_disconnect();
	test_options();
	test_bytes();
	test_datagrams();
	test_server();
	test_tls_client();
	test_tls_address();
	test_tls_authority();
	test_tls_clients();
	test_tls_server();
	test_tls_unknown();
	transcript_free(transcript);
	free(text);
	tap_done();
}
