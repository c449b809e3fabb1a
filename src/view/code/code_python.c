// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <sys/socket.h>

#include "base/count.h"
#include "base/error.h"
#include "record/tls_entry.h"
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
	{ NEED_TLS_RECEIVE | NEED_TLS_RECEIVE_END,
	  "\n"
	  "# Empty after the peer's close_notify; an end without it is an error.\n"
	  "def read_tls(sock):\n"
	  "    try:\n"
	  "        return show(sock.recv(65536))\n"
	  "    except ssl.SSLZeroReturnError:\n"
	  "        return b\"\"\n"
	  "\n" },
	{ NEED_TLS_RECEIVE,
	  "\n"
	  "# A stream keeps no boundaries, and the peer may send less than it did then, or close. "
	  "So this waits for the\n"
	  "# first bytes, and for more only up to `most`, and while the peer makes no pause. What "
	  "one record has brought\n"
	  "# is pending in the library, where select() does not see it.\n"
	  "def receive_tls(sock, most=0):\n"
	  "    size = len(read_tls(sock))\n"
	  "    if size == 0:\n"
	  "        sys.exit(\"the peer has closed\")\n"
	  "    while size < most and (sock.pending() or select.select([sock], [], [], PAUSE)[0]):\n"
	  "        data = read_tls(sock)\n"
	  "        size = size + len(data) if data else most\n"
	  "\n" },
	{ NEED_TLS_RECEIVE_END, "\n"
	                        "# Until the peer closes, or sends nothing for too long.\n"
	                        "def receive_end_tls(sock):\n"
	                        "    end = time.monotonic() + LIMIT\n"
	                        "    while read_tls(sock):\n"
	                        "        if time.monotonic() > end:\n"
	                        "            sys.exit(\"the peer has not closed\")\n"
	                        "\n" },
	{ NEED_TLS_END,
	  "\n"
	  "# Our close_notify alone: the peer may still send, and unwrap() would read, up to its "
	  "end. "
	  "So it is given\n"
	  "# another socket in place of ours, where there is nothing to read, and what it writes "
	  "there is sent.\n"
	  "def end_tls(sock):\n"
	  "    written, other = socket.socketpair()\n"
	  "    own = os.dup(sock.fileno())\n"
	  "    sock.settimeout(0)\n"
	  "    other.settimeout(0)\n"
	  "    os.dup2(other.fileno(), sock.fileno())\n"
	  "    try:\n"
	  "        sock.unwrap()\n"
	  "    except ssl.SSLWantReadError:\n"
	  "        pass\n"
	  "    os.dup2(own, sock.fileno())\n"
	  "    sock.settimeout(LIMIT)\n"
	  "    socket.socket.sendall(sock, written.recv(65536))\n"
	  "    os.close(own)\n"
	  "    other.close()\n"
	  "    written.close()\n"
	  "\n" },
	{ NEED_TLS_PIN,
	  "\n"
	  "# The certificate must have this SHA-256 fingerprint, whoever has signed it.\n"
	  "def check_pin(sock, pin):\n"
	  "    got = \"sha256:\" + hashlib.sha256(sock.getpeercert(True)).hexdigest()\n"
	  "    if got != pin.lower():\n"
	  "        sys.exit(\"the certificate is not the pinned one: it has \" + got)\n"
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
	                "def attempt(call, *arguments, **named):\n"
	                "    try:\n"
	                "        return call(*arguments, **named)\n"
	                "    except OSError as why:\n"
	                "        print(why, file=sys.stderr)\n"
	                "\n" },
};

static void begin(FILE *file, const struct program *program)
{
	unsigned receives = program->needs & (NEED_RECEIVE | NEED_TLS_RECEIVE);
	unsigned waits = program->needs & (NEED_RECEIVE_END | NEED_TLS_RECEIVE_END);
	bool shows = program->needs & (NEED_SHOW | NEED_TLS_RECEIVE | NEED_TLS_RECEIVE_END);
	fprintf(file,
	        "#!/usr/bin/env python3\n"
	        "# %s\n"
	        "# What is received goes to standard output.\n"
	        "%s"
	        "%s"
	        "%s"
	        "import socket\n"
	        "%s"
	        "import sys\n"
	        "%s"
	        "\n"
	        "LIMIT = %d  # seconds that a call waits for the peer\n",
	        program->title, program->needs & NEED_TLS_PIN ? "import hashlib\n" : "",
	        program->needs & NEED_TLS_END ? "import os\n" : "",
	        receives ? "import select\n" : "", program->needs & NEED_TLS ? "import ssl\n" : "",
	        waits ? "import time\n" : "", program->limit);
	if (receives)
		fprintf(file,
		        "PAUSE = %d  # seconds after which what it sends is taken to be all\n",
		        program->pause);
	fputs("socket.setdefaulttimeout(LIMIT)\n"
	      "sys.excepthook = lambda kind, why, trace: print(kind.__name__, why, sep=\": \", "
	      "file=sys.stderr)\n"
	      "\n",
	      file);
	for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
		if (program->needs & helpers[i].need || (shows && helpers[i].need == NEED_SHOW))
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
	if (statement_is_handshake(statement) && statement->error)
		fputs("  # failed", file);
	else if (statement->error)
		fprintf(file, "  # = -1 %s", error_name(statement->error));
	else if (entry->call == CALL_SETSOCKOPT && option && !statement_option(entry))
		fprintf(file, "  # %s", option->name);
	else if (statement_is_end(statement))
		fputs(entry->call == CALL_TLS_READ ? "  # = b\"\": close_notify"
		      : !statement->tls            ? "  # = b\"\": end of file"
		                                   : "",
		      file);
	else if (statement_is_receive(statement) && statement->calls > 1)
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
	const char *tls = statement->tls ? "_tls" : "";
	if (statement_is_end(statement)) {
		fprintf(file, "receive_end%s(%s)", tls, statement->socket);
		return;
	}
	if (statement_is_receive(statement)) {
		fprintf(file, "receive%s(%s", tls, statement->socket);
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
	const char *before = statement->error ? "attempt(" : "";
	const char *after = statement->error ? ", " : "(";
	if (statement->tls) /* the one of TLS would also stop reading */
		fprintf(file, "%ssocket.socket.shutdown%s%s, ", before, after, statement->socket);
	else
		put_method(file, statement, "shutdown");
	put_constant(file, constant_shutdown(statement->entry->arg, text));
	putc(')', file);
	if (statement->tls)
		fputs("  # the method of TLS would also end reading", file);
}

/* ---- TLS ---- */

/* A value that was asked for, between quotes. */
static void put_asked(FILE *file, const struct statement *statement, const char *name)
{
	static const struct literal one = { .quoted = "\"\\", .next = "\"\n    \"" };
	putc('"', file);
	literal_put_asked(file, statement->entry, name, &one);
	putc('"', file);
}

static void put_alpn(FILE *file, const struct statement *statement)
{
	if (!statement_asked(statement, TLS_ASKED_ALPN))
		return;
	fprintf(file, "%s.set_alpn_protocols(", statement->context);
	put_asked(file, statement, TLS_ASKED_ALPN);
	fputs(".split(\",\"))\n", file);
}

static void put_files(FILE *file, const struct statement *statement)
{
	fprintf(file, "%s.load_cert_chain(", statement->context);
	if (statement_asked(statement, TLS_ASKED_CERT)) {
		put_asked(file, statement, TLS_ASKED_CERT);
		fputs(", ", file);
		put_asked(file, statement, TLS_ASKED_KEY);
	} else {
		fputs("\"cert.pem\", \"key.pem\"", file);
	}
	fputs(")\n", file);
}

static void put_context(FILE *file, const struct statement *statement)
{
	const char *context = statement->context;
	bool serves = statement->entry->call == CALL_TLS_ACCEPT;
	bool pinned = statement_asked(statement, TLS_ASKED_PIN);
	bool asks = statement_asked(statement, TLS_ASKED_CA);
	fprintf(file, "%s = ssl.%s", context,
	        serves ? "SSLContext(ssl.PROTOCOL_TLS_SERVER)" : "create_default_context(");
	if (!serves && asks) {
		fputs("cafile=", file);
		put_asked(file, statement, TLS_ASKED_CA);
	}
	fputs(serves ? "\n" : ")\n", file);
	if (serves && asks) {
		fprintf(file, "%s.load_verify_locations(", context);
		put_asked(file, statement, TLS_ASKED_CA);
		fprintf(file, ")\n%s.verify_mode = ssl.CERT_REQUIRED\n", context);
	} else if (serves && statement_asked(statement, TLS_ASKED_CLIENTS)) {
		fprintf(file,
		        "%s.load_default_certs(ssl.Purpose.CLIENT_AUTH)\n"
		        "%s.verify_mode = ssl.CERT_REQUIRED\n",
		        context, context);
	}
	fprintf(file, "%s.minimum_version = ssl.TLSVersion.TLSv1_2\n", context);
	fprintf(file,
	        "%s.options &= ~getattr(ssl, \"OP_IGNORE_UNEXPECTED_EOF\", 0)  # from 3.10 on set "
	        "by default\n",
	        context);
	if (!serves && statement_is_unverified(statement))
		fprintf(file, "%s.check_hostname = False\n%s.verify_mode = ssl.CERT_NONE  # %s\n",
		        context, context,
		        pinned ? "but see check_pin()" : "any certificate is taken");
	else if (!serves)
		fprintf(file,
		        "%s.verify_flags &= ~ssl.VERIFY_X509_STRICT  # which is new in Python "
		        "3.13\n%s.hostname_checks_common_name = False\n",
		        context, context);
	put_alpn(file, statement);
	if (serves || statement_asked(statement, TLS_ASKED_CERT))
		put_files(file, statement);
}

static void put_handshake(FILE *file, const struct statement *statement)
{
	const char *own = statement->socket, *context = statement->context;
	if (statement->new_context)
		put_context(file, statement);
	if (statement->error)
		fprintf(file, "attempt(%s.wrap_socket, %s", context, own);
	else
		fprintf(file, "%s = %s.wrap_socket(%s", own, context, own);
	if (statement->entry->call == CALL_TLS_ACCEPT) {
		fputs(", server_side=True", file);
	} else if (statement_asked(statement, TLS_ASKED_NAME)) {
		fputs(", server_hostname=", file);
		put_asked(file, statement, TLS_ASKED_NAME);
	}
	fputs(", suppress_ragged_eofs=False)", file);
	if (statement->error || !statement_asked(statement, TLS_ASKED_PIN))
		return;
	fprintf(file, "\ncheck_pin(%s, ", own);
	put_asked(file, statement, TLS_ASKED_PIN);
	putc(')', file);
}

static void put_tls_end(FILE *file, const struct statement *statement)
{
	fprintf(file, "end_tls(%s)", statement->socket);
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
		[CALL_TLS_CONNECT] = put_handshake,
		[CALL_TLS_ACCEPT] = put_handshake,
		[CALL_TLS_SHUTDOWN] = put_tls_end,
		[CALL_TLS_READ] = put_receive,
		[CALL_TLS_WRITE] = put_send,
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
