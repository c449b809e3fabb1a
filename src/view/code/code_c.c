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
	{ NEED_BUFFER, "static char buffer[65536];\n"
	               "\n" },
	{ NEED_FAIL, "static void fail(const char *call)\n"
	             "{\n"
	             "\tif (errno == EAGAIN || errno == EINPROGRESS)\n"
	             "\t\tfprintf(stderr, \"%s: the peer did nothing for %d s\\n\", call, LIMIT);\n"
	             "\telse\n"
	             "\t\tperror(call);\n"
	             "\texit(1);\n"
	             "}\n"
	             "\n" },
	{ NEED_CHECK, "static void check(int result, const char *call)\n"
	              "{\n"
	              "\tif (result < 0)\n"
	              "\t\tfail(call);\n"
	              "}\n"
	              "\n" },
	{ NEED_LIMIT, "/* Calls on this socket wait that many seconds; 0: forever. */\n"
	              "static void limit(int fd, int seconds)\n"
	              "{\n"
	              "\tstruct timeval time = { .tv_sec = seconds };\n"
	              "\tsetsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);\n"
	              "\tsetsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);\n"
	              "}\n"
	              "\n" },
	{ NEED_ATTEMPT, "/* A call that failed then, and may fail again. */\n"
	                "static void attempt(int result, const char *call)\n"
	                "{\n"
	                "\tif (result < 0)\n"
	                "\t\tperror(call);\n"
	                "}\n"
	                "\n" },
	{ NEED_ENDPOINT, "static struct sockaddr_storage address;\n"
	                 "\n"
	                 "static struct sockaddr *endpoint(int family, const char *host, int port, "
	                 "unsigned scope)\n"
	                 "{\n"
	                 "\tstruct sockaddr_in *v4 = (struct sockaddr_in *)&address;\n"
	                 "\tstruct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;\n"
	                 "\tmemset(&address, 0, sizeof address);\n"
	                 "\taddress.ss_family = (sa_family_t)family;\n"
	                 "\tif (family == AF_INET6) {\n"
	                 "\t\tv6->sin6_port = htons((in_port_t)port);\n"
	                 "\t\tv6->sin6_scope_id = scope;\n"
	                 "\t\tinet_pton(AF_INET6, host, &v6->sin6_addr);\n"
	                 "\t} else {\n"
	                 "\t\tv4->sin_port = htons((in_port_t)port);\n"
	                 "\t\tinet_pton(AF_INET, host, &v4->sin_addr);\n"
	                 "\t}\n"
	                 "\treturn (struct sockaddr *)&address;\n"
	                 "}\n"
	                 "\n" },
	{ NEED_SHOW, "static ssize_t show(ssize_t size)\n"
	             "{\n"
	             "\tif (size < 0)\n"
	             "\t\tfail(\"recv\");\n"
	             "\tfwrite(buffer, 1, (size_t)size, stdout);\n"
	             "\tfflush(stdout);\n"
	             "\treturn size;\n"
	             "}\n"
	             "\n" },
	{ NEED_SEND_ALL, "/* One send() may take less than it is given. */\n"
	                 "static void send_all(int fd, const char *data, size_t size)\n"
	                 "{\n"
	                 "\twhile (size > 0) {\n"
	                 "\t\tssize_t sent = send(fd, data, size, MSG_NOSIGNAL);\n"
	                 "\t\tcheck(sent < 0 ? -1 : 0, \"send\");\n"
	                 "\t\tdata += sent;\n"
	                 "\t\tsize -= (size_t)sent;\n"
	                 "\t}\n"
	                 "}\n"
	                 "\n" },
	{ NEED_RECEIVE,
	  "/* A stream keeps no boundaries, and the peer may send less than it did then, or close. "
	  "So this\n"
	  " * waits for the first bytes, and for more only up to `most`, and while the peer makes "
	  "no pause. "
	  "*/\n"
	  "static void receive(int fd, size_t most)\n"
	  "{\n"
	  "\tstruct pollfd readable = { .fd = fd, .events = POLLIN };\n"
	  "\tssize_t got = show(recv(fd, buffer, sizeof buffer, 0));\n"
	  "\tsize_t size = (size_t)got;\n"
	  "\tif (got == 0) {\n"
	  "\t\tfprintf(stderr, \"the peer has closed\\n\");\n"
	  "\t\texit(1);\n"
	  "\t}\n"
	  "\twhile (got > 0 && size < most && poll(&readable, 1, PAUSE * 1000) > 0) {\n"
	  "\t\tgot = show(recv(fd, buffer, sizeof buffer, 0));\n"
	  "\t\tsize += (size_t)got;\n"
	  "\t}\n"
	  "}\n"
	  "\n" },
	{ NEED_RECEIVE_END, "/* Until the peer closes, or sends nothing for too long. */\n"
	                    "static void receive_end(int fd)\n"
	                    "{\n"
	                    "\ttime_t end = time(NULL) + LIMIT;\n"
	                    "\twhile (show(recv(fd, buffer, sizeof buffer, 0)) > 0)\n"
	                    "\t\tif (time(NULL) > end) {\n"
	                    "\t\t\tfprintf(stderr, \"the peer has not closed\\n\");\n"
	                    "\t\t\texit(1);\n"
	                    "\t\t}\n"
	                    "}\n"
	                    "\n" },
	{ NEED_RECEIVE_MESSAGE,
	  "static ssize_t receive_message(int fd, size_t size, int flags, void *from, socklen_t "
	  "*length)\n"
	  "{\n"
	  "\tchar control[128]; /* the address that was asked: IP_PKTINFO, ip(7) */\n"
	  "\tstruct iovec piece = { buffer, size };\n"
	  "\tstruct msghdr message = { .msg_name = from, .msg_namelen = *length, .msg_iov = "
	  "&piece,\n"
	  "\t                          .msg_iovlen = 1, .msg_control = control,\n"
	  "\t                          .msg_controllen = sizeof control };\n"
	  "\tssize_t got = recvmsg(fd, &message, flags);\n"
	  "\t*length = message.msg_namelen;\n"
	  "\treturn got;\n"
	  "}\n"
	  "\n" },
	{ NEED_SEND_FROM,
	  "/* From this address of ours, ip(7), ipv6(7). */\n"
	  "static ssize_t send_from(int fd, const char *host, const void *data, size_t size, int "
	  "flags,\n"
	  "                         const struct sockaddr *to, socklen_t length)\n"
	  "{\n"
	  "\tunion {\n"
	  "\t\tstruct cmsghdr header;\n"
	  "\t\tchar bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];\n"
	  "\t} control = { .bytes = { 0 } };\n"
	  "\tstruct iovec piece = { (void *)data, size };\n"
	  "\tstruct msghdr message = { .msg_name = (void *)to, .msg_namelen = length,\n"
	  "\t                          .msg_iov = &piece, .msg_iovlen = 1,\n"
	  "\t                          .msg_control = control.bytes };\n"
	  "\tvoid *info = CMSG_DATA(&control.header);\n"
	  "\tif (strchr(host, ':')) {\n"
	  "\t\tinet_pton(AF_INET6, host, &((struct in6_pktinfo *)info)->ipi6_addr);\n"
	  "\t\tcontrol.header.cmsg_level = IPPROTO_IPV6;\n"
	  "\t\tcontrol.header.cmsg_type = IPV6_PKTINFO;\n"
	  "\t\tcontrol.header.cmsg_len = CMSG_LEN(sizeof(struct in6_pktinfo));\n"
	  "\t\tmessage.msg_controllen = CMSG_SPACE(sizeof(struct in6_pktinfo));\n"
	  "\t} else {\n"
	  "\t\tinet_pton(AF_INET, host, &((struct in_pktinfo *)info)->ipi_spec_dst);\n"
	  "\t\tcontrol.header.cmsg_level = IPPROTO_IP;\n"
	  "\t\tcontrol.header.cmsg_type = IP_PKTINFO;\n"
	  "\t\tcontrol.header.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));\n"
	  "\t\tmessage.msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo));\n"
	  "\t}\n"
	  "\treturn sendmsg(fd, &message, flags);\n"
	  "}\n"
	  "\n" },
	{ NEED_TELL, "static void tell(int fd)\n"
	             "{\n"
	             "\tstruct sockaddr_storage name;\n"
	             "\tsocklen_t size = sizeof name;\n"
	             "\tif (getsockname(fd, (struct sockaddr *)&name, &size) == 0)\n"
	             "\t\tfprintf(stderr, \"listening on port %d\\n"
	             "\",\n"
	             "\t\t        ntohs(((struct sockaddr_in *)&name)->sin_port));\n"
	             "}\n"
	             "\n" },
};

static void begin(FILE *file, const struct program *program)
{
	unsigned needs = program->needs;
	if (needs & (NEED_CHECK | NEED_SHOW))
		needs |= NEED_FAIL;
	fprintf(file,
	        "/* %s\n"
	        " * What is received goes to standard output.\n"
	        " *\n"
	        " *\tcc -o session session.c && ./session */\n"
	        "%s"
	        "#include <arpa/inet.h>\n"
	        "#include <errno.h>\n"
	        "#include <netinet/in.h>\n"
	        "#include <netinet/tcp.h>\n"
	        "%s"
	        "%s"
	        "#include <stdio.h>\n"
	        "#include <stdlib.h>\n"
	        "#include <string.h>\n"
	        "#include <sys/socket.h>\n"
	        "#include <sys/time.h>\n"
	        "%s"
	        "#include <time.h>\n"
	        "#include <unistd.h>\n"
	        "\n"
	        "enum {\n"
	        "\tLIMIT = %d, /* seconds that a call waits for the peer */\n"
	        "\tPAUSE = %d, /* seconds after which what it sends is taken to be all */\n"
	        "};\n"
	        "\n",
	        program->title,
	        needs & NEED_SEND_FROM ? "#define _GNU_SOURCE /* struct in6_pktinfo */\n" : "",
	        needs & NEED_RECEIVE ? "#include <poll.h>\n" : "",
	        needs & NEED_PATH ? "#include <stddef.h>\n" : "",
	        needs & NEED_PATH ? "#include <sys/un.h>\n" : "", program->limit, program->pause);
	for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
		if (needs & helpers[i].need)
			fputs(helpers[i].text, file);
	fputs("int main(void)\n{\n", file);
}

/* Octal digits end by themselves, hexadecimal ones would take the next byte's along; a quoted '?'
 * is no part of a trigraph. */
static const struct literal literal = {
	.quoted = "\"\\?",
	.octal = true,
	.next = "\"\n\t        \"",
};

static void put_bytes(FILE *file, const struct entry *entry)
{
	putc('"', file);
	literal_put_bytes(file, entry, &literal);
	putc('"', file);
}

static void put_address(FILE *file, const struct statement *statement)
{
	char host[STATEMENT_HOST], family[CONSTANT_TEXT];
	struct endpoint addr = entry_addr(statement->entry);
	if (statement->peer[0]) {
		fprintf(file, "(struct sockaddr *)&%s, %s_length", statement->peer,
		        statement->peer);
		return;
	}
	if (endpoint_is_unix(&addr)) {
		bool is_path = addr.path_len && addr.path[0];
		fputs("(struct sockaddr *)&(struct sockaddr_un){ AF_UNIX, \"", file);
		literal_put_path(file, &addr, &literal);
		fprintf(file, "\" },\n\t\t      offsetof(struct sockaddr_un, sun_path) + %u",
		        addr.path_len + (unsigned)is_path);
		return;
	}
	fprintf(file, "endpoint(%s, \"%s\", %u, %" PRIu32 "), sizeof(struct sockaddr_in%s)",
	        constant_family(addr.family, family), statement_host(statement->entry, host),
	        addr.port, endpoint_interface(&addr), endpoint_is_ipv6(&addr) ? "6" : "");
}

static const char *verb(const struct statement *statement)
{
	return statement->error ? "attempt" : "check";
}

static void close_check(FILE *file, const struct statement *statement, const char *name)
{
	fprintf(file, "), \"%s\");", name);
	if (statement->error)
		fprintf(file, " /* = -1 %s */", error_name(statement->error));
	putc('\n', file);
}

static void put_socket(FILE *file, const struct statement *statement)
{
	char family[CONSTANT_TEXT], type[CONSTANT_TEXT];
	const struct entry *entry = statement->entry;
	fprintf(file,
	        "\tint %s = socket(%s, %s, 0);\n\tcheck(%s, \"socket\");\n\tlimit(%s, LIMIT);\n",
	        statement->socket, constant_family(entry->arg2, family),
	        constant_type(entry->arg, type), statement->socket, statement->socket);
}

static void put_addressed(FILE *file, const struct statement *statement)
{
	const char *name = entry_call_name(statement->entry->call);
	fprintf(file, "\t%s(%s(%s, ", verb(statement), name, statement->socket);
	if (statement->entry->endpoint_len)
		put_address(file, statement);
	else
		fputs("&(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr)",
		      file);
	close_check(file, statement, name);
}

static void put_listen(FILE *file, const struct statement *statement)
{
	fprintf(file, "\t%s(listen(%s, %d", verb(statement), statement->socket,
	        statement->entry->arg);
	close_check(file, statement, "listen");
	if (!statement->error && statement->has_path)
		fputs("\tfprintf(stderr, \"listening\\n\");\n", file);
	else if (!statement->error)
		fprintf(file, "\ttell(%s);\n", statement->socket);
}

static void put_accept(FILE *file, const struct statement *statement)
{
	if (statement->error) {
		fprintf(file, "\tattempt(accept(%s, NULL, NULL", statement->socket);
		close_check(file, statement, "accept");
		return;
	}
	fprintf(file,
	        "\tint %s = accept(%s, NULL, NULL);\n\tcheck(%s, \"accept\");\n\tlimit(%s, "
	        "LIMIT);\n",
	        statement->client, statement->socket, statement->client, statement->client);
}

static void put_option(FILE *file, const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	const struct sockopt *option = sockopt_numbered(entry->arg2, entry->arg);
	const char *level = statement_level(entry);
	int value;
	fprintf(file, "\t%s(setsockopt(%s, ", verb(statement), statement->socket);
	if (level)
		fprintf(file, "%s, %s, ", level, statement_option(entry));
	else
		fprintf(file, "%d, %d, ", entry->arg2, entry->arg);
	if (statement_option_value(entry, &value))
		fprintf(file, "&(int){ %d }, sizeof(int)", value);
	else
		put_bytes(file, entry);
	if (entry->len != sizeof value)
		fprintf(file, ", %" PRIu32, entry->len);
	close_check(file, statement, option ? option->name : "setsockopt");
}

static void put_flags(FILE *file, const struct entry *entry, int always)
{
	char text[CONSTANT_TEXT];
	fprintf(file, ", %s", constant_flags(statement_flags(entry) | always, text));
}

static void put_recv(FILE *file, const struct statement *statement, bool shown)
{
	const struct entry *entry = statement->entry;
	fprintf(file, "\t%s(%srecv(%s, buffer, %" PRIu64, shown ? "show" : verb(statement),
	        shown ? "" : "(int)", statement->socket, statement_buffer(statement));
	put_flags(file, entry, 0);
	if (!shown)
		close_check(file, statement, entry_call_name(entry->call));
	else
		fprintf(file, ")); /* %" PRIu64 " byte%s */\n", statement->bytes,
		        count_plural(statement->bytes));
}

static void put_receive(FILE *file, const struct statement *statement)
{
	if (statement_is_end(statement)) {
		fprintf(file, "\treceive_end(%s); /* = 0: end of file */\n", statement->socket);
	} else if (statement_is_receive(statement)) {
		fprintf(file, "\treceive(%s, %" PRIu64 "); /* %" PRIu64 " byte%s",
		        statement->socket, statement_most(statement), statement->bytes,
		        count_plural(statement->bytes));
		if (statement->calls > 1)
			fprintf(file, " in %u calls", statement->calls);
		fputs(" */\n", file);
	} else {
		bool peeked = statement->entry->arg2 & MSG_PEEK;
		put_recv(file, statement, !statement->error && !peeked);
	}
}

static void put_receive_from(FILE *file, const struct statement *statement)
{
	const char *peer = statement->peer;
	if (statement->error || !peer[0]) {
		put_recv(file, statement, !statement->error);
		return;
	}
	if (statement->met)
		fprintf(file, "\tstruct sockaddr_storage %s;\n\tsocklen_t %s_length;\n", peer,
		        peer);
	fprintf(file, "\t%s_length = sizeof %s;\n", peer, peer);
	bool message = statement->entry->call == CALL_RECVMSG;
	char local[STATEMENT_HOST];
	statement_local(statement->entry, local);
	fprintf(file, "\tshow(%s(%s, %s%" PRIu64, message ? "receive_message" : "recvfrom",
	        statement->socket, message ? "" : "buffer, ", statement_buffer(statement));
	put_flags(file, statement->entry, 0);
	fprintf(file,
	        ",\n\t              (struct sockaddr *)&%s, &%s_length)); /* %" PRIu64
	        " byte%s%s%s */\n",
	        peer, peer, statement->bytes, count_plural(statement->bytes),
	        local[0] ? " to " : "", local);
}

/* What a failed send() was given has not been kept, only how much it was. */
static void put_data(FILE *file, const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	if (statement->error)
		fprintf(file, "buffer, %d", entry->arg);
	else
		put_bytes(file, entry);
	if (!statement->error)
		fprintf(file, ", %" PRIu32, entry->len);
}

static void put_send(FILE *file, const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	bool from = entry->call == CALL_SENDMSG;
	bool to = entry->call == CALL_SENDTO && entry->endpoint_len;
	char local[STATEMENT_HOST];
	if (statement_is_send_all(statement)) {
		fprintf(file, "\tsend_all(%s,\n\t         ", statement->socket);
		put_data(file, statement);
		fputs(");\n", file);
		return;
	}
	if (from)
		fprintf(file, "\t%s((int)send_from(%s, \"%s\",\n\t        ", verb(statement),
		        statement->socket, statement_local(entry, local));
	else
		fprintf(file, "\t%s((int)%s(%s,\n\t        ", verb(statement),
		        to ? "sendto" : "send", statement->socket);
	put_data(file, statement);
	put_flags(file, entry, MSG_NOSIGNAL);
	if (to || from) {
		fputs(", ", file);
		put_address(file, statement);
	}
	close_check(file, statement, "send");
}

static void put_shutdown(FILE *file, const struct statement *statement)
{
	char text[CONSTANT_TEXT];
	fprintf(file, "\t%s(shutdown(%s, %s", verb(statement), statement->socket,
	        constant_shutdown(statement->entry->arg, text));
	close_check(file, statement, "shutdown");
}

static void put_close(FILE *file, const struct statement *statement)
{
	fprintf(file, "\tclose(%s);\n", statement->socket);
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
		[CALL_SENDMSG] = put_send,
		[CALL_RECV] = put_receive,
		[CALL_RECVFROM] = put_receive_from,
		[CALL_RECVMSG] = put_receive_from,
		[CALL_SHUTDOWN] = put_shutdown,
		[CALL_CLOSE] = put_close,
	};
	if (statement->patient)
		fprintf(file, "\tlimit(%s, 0); /* for the first client, however long it takes */\n",
		        statement->socket);
	put[statement->entry->call](file, statement);
	if (statement->patient)
		fprintf(file, "\tlimit(%s, LIMIT);\n", statement->socket);
}

static void remark(FILE *file, const char *text)
{
	fprintf(file, "\t/* %s */\n", text);
}

static void end(FILE *file)
{
	fputs("\treturn 0;\n}\n", file);
}

const struct language code_c = { begin, call, remark, end };
