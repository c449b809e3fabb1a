// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <sys/socket.h>

#include "base/count.h"
#include "base/error.h"
#include "socket/constant.h"
#include "socket/sockopt.h"
#include "view/code/statement.h"

static const struct {
	unsigned need;
	const char *text;
} helpers[] = {
	{ NEED_SHOW, "\n"
	             "def show(data):\n"
	             "    sys.stdout.buffer.write(data)\n"
	             "    sys.stdout.buffer.flush()\n"
	             "    return data\n"
	             "\n" },
	{ NEED_RECEIVE,
	  "\n"
	  "# A stream keeps no boundaries, and the peer may send less than it did then, or close. "
	  "So this waits for the\n"
	  "# first bytes, and for more only up to `most`, and while the peer makes no pause.\n"
	  "def receive(sock, most=0):\n"
	  "    size = len(show(sock.recv(65536)))\n"
	  "    if size == 0:\n"
	  "        sys.exit(\"the peer has closed\")\n"
	  "    while size < most and select.select([sock], [], [], PAUSE)[0]:\n"
	  "        data = show(sock.recv(65536))\n"
	  "        size = size + len(data) if data else most\n"
	  "\n" },
	{ NEED_RECEIVE_END, "\n"
	                    "# Until the peer closes, or sends nothing for too long.\n"
	                    "def receive_end(sock):\n"
	                    "    end = time.monotonic() + LIMIT\n"
	                    "    while show(sock.recv(65536)):\n"
	                    "        if time.monotonic() > end:\n"
	                    "            sys.exit(\"the peer has not closed\")\n"
	                    "\n" },
	{ NEED_SEND_FROM,
	  "\n"
	  "# What makes sendmsg() send from this address of ours, ip(7), ipv6(7).\n"
	  "def source(host):\n"
	  "    if \":\" in host:\n"
	  "        info = socket.inet_pton(socket.AF_INET6, host) + bytes(4)\n"
	  "        return [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, info)]\n"
	  "    return [(socket.IPPROTO_IP, 8, bytes(4) + socket.inet_aton(host) + bytes(4))]  # "
	  "IP_PKTINFO\n"
	  "\n" },
	{ NEED_ATTEMPT, "\n"
	                "# A call that failed then, and may fail again.\n"
	                "def attempt(call, *arguments):\n"
	                "    try:\n"
	                "        return call(*arguments)\n"
	                "    except OSError as why:\n"
	                "        print(why, file=sys.stderr)\n"
	                "\n" },
};

static void begin(FILE *file, const struct program *program)
{
	fprintf(file,
	        "#!/usr/bin/env python3\n"
	        "# %s\n"
	        "# What is received goes to standard output.\n"
	        "%s"
	        "import socket\n"
	        "import sys\n"
	        "%s"
	        "\n"
	        "LIMIT = %d  # seconds that a call waits for the peer\n",
	        program->title, program->needs & NEED_RECEIVE ? "import select\n" : "",
	        program->needs & NEED_RECEIVE_END ? "import time\n" : "", program->limit);
	if (program->needs & NEED_RECEIVE)
		fprintf(file,
		        "PAUSE = %d  # seconds after which what it sends is taken to be all\n",
		        program->pause);
	fputs("socket.setdefaulttimeout(LIMIT)\n"
	      "sys.excepthook = lambda kind, why, trace: print(kind.__name__, why, sep=\": \", "
	      "file=sys.stderr)\n"
	      "\n",
	      file);
	for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
		if (program->needs & helpers[i].need)
			fputs(helpers[i].text, file);
	putc('\n', file);
}

static const struct literal literal = { .quoted = "\"\\", .next = "\"\n    b\"" };

static void put_bytes(FILE *file, const struct entry *entry)
{
	fputs("b\"", file);
	literal_put_bytes(file, entry, &literal);
	putc('"', file);
}

static void put_address(FILE *file, const struct statement *statement)
{
	char host[STATEMENT_HOST];
	struct endpoint addr = entry_addr(statement->entry);
	if (statement->peer[0]) {
		fputs(statement->peer, file);
		return;
	}
	if (endpoint_is_unix(&addr)) {
		fputs("b\"", file);
		literal_put_path(file, &addr, &literal);
		putc('"', file);
		return;
	}
	fprintf(file, "(\"%s\", %u", statement_host(statement->entry, host), addr.port);
	if (addr.scope)
		fprintf(file, ", 0, %" PRIu32, endpoint_interface(&addr));
	putc(')', file);
}

static void put_flags(FILE *file, const struct entry *entry)
{
	static const struct {
		int flag;
		const char *name;
	} names[] = { { MSG_OOB, "MSG_OOB" },
		      { MSG_PEEK, "MSG_PEEK" },
		      { MSG_WAITALL, "MSG_WAITALL" } };
	int flags = statement_flags(entry);
	const char *before = ", socket.";
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (flags & names[i].flag) {
			fprintf(file, "%s%s", before, names[i].name);
			before = " | socket.";
		}
}

/* What has no name has its number. */
static void put_constant(FILE *file, const char *name)
{
	fprintf(file, "%s%s", *name >= 'A' ? "socket." : "", name);
}

static void put_method(FILE *file, const struct statement *statement, const char *method)
{
	if (statement->error)
		fprintf(file, "attempt(%s.%s, ", statement->socket, method);
	else
		fprintf(file, "%s.%s(", statement->socket, method);
}

static void put_option(FILE *file, const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	int value;
	const char *level = statement_level(entry), *option = statement_option(entry);
	put_method(file, statement, "setsockopt");
	if (level)
		fprintf(file, "socket.%s, socket.%s, ", level, option);
	else
		fprintf(file, "%d, %d, ", entry->arg2, entry->arg);
	if (statement_option_value(entry, &value))
		fprintf(file, "%d", value);
	else
		put_bytes(file, entry);
	putc(')', file);
}

/* Comments that name numbers, give the result, and say what may differ next time. */
static void put_comment(FILE *file, const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	const struct sockopt *option = sockopt_numbered(entry->arg2, entry->arg);
	char local[STATEMENT_HOST];
	statement_local(entry, local);
	if (statement->error)
		fprintf(file, "  # = -1 %s", error_name(statement->error));
	else if (entry->call == CALL_SETSOCKOPT && option && !statement_option(entry))
		fprintf(file, "  # %s", option->name);
	else if (statement_is_end(statement))
		fputs("  # = b\"\": end of file", file);
	else if (entry->call == CALL_RECV && statement->calls > 1)
		fprintf(file, "  # %" PRIu64 " bytes in %u calls", statement->bytes,
		        statement->calls);
	else if (entry->call == CALL_RECV)
		fprintf(file, "  # %" PRIu64 " byte%s", statement->bytes,
		        count_plural(statement->bytes));
	else if (entry_is_incoming(entry))
		fprintf(file, "  # %" PRIu64 " byte%s%s%s", statement->bytes,
		        count_plural(statement->bytes), local[0] ? " to " : "", local);
}

static void put_receive(FILE *file, const struct statement *statement)
{
	bool shown = !statement->error && !(statement->entry->arg2 & MSG_PEEK);
	if (statement_is_end(statement)) {
		fprintf(file, "receive_end(%s)", statement->socket);
		return;
	}
	if (statement_is_receive(statement)) {
		fprintf(file, "receive(%s", statement->socket);
		if (statement_most(statement))
			fprintf(file, ", most=%" PRIu64, statement_most(statement));
		putc(')', file);
		return;
	}
	if (shown)
		fputs("show(", file);
	put_method(file, statement, "recv");
	fprintf(file, "%" PRIu64, statement_buffer(statement));
	put_flags(file, statement->entry);
	fputs(shown ? "))" : ")", file);
}

static void put_receive_from(FILE *file, const struct statement *statement)
{
	if (!statement->error)
		fprintf(file, "data, %s = ", statement->peer[0] ? statement->peer : "peer");
	bool message = statement->entry->call == CALL_RECVMSG;
	put_method(file, statement, message ? "recvmsg" : "recvfrom");
	fprintf(file, "%" PRIu64 "%s", statement_buffer(statement), message ? ", 128" : "");
	put_flags(file, statement->entry);
	fputs(message && !statement->error ? ")[::3]" : ")", file);
}

/* What a failed send() was given has not been kept, only how much it was. */
static void put_data(FILE *file, const struct statement *statement)
{
	if (statement->error)
		fprintf(file, "bytes(%d)", statement->entry->arg);
	else
		put_bytes(file, statement->entry);
}

static void put_send_from(FILE *file, const struct statement *statement)
{
	char local[STATEMENT_HOST];
	put_method(file, statement, "sendmsg");
	putc('[', file);
	put_data(file, statement);
	fprintf(file, "], source(\"%s\"), 0, ", statement_local(statement->entry, local));
	put_address(file, statement);
	putc(')', file);
}

static void put_send(FILE *file, const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	bool to = entry->call == CALL_SENDTO && entry->endpoint_len;
	bool all = statement_is_send_all(statement);
	put_method(file, statement, to ? "sendto" : all ? "sendall" : "send");
	put_data(file, statement);
	if (!to)
		put_flags(file, entry);
	if (to) {
		fputs(", ", file);
		put_address(file, statement);
	}
	putc(')', file);
}

static void put_socket(FILE *file, const struct statement *statement)
{
	char text[CONSTANT_TEXT];
	const struct entry *entry = statement->entry;
	fprintf(file, "%s = socket.socket(", statement->socket);
	put_constant(file, constant_family(entry->arg2, text));
	fputs(", ", file);
	put_constant(file, constant_type(entry->arg, text));
	putc(')', file);
}

static void put_accept(FILE *file, const struct statement *statement)
{
	if (statement->error)
		fprintf(file, "attempt(%s.accept)", statement->socket);
	else
		fprintf(file, "%s, peer = %s.accept()", statement->client, statement->socket);
}

static void put_addressed(FILE *file, const struct statement *statement)
{
	if (!statement->entry->endpoint_len) { /* AF_UNSPEC, which Python's own cannot say */
		fprintf(file,
		        "__import__(\"ctypes\").CDLL(None).connect(%s.fileno(), bytes(16), 16)",
		        statement->socket);
		return;
	}
	put_method(file, statement, entry_call_name(statement->entry->call));
	put_address(file, statement);
	putc(')', file);
}

static void put_listen(FILE *file, const struct statement *statement)
{
	put_method(file, statement, "listen");
	fprintf(file, "%d)", statement->entry->arg);
}

static void put_shutdown(FILE *file, const struct statement *statement)
{
	char text[CONSTANT_TEXT];
	put_method(file, statement, "shutdown");
	put_constant(file, constant_shutdown(statement->entry->arg, text));
	putc(')', file);
}

static void put_close(FILE *file, const struct statement *statement)
{
	fprintf(file, "%s.close()", statement->socket);
}

static void call(FILE *file, const struct statement *statement)
{
	static void (*const put[CALL_COUNT])(FILE *, const struct statement *) = {
		[CALL_SOCKET] = put_socket,
		[CALL_BIND] = put_addressed,
		[CALL_CONNECT] = put_addressed,
		[CALL_LISTEN] = put_listen,
		[CALL_ACCEPT] = put_accept,
		[CALL_SETSOCKOPT] = put_option,
		[CALL_SEND] = put_send,
		[CALL_SENDTO] = put_send,
		[CALL_SENDMSG] = put_send_from,
		[CALL_RECV] = put_receive,
		[CALL_RECVFROM] = put_receive_from,
		[CALL_RECVMSG] = put_receive_from,
		[CALL_SHUTDOWN] = put_shutdown,
		[CALL_CLOSE] = put_close,
	};
	const struct entry *entry = statement->entry;
	if (statement->patient)
		fprintf(file,
		        "%s.settimeout(None)  # for the first client, however long it takes\n",
		        statement->socket);
	put[entry->call](file, statement);
	put_comment(file, statement);
	putc('\n', file);
	if (statement->patient)
		fprintf(file, "%s.settimeout(LIMIT)\n", statement->socket);
	if (entry_is_incoming(entry) && entry_is_addressed(entry) && !statement->error)
		fputs("show(data)\n", file);
	if (entry->call == CALL_LISTEN && !statement->error && statement->has_path)
		fprintf(file,
		        "print(\"listening on\", %s.getsockname(), file=sys.stderr, flush=True)\n",
		        statement->socket);
	else if (entry->call == CALL_LISTEN && !statement->error)
		fprintf(file,
		        "print(\"listening on\", *%s.getsockname()[:2], file=sys.stderr, "
		        "flush=True)\n",
		        statement->socket);
}

static void remark(FILE *file, const char *text)
{
	fprintf(file, "# %s\n", text);
}

static void end(FILE *file)
{
	(void)file;
}

const struct language code_python = { begin, call, remark, end };
