// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <string.h>
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
	{ NEED_TLS,
	  "/* Why a call of the library has failed. */\n"
	  "static void say_tls(SSL *tls, int result, const char *call)\n"
	  "{\n"
	  "\tint kind = SSL_get_error(tls, result);\n"
	  "\tlong verdict = SSL_get_verify_result(tls);\n"
	  "\tconst char *reason = ERR_reason_error_string(ERR_peek_last_error());\n"
	  "\tif (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)\n"
	  "\t\tfprintf(stderr, \"%s: the peer did nothing for %d s\\n\", call, LIMIT);\n"
	  "\telse if (verdict != X509_V_OK && SSL_get_verify_mode(tls) != SSL_VERIFY_NONE)\n"
	  "\t\tfprintf(stderr, \"%s: %s\\n\", call, X509_verify_cert_error_string(verdict));\n"
	  "\telse if (kind == SSL_ERROR_ZERO_RETURN)\n"
	  "\t\tfprintf(stderr, \"%s: the peer has closed\\n\", call);\n"
	  "\telse if (reason)\n"
	  "\t\tfprintf(stderr, \"%s: %s\\n\", call, reason);\n"
	  "\telse\n"
	  "\t\tperror(call);\n"
	  "}\n"
	  "\n"
	  "static void check_tls(SSL *tls, int result, const char *call)\n"
	  "{\n"
	  "\tif (result > 0)\n"
	  "\t\treturn;\n"
	  "\tsay_tls(tls, result, call);\n"
	  "\texit(1);\n"
	  "}\n"
	  "\n" },
	{ NEED_TLS_FILES, "/* A file in PEM. */\n"
	                  "static void check_file(int result, const char *path)\n"
	                  "{\n"
	                  "\tif (result > 0)\n"
	                  "\t\treturn;\n"
	                  "\tfprintf(stderr, \"%s: %s\\n\", path, "
	                  "ERR_reason_error_string(ERR_peek_error()));\n"
	                  "\texit(1);\n"
	                  "}\n"
	                  "\n" },
	{ NEED_TLS_ATTEMPT, "/* A handshake that failed then, and may fail again. */\n"
	                    "static void attempt_tls(SSL *tls, int result, const char *call)\n"
	                    "{\n"
	                    "\tif (result <= 0)\n"
	                    "\t\tsay_tls(tls, result, call);\n"
	                    "}\n"
	                    "\n" },
	{ NEED_TLS_PIN,
	  "/* The certificate must have this SHA-256 fingerprint, whoever has signed it. */\n"
	  "static void check_pin(SSL *tls, const char *pin)\n"
	  "{\n"
	  "\tunsigned char digest[EVP_MAX_MD_SIZE] = { 0 };\n"
	  "\tchar text[7 + 2 * 32 + 1] = \"sha256:\";\n"
	  "\tX509 *certificate = SSL_get1_peer_certificate(tls);\n"
	  "\tif (certificate)\n"
	  "\t\tX509_digest(certificate, EVP_sha256(), digest, NULL);\n"
	  "\tfor (int i = 0; i < 32; i++)\n"
	  "\t\tsnprintf(text + 7 + 2 * i, 3, \"%02x\", digest[i]);\n"
	  "\tX509_free(certificate);\n"
	  "\tif (strcasecmp(text, pin) != 0) {\n"
	  "\t\tfprintf(stderr, \"the certificate is not the pinned one: it has %s\\n\", text);\n"
	  "\t\texit(1);\n"
	  "\t}\n"
	  "}\n"
	  "\n" },
	{ NEED_TLS_PROTOCOL,
	  "/* The first of ours that the client offers. */\n"
	  "static int choose_protocol(SSL *tls, const unsigned char **out, unsigned char *length,\n"
	  "                           const unsigned char *offered, unsigned size, void *ours)\n"
	  "{\n"
	  "\tunsigned char *chosen;\n"
	  "\t(void)tls;\n"
	  "\tint found = SSL_select_next_proto(&chosen, length, ours, (unsigned)strlen(ours),\n"
	  "\t                                  offered, size);\n"
	  "\t*out = chosen;\n"
	  "\treturn found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : "
	  "SSL_TLSEXT_ERR_ALERT_FATAL;\n"
	  "}\n"
	  "\n" },
	{ NEED_TLS_RECEIVE | NEED_TLS_RECEIVE_END,
	  "/* 0 after the peer's close_notify; an end without it is an error. */\n"
	  "static int show_tls(SSL *tls)\n"
	  "{\n"
	  "\tint got = SSL_read(tls, buffer, sizeof buffer);\n"
	  "\tif (got <= 0 && SSL_get_error(tls, got) == SSL_ERROR_ZERO_RETURN)\n"
	  "\t\treturn 0;\n"
	  "\tcheck_tls(tls, got, \"SSL_read\");\n"
	  "\tfwrite(buffer, 1, (size_t)got, stdout);\n"
	  "\tfflush(stdout);\n"
	  "\treturn got;\n"
	  "}\n"
	  "\n" },
	{ NEED_TLS_RECEIVE,
	  "/* A stream keeps no boundaries, and the peer may send less than it did then, or close. "
	  "So this\n"
	  " * waits for the first bytes, and for more only up to `most`, and while the peer makes "
	  "no pause.\n"
	  " * What one record has brought waits in the library, where poll() does not see it. */\n"
	  "static void receive_tls(SSL *tls, size_t most)\n"
	  "{\n"
	  "\tstruct pollfd readable = { .fd = SSL_get_fd(tls), .events = POLLIN };\n"
	  "\tint got = show_tls(tls);\n"
	  "\tsize_t size = (size_t)got;\n"
	  "\tif (got == 0) {\n"
	  "\t\tfprintf(stderr, \"the peer has closed\\n\");\n"
	  "\t\texit(1);\n"
	  "\t}\n"
	  "\twhile (got > 0 && size < most &&\n"
	  "\t       (SSL_pending(tls) > 0 || poll(&readable, 1, PAUSE * 1000) > 0)) {\n"
	  "\t\tgot = show_tls(tls);\n"
	  "\t\tsize += (size_t)got;\n"
	  "\t}\n"
	  "}\n"
	  "\n" },
	{ NEED_TLS_RECEIVE_END, "/* Until the peer closes, or sends nothing for too long. */\n"
	                        "static void receive_end_tls(SSL *tls)\n"
	                        "{\n"
	                        "\ttime_t end = time(NULL) + LIMIT;\n"
	                        "\twhile (show_tls(tls) > 0)\n"
	                        "\t\tif (time(NULL) > end) {\n"
	                        "\t\t\tfprintf(stderr, \"the peer has not closed\\n\");\n"
	                        "\t\t\texit(1);\n"
	                        "\t\t}\n"
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
	bool tls = needs & NEED_TLS;
	if (needs & (NEED_CHECK | NEED_SHOW))
		needs |= NEED_FAIL;
	fprintf(file,
	        "/* %s\n"
	        " * What is received goes to standard output.\n"
	        " *\n"
	        " *\tcc -o session session.c%s && ./session */\n"
	        "%s"
	        "#include <arpa/inet.h>\n"
	        "#include <errno.h>\n"
	        "#include <netinet/in.h>\n"
	        "#include <netinet/tcp.h>\n"
	        "%s"
	        "%s"
	        "%s"
	        "%s"
	        "#include <stdio.h>\n"
	        "#include <stdlib.h>\n"
	        "#include <string.h>\n"
	        "%s"
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
	        program->title, tls ? " -lssl -lcrypto" : "",
	        needs & NEED_SEND_FROM ? "#define _GNU_SOURCE /* struct in6_pktinfo */\n" : "",
	        tls ? "#include <openssl/err.h>\n#include <openssl/ssl.h>\n"
	              "#include <openssl/x509v3.h>\n"
	            : "",
	        needs & (NEED_RECEIVE | NEED_TLS_RECEIVE) ? "#include <poll.h>\n" : "",
	        tls ? "#include <signal.h>\n" : "",
	        needs & NEED_PATH ? "#include <stddef.h>\n" : "",
	        needs & NEED_TLS_PIN ? "#include <strings.h>\n" : "", needs & NEED_PATH ? "#include <sys/un.h>\n" : "", program->limit, program->pause);
	for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
		if (needs & helpers[i].need)
			fputs(helpers[i].text, file);
	fputs("int main(void)\n{\n", file);
	if (tls)
		fputs("\tsignal(SIGPIPE, SIG_IGN); /* a write that fails says so */\n", file);
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
	const char *tls = statement->tls ? "_tls" : "";
	if (statement_is_end(statement)) {
		fprintf(file, "\treceive_end%s(%s%s);%s\n", tls, statement->socket, tls,
		        !statement->tls                           ? " /* = 0: end of file */"
		        : statement->entry->call == CALL_TLS_READ ? " /* = 0: close_notify */"
		                                                  : "");
	} else if (statement_is_receive(statement)) {
		fprintf(file, "\treceive%s(%s%s, %" PRIu64 "); /* %" PRIu64 " byte%s", tls,
		        statement->socket, tls, statement_most(statement), statement->bytes,
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

/* ---- TLS ---- */

/* A value that was asked for, between quotes. */
static void put_asked(FILE *file, const struct statement *statement, const char *name)
{
	putc('"', file);
	literal_put_asked(file, statement->entry, name, &literal);
	putc('"', file);
}

/* A protocol after its length: "\002h2". */
static void put_protocols(FILE *file, const struct statement *statement, unsigned *size)
{
	struct buf words = { .max = SIZE_MAX };
	tls_entry_asked(statement->entry, TLS_ASKED_ALPN, &words);
	putc('"', file);
	*size = 0;
	for (const char *word = buf_text(&words); *word;) {
		unsigned len = (unsigned)strcspn(word, ",");
		fprintf(file, "\\%03o", len);
		literal_put_text(file, word, len, &literal);
		*size += 1 + len;
		word += len + (word[len] == ',');
	}
	putc('"', file);
	buf_free(&words);
}

static void put_alpn(FILE *file, const struct statement *statement)
{
	unsigned size;
	bool serves = statement->entry->call == CALL_TLS_ACCEPT;
	if (!statement_asked(statement, TLS_ASKED_ALPN))
		return;
	if (serves)
		fprintf(file, "\tSSL_CTX_set_alpn_select_cb(%s, choose_protocol, (void *)",
		        statement->context);
	else
		fprintf(file, "\tSSL_CTX_set_alpn_protos(%s, (const unsigned char *)",
		        statement->context);
	put_protocols(file, statement, &size);
	if (!serves)
		fprintf(file, ", %u", size);
	fputs(");\n", file);
}

static void put_file(FILE *file, const struct statement *statement, const char *call,
                     const char *name, const char *made)
{
	bool asked = statement_asked(statement, name);
	bool key = strcmp(name, TLS_ASKED_KEY) == 0;
	fprintf(file, "\tcheck_file(%s(%s, ", call, statement->context);
	for (int i = 0; i < 2; i++) {
		if (asked)
			put_asked(file, statement, name);
		else
			fprintf(file, "\"%s\"", made);
		fputs(i ? ");\n" : key ? ", SSL_FILETYPE_PEM),\n\t           " : "),\n\t           ", file);
	}
}

static void put_context(FILE *file, const struct statement *statement)
{
	const char *context = statement->context;
	bool serves = statement->entry->call == CALL_TLS_ACCEPT;
	bool pinned = statement_asked(statement, TLS_ASKED_PIN);
	bool asks = statement_asked(statement, TLS_ASKED_CA);
	bool asks_clients = statement_asked(statement, TLS_ASKED_CLIENTS);
	fprintf(file, "\tSSL_CTX *%s = SSL_CTX_new(TLS_%s_method());\n", context,
	        serves ? "server" : "client");
	fprintf(file, "\tSSL_CTX_set_min_proto_version(%s, TLS1_2_VERSION);\n", context);
	if (!serves && statement_is_unverified(statement))
		fprintf(file, "\tSSL_CTX_set_verify(%s, SSL_VERIFY_NONE, NULL); /* %s */\n", context,
		        pinned ? "but see check_pin()" : "any certificate is taken");
	else if ((asks || asks_clients) && serves)
		fprintf(file,
		        "\tSSL_CTX_set_verify(%s, SSL_VERIFY_PEER | "
		        "SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);\n",
		        context);
	else if (!serves)
		fprintf(file, "\tSSL_CTX_set_verify(%s, SSL_VERIFY_PEER, NULL);\n", context);
	if (serves ? asks_clients : !asks && !statement_is_unverified(statement))
		fprintf(file, "\tSSL_CTX_set_default_verify_paths(%s);\n", context);
	if (asks) {
		fprintf(file, "\tcheck_file(SSL_CTX_load_verify_file(%s, ", context);
		put_asked(file, statement, TLS_ASKED_CA);
		fputs("),\n\t           ", file);
		put_asked(file, statement, TLS_ASKED_CA);
		fputs(");\n", file);
	}
	put_alpn(file, statement);
	if (!serves && !statement_asked(statement, TLS_ASKED_CERT))
		return;
	put_file(file, statement, "SSL_CTX_use_certificate_chain_file", TLS_ASKED_CERT, "cert.pem");
	put_file(file, statement, "SSL_CTX_use_PrivateKey_file", TLS_ASKED_KEY, "key.pem");
}

/* An address is in no name that is sent, RFC 6066 section 3. */
static void put_server_name(FILE *file, const struct statement *statement)
{
	bool address = statement_names_address(statement);
	if (!statement_asked(statement, TLS_ASKED_NAME))
		return;
	if (!address) {
		fprintf(file, "\tSSL_set_tlsext_host_name(%s_tls, ", statement->socket);
		put_asked(file, statement, TLS_ASKED_NAME);
		fputs(");\n", file);
	}
	if (statement_is_unverified(statement))
		return;
	if (!address)
		fprintf(file, "\tSSL_set_hostflags(%s_tls, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);\n",
		        statement->socket);
	fprintf(file,
	        address ? "\tX509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(%s_tls), "
	                : "\tSSL_set1_host(%s_tls, ",
	        statement->socket);
	put_asked(file, statement, TLS_ASKED_NAME);
	fputs(");\n", file);
}

static void put_handshake(FILE *file, const struct statement *statement)
{
	const char *name = entry_call_name(statement->entry->call), *own = statement->socket;
	if (statement->new_context)
		put_context(file, statement);
	fprintf(file, "\tSSL *%s_tls = SSL_new(%s);\n", own, statement->context);
	if (statement->entry->call == CALL_TLS_CONNECT)
		put_server_name(file, statement);
	fprintf(file, "\tSSL_set_fd(%s_tls, %s);\n", own, own);
	fprintf(file, "\t%s_tls(%s_tls, %s(%s_tls), \"%s\");", verb(statement), own, name, own, name);
	fputs(statement->error ? " /* failed */\n" : "\n", file);
	if (!statement->error && statement_asked(statement, TLS_ASKED_PIN)) {
		fprintf(file, "\tcheck_pin(%s_tls, ", own);
		put_asked(file, statement, TLS_ASKED_PIN);
		fputs(");\n", file);
	}
}

static void put_clear(FILE *file, const struct statement *statement)
{
	fprintf(file, "\tcheck_tls(%s_tls, SSL_write(%s_tls,\n\t         ", statement->socket,
	        statement->socket);
	put_data(file, statement);
	fputs("), \"SSL_write\");\n", file);
}

static void put_tls_end(FILE *file, const struct statement *statement)
{
	fprintf(file, "\tSSL_shutdown(%s_tls); /* close_notify */\n", statement->socket);
}

static void put_close(FILE *file, const struct statement *statement)
{
	if (statement->tls)
		fprintf(file, "\tSSL_free(%s_tls);\n", statement->socket);
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
		[CALL_TLS_CONNECT] = put_handshake,
		[CALL_TLS_ACCEPT] = put_handshake,
		[CALL_TLS_SHUTDOWN] = put_tls_end,
		[CALL_TLS_READ] = put_receive,
		[CALL_TLS_WRITE] = put_clear,
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
