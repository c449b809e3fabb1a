// SPDX-License-Identifier: GPL-3.0-or-later
/* tls_worker: what a benchmark needs of TLS, a job per run: the least that sends, receives and serves
 * with the library that the program has, by blocking calls. Nothing is verified; a server has a
 * certificate of its own. Loopback only.
 *
 *	tls_worker take
 *		a server: prints its port, then for each client how many bytes it has sent
 *	tls_worker give BYTES
 *		a server: prints its port, sends that many bytes of lines to each client, and for each prints
 *		how many seconds it took until its kernel had them
 *	tls_worker greet
 *		a server: prints its port, makes a handshake with each client, and waits for its end
 *	tls_worker hold
 *		a server: prints its port, makes handshakes, and keeps all clients
 *	tls_worker send PORT
 *		sends standard input
 *	tls_worker receive PORT
 *		what comes goes to standard output
 *	tls_worker drain PORT RING
 *		what comes goes into a ring of so many bytes
 *	tls_worker handshakes PORT COUNT
 *		so many connections, one after the other: prints seconds
 *	tls_worker keep PORT COUNT
 *		opens so many, prints their number, and keeps them until the end of standard input */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	AT_ONCE = 64 << 10, /* what a pipe holds */
	LINE = 80,
};

static void die(const char *what)
{
	perror(what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- sockets ---- */

static int listening(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in addr = { .sin_family = AF_INET,
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof addr;
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) || listen(fd, 1024))
		die("listen");
	printf("%d\n", ntohs(addr.sin_port));
	fflush(stdout);
	return fd;
}

static int connected(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in addr = { .sin_family = AF_INET,
		                    .sin_port = htons((uint16_t)port),
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof addr))
		die("connect");
	return fd;
}

/* ---- TLS ---- */

static void make_certificate(SSL_CTX *context)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *made = X509_new();
	if (!key || !made || !X509_set_version(made, X509_VERSION_3) ||
	    !ASN1_INTEGER_set(X509_get_serialNumber(made), 1) ||
	    !X509_gmtime_adj(X509_getm_notBefore(made), 0) ||
	    !X509_gmtime_adj(X509_getm_notAfter(made), 24L * 3600) ||
	    !X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
	                                (const unsigned char *)"localhost", -1, -1, 0) ||
	    !X509_set_issuer_name(made, X509_get_subject_name(made)) ||
	    !X509_set_pubkey(made, key) || !X509_sign(made, key, EVP_sha256()) ||
	    SSL_CTX_use_certificate(context, made) != 1 ||
	    SSL_CTX_use_PrivateKey(context, key) != 1)
		die("certificate");
	X509_free(made);
	EVP_PKEY_free(key);
}

static SSL_CTX *context_of(bool server)
{
	SSL_CTX *context = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	if (!context)
		die("SSL_CTX_new");
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	if (server)
		make_certificate(context);
	return context;
}

static SSL *handshake(SSL_CTX *context, int fd, bool server)
{
	SSL *tls = SSL_new(context);
	if (!tls || !SSL_set_fd(tls, fd) || (server ? SSL_accept(tls) : SSL_connect(tls)) != 1)
		die("handshake");
	return tls;
}

static SSL *call(SSL_CTX *context, int port)
{
	return handshake(context, connected(port), false);
}

static SSL *take_client(SSL_CTX *context, int listener)
{
	int fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die("accept");
	return handshake(context, fd, true);
}

/* What is unread when it is closed, as a session ticket, would make an RST of the FIN, and that could
 * take what was sent with it. */
static void end(SSL *tls)
{
	char rest[1024];
	size_t got;
	int fd = SSL_get_fd(tls);
	SSL_shutdown(tls);
	shutdown(fd, SHUT_WR);
	while (SSL_read_ex(tls, rest, sizeof rest, &got))
		continue;
	SSL_free(tls);
	close(fd);
}

static size_t read_all(SSL *tls, char *ring, size_t size, size_t step, int out)
{
	size_t total = 0, at = 0, got;
	while (SSL_read_ex(tls, ring + at, step, &got)) {
		for (size_t done = 0; out >= 0 && done < got;) {
			ssize_t written = write(out, ring + at + done, got - done);
			if (written < 0)
				die("write");
			done += (size_t)written;
		}
		total += got;
		at = at + got + step <= size ? at + got : 0;
	}
	return total;
}

/* ---- jobs ---- */

static void take(SSL_CTX *context, int listener)
{
	static char ring[AT_ONCE];
	for (;;) {
		SSL *tls = take_client(context, listener);
		printf("%zu\n", read_all(tls, ring, sizeof ring, sizeof ring, -1));
		fflush(stdout);
		end(tls);
	}
}

static void wait_until_acknowledged(int fd)
{
	struct pollfd reset = { .fd = fd };
	int left = 1;
	while (left > 0 && !reset.revents && ioctl(fd, SIOCOUTQ, &left) == 0)
		poll(&reset, 1, left > 1 << 20 ? 1 : 0);
}

static void give(SSL_CTX *context, int listener, size_t size)
{
	static char lines[AT_ONCE / LINE * LINE];
	for (size_t i = 0; i < sizeof lines; i++)
		lines[i] = i % LINE == LINE - 1 ? '\n' : 'a';
	for (;;) {
		SSL *tls = take_client(context, listener);
		size_t left = size, done = 0;
		double begun = seconds();
		while (left &&
		       SSL_write_ex(tls, lines, left < sizeof lines ? left : sizeof lines, &done))
			left -= done;
		wait_until_acknowledged(SSL_get_fd(tls));
		printf("%f\n", seconds() - begun);
		fflush(stdout);
		end(tls);
	}
}

static void greet(SSL_CTX *context, int listener)
{
	char byte;
	size_t got;
	for (;;) {
		SSL *tls = take_client(context, listener);
		SSL_read_ex(tls, &byte, 1, &got);
		end(tls);
	}
}

static void hold(SSL_CTX *context, int listener)
{
	for (;;)
		take_client(context, listener);
}

static void send_input(SSL *tls)
{
	static char bytes[AT_ONCE];
	size_t done;
	ssize_t got;
	while ((got = read(STDIN_FILENO, bytes, sizeof bytes)) > 0)
		if (!SSL_write_ex(tls, bytes, (size_t)got, &done))
			die("SSL_write");
	end(tls);
}

static void receive(SSL *tls, size_t size, int out)
{
	size_t step = AT_ONCE < size ? AT_ONCE : size;
	char *ring = malloc(size);
	if (!ring)
		die("malloc");
	memset(ring, 0, size);
	read_all(tls, ring, size, step, out);
	free(ring);
	end(tls);
}

static void handshakes(SSL_CTX *context, int port, int count)
{
	double begun = seconds();
	for (int i = 0; i < count; i++)
		end(call(context, port));
	printf("%f\n", seconds() - begun);
}

static void keep(SSL_CTX *context, int port, int count)
{
	char byte;
	for (int i = 0; i < count; i++)
		call(context, port);
	printf("%d\n", count);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
}

int main(int argc, char **argv)
{
	const char *job = argc > 1 ? argv[1] : "";
	long first = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	long second = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	bool serves = strcmp(job, "take") == 0 || strcmp(job, "give") == 0 ||
	              strcmp(job, "greet") == 0 || strcmp(job, "hold") == 0;
	SSL_CTX *context = context_of(serves);
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(job, "take") == 0)
		take(context, listening());
	else if (strcmp(job, "give") == 0 && first > 0)
		give(context, listening(), (size_t)first);
	else if (strcmp(job, "greet") == 0)
		greet(context, listening());
	else if (strcmp(job, "hold") == 0)
		hold(context, listening());
	else if (strcmp(job, "send") == 0 && first > 0)
		send_input(call(context, (int)first));
	else if (strcmp(job, "receive") == 0 && first > 0)
		receive(call(context, (int)first), AT_ONCE, STDOUT_FILENO);
	else if (strcmp(job, "drain") == 0 && second > 0)
		receive(call(context, (int)first), (size_t)second, -1);
	else if (strcmp(job, "handshakes") == 0 && second > 0)
		handshakes(context, (int)first, (int)second);
	else if (strcmp(job, "keep") == 0 && second > 0)
		keep(context, (int)first, (int)second);
	else
		return 2;
	SSL_CTX_free(context);
	return 0;
}
