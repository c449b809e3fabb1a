// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/tls/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "record/tls_entry.h"
#include "socket/tls_record.h"

enum {
	WHY = 400,
	NAME_MOST = 120, /* characters of a certificate's name in a message */
	NAMES_MOST = 6,  /* names of a certificate that a message lists */
	CHAIN_MOST = 16, /* certificates of a chain that are described */
	FIRST = 24,      /* bytes kept of what a peer said first */
	DAYS = 30,                    /* that a certificate made here is valid */
	FINGERPRINT = 7 + 2 * 32 + 1, /* "sha256:" */
	KEPT = 4096,                  /* bytes that a buffer of records keeps while it is empty */
	NOT_SEEN = -1,
	NAMES_COUNT = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	              X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, /* those of the subjectAltName alone:
	                                                      RFC 9525 */
};

#define FACT "certificate\t"
#define ASKS "\nclient's\teach must have one"

/* Contexts share them. */
struct tls_authorities {
	unsigned shares;
	X509_STORE *store;
	bool has_directory, has_file; /* the store looks there; it has read it */
	struct stat
	        status; /* of the file when a verification was first asked for; all 0 where there was none */
	SSL_CTX *clients; /* of all clients that have no file of their own, 25 KiB and 0.3 ms of
	                       each; NULL = there was none yet */
};

struct tls_context {
	unsigned shares;
	SSL_CTX *library;
	BIO_METHOD *memory; /* what the library reads records from, and writes them to */
	struct tls_authorities *authorities; /* NULL: it verifies nothing */
	bool server, verifies;
	bool asks;           /* a server: clients for a certificate */
	SSL_SESSION *ticket; /* a client: what the next connection offers to go on with, in memory
	                        alone; NULL = nothing, */
	long verdict;        /* and what became of its certificate */
	char unverified[WHY];
	char fingerprint[FINGERPRINT]; /* of our certificate, "" = none */
	char facts[sizeof FACT + FINGERPRINT + sizeof ASKS];
	unsigned char alpn[TLS_ALPN_MOST]; /* as the protocol has it: each after its length */
	unsigned alpn_len;
	char pin[FINGERPRINT]; /* that the peer's certificate must have; "" = it is verified */
	char *server_name;     /* NULL = the host that is called */
	char *alpn_words, *ca, *cert, *key; /* as they were given, or NULL */
};

struct tls {
	struct tls_context *context;
	SSL *library;
	struct buf in, out; /* records: that have come, and that are to be sent */
	char *host;         /* that the certificate must name */
	enum tls_state state;
	bool closed;             /* we have made a close_notify */
	bool peer_closed;        /* and the peer has */
	int alert_in, alert_out; /* the last fatal alert, NOT_SEEN */
	long verdict;            /* of the verification, X509_V_OK; NOT_SEEN before it */
	char first[FIRST];       /* what has come first */
	size_t first_len;
	char why[WHY];
	char unverified[WHY]; /* why the certificate was not verified; "" = it was */
	bool in_common_name;  /* the host is named where it does not count */
	bool no_certificate;  /* a client has sent none, and was asked for one */
	bool asked;           /* a client: the server has asked for its certificate, */
	char asked_of[WHY];   /* signed by one of these; "" = it has not said which */
	struct buf facts;     /* with a NUL after them */
	void (*take_key)(void *context, const char *line); /* NULL = nobody wants them */
	void *key_context;
	bool offered;                       /* the ticket of an earlier connection */
	unsigned updates_in, updates_out;   /* KeyUpdate messages, */
	unsigned reported_in, reported_out; /* of which news have been given */
	bool refused, reported_refused;     /* a renegotiation */
};

bool tls_is_available(struct error *error)
{
	(void)error;
	return true;
}

/* ---- words ---- */

/* "unknown_ca (alert 48): the certificate is from an authority that is not trusted there" */
static void put_alert(int number, struct buf *out)
{
	const char *name = tls_alert_name((uint8_t)number);
	const char *meaning = tls_alert_meaning((uint8_t)number);
	if (name)
		buf_printf(out, "%s (alert %d)", name, number);
	else
		buf_printf(out, "alert %d", number);
	if (meaning)
		buf_printf(out, ": %s", meaning);
}

/* In printable ASCII, cut where it is long. */
static void put_name(const X509_NAME *name, struct buf *out)
{
	char *text = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ) >= 0) {
		long len = BIO_get_mem_data(bio, &text);
		if (len > NAME_MOST)
			buf_printf(out, "%.*s...", NAME_MOST - 3, text);
		else
			buf_append(out, text, len > 0 ? (size_t)len : 0);
	}
	BIO_free(bio);
}

static void put_subject(const X509 *certificate, struct buf *out)
{
	size_t before = out->len;
	put_name(X509_get_subject_name(certificate), out);
	if (out->len == before)
		buf_append_text(out, "no name");
}

/* "2026-11-29 10:00:00 UTC" */
static void put_time(const ASN1_TIME *time, struct buf *out)
{
	struct tm tm;
	if (ASN1_TIME_to_tm(time, &tm))
		buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d UTC", tm.tm_year + 1900,
		           tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	else
		buf_append_text(out, "a time that cannot be read");
}

/* One name of a certificate; false where it is of a kind that no host has. */
static bool put_host(const GENERAL_NAME *name, struct buf *out)
{
	int kind;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);
	const unsigned char *bytes = value ? ASN1_STRING_get0_data(value) : NULL;
	int len = value ? ASN1_STRING_length(value) : 0;
	if (kind == GEN_DNS) {
		size_t most = len < NAME_MOST ? (size_t)len : NAME_MOST;
		for (size_t i = 0; i < most; i++)
			buf_printf(out, "%c", bytes[i] > ' ' && bytes[i] < 127 ? bytes[i] : '?');
		return len > 0;
	}
	if (kind == GEN_IPADD && (len == 4 || len == 16)) {
		char text[INET6_ADDRSTRLEN] = "";
		inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
		buf_append_text(out, text);
		return true;
	}
	return false;
}

/* "localhost, *.example.org, 127.0.0.1": the names for which a certificate is good. */
static void put_hosts(const X509 *certificate, struct buf *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int count = names ? sk_GENERAL_NAME_num(names) : 0, listed = 0, all = 0;
	for (int i = 0; i < count; i++) {
		struct buf one = { .max = SIZE_MAX };
		if (put_host(sk_GENERAL_NAME_value(names, i), &one) && ++all <= NAMES_MOST)
			buf_printf(out, "%s%s", listed++ ? ", " : "", buf_text(&one));
		buf_free(&one);
	}
	if (all > listed)
		buf_printf(out, " and %d more", all - listed);
	if (!all)
		buf_append_text(out, "none");
	GENERAL_NAMES_free(names);
}

/* ---- authorities ---- */

static struct stat look_at_file(void)
{
	struct stat status = { 0 };
	const char *named = getenv(X509_get_default_cert_file_env());
	if (stat(named ? named : X509_get_default_cert_file(), &status))
		status = (struct stat){ 0 };
	return status;
}

/* A file of others in its place has another inode; one that was written to, another time or size. */
static bool has_changed(const struct stat *before)
{
	struct stat now = look_at_file();
	return now.st_ino != before->st_ino || now.st_dev != before->st_dev ||
	       now.st_size != before->st_size || now.st_mtime != before->st_mtime;
}

struct tls_authorities *tls_authorities_renew(struct tls_authorities *kept)
{
	if (kept && !(kept->has_directory && has_changed(&kept->status)))
		return kept;
	tls_authorities_release(kept);
	struct tls_authorities *authorities = xcalloc(1, sizeof *authorities);
	authorities->shares = 1;
	authorities->store = X509_STORE_new();
	if (!authorities->store)
		abort();
	return authorities;
}

static struct tls_authorities *share_authorities(struct tls_authorities *authorities)
{
	authorities->shares++;
	return authorities;
}

void tls_authorities_release(struct tls_authorities *authorities)
{
	if (!authorities || --authorities->shares)
		return;
	X509_STORE_free(authorities->store);
	SSL_CTX_free(authorities->clients);
	free(authorities);
}

static void add_directory(struct tls_authorities *authorities)
{
	X509_LOOKUP *directory = X509_STORE_add_lookup(authorities->store, X509_LOOKUP_hash_dir());
	X509_LOOKUP *uris = X509_STORE_add_lookup(authorities->store, X509_LOOKUP_store());
	if (!directory || !uris)
		abort();
	authorities->has_directory = true;
	authorities->status = look_at_file();
	X509_LOOKUP_add_dir(directory, NULL, X509_FILETYPE_DEFAULT);
	X509_LOOKUP_add_store(uris, NULL);
}

static void add_file(struct tls_authorities *authorities)
{
	X509_LOOKUP *file = X509_STORE_add_lookup(authorities->store, X509_LOOKUP_file());
	if (!file)
		abort();
	authorities->has_file = true;
	X509_LOOKUP_load_file(file, NULL, X509_FILETYPE_DEFAULT);
}

/* Whether what the store has verifies the chain that is asked about, which can be asked about only once. */
static bool suffices(X509_STORE *store, const X509_STORE_CTX *asked)
{
	X509_STORE_CTX *trial = X509_STORE_CTX_new();
	if (!trial)
		abort();
	bool good = X509_STORE_CTX_init(trial, store, X509_STORE_CTX_get0_cert(asked),
	                                X509_STORE_CTX_get0_untrusted(asked)) &&
	            X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(trial),
	                                   X509_STORE_CTX_get0_param(asked)) &&
	            X509_verify_cert(trial) > 0;
	X509_STORE_CTX_free(trial);
	return good;
}

/* As X509_STORE_set_default_paths() has them. A system's file takes 50 ms to parse; its directory mostly has
 * the same, one file each, so it is asked first. A chain of our own is completed from both. */
static void find_authorities(struct tls_authorities *authorities, const SSL *library,
                             const X509_STORE_CTX *asked)
{
	ERR_set_mark();
	if (!authorities->has_directory)
		add_directory(authorities);
	if (!authorities->has_file &&
	    (SSL_get_certificate(library) || !suffices(authorities->store, asked)))
		add_file(authorities);
	ERR_pop_to_mark(); /* nobody need have either */
}

/* ---- verification ---- */

static bool is_address(const char *host)
{
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
	ASN1_OCTET_STRING_free(address);
	return address != NULL;
}

/* Whether a certificate is good for the host that is called. */
static bool names_host(const struct tls *tls, X509 *certificate)
{
	if (!*tls->host)
		return true;
	return is_address(tls->host)
	               ? X509_check_ip_asc(certificate, tls->host, 0) == 1
	               : X509_check_host(certificate, tls->host, 0, NAMES_COUNT, NULL) == 1;
}

/* Asked of one that does not name it where names count: whether the host is its common name. */
static bool names_host_in_common_name(const struct tls *tls, X509 *certificate)
{
	unsigned flags =
	        X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	if (is_address(tls->host)) {
		flags |= X509_CHECK_FLAG_NO_WILDCARDS;
		if (X509_check_host(certificate, tls->host, 0, NAMES_COUNT, NULL) == 1)
			return false; /* a name that looks like an address */
	}
	return X509_check_host(certificate, tls->host, 0, flags, NULL) == 1;
}

static void put_mismatch(struct tls *tls, X509 *leaf, struct buf *out)
{
	tls->in_common_name = names_host_in_common_name(tls, leaf);
	if (tls->in_common_name)
		buf_printf(out,
		           " names %.*s in its common name only, which clients no longer read (RFC "
		           "9525)",
		           NAME_MOST, tls->host);
	else
		buf_printf(out, " is not for %.*s", NAME_MOST, tls->host);
	buf_append_text(out, "; its names: ");
	put_hosts(leaf, out);
}

/* Why a certificate was not taken: `bad` is the one of the chain that is meant, `leaf` the peer's own. The
 * library stops at the first reason; that it is for another host is said in any case. */
static void explain_verdict(struct tls *tls, long verdict, const X509 *bad, X509 *leaf)
{
	struct buf out = { .max = SIZE_MAX };
	bool own = !bad || bad == leaf || verdict == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
	if (!own) {
		buf_append_text(&out, "the certificate of ");
		put_subject(bad, &out);
	} else {
		buf_printf(&out, "the %scertificate", tls->context->server ? "client's " : "");
	}
	switch (verdict) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		buf_append_text(&out, " has expired on ");
		put_time(X509_get0_notAfter(bad ? bad : leaf), &out);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		buf_append_text(&out, " is not valid before ");
		put_time(X509_get0_notBefore(bad ? bad : leaf), &out);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		put_mismatch(tls, leaf, &out);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		buf_append_text(&out, " is self-signed, and not trusted here: ");
		put_subject(leaf, &out);
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		buf_append_text(&out, " is from an authority that is not trusted here: ");
		put_subject(bad, &out);
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		buf_append_text(&out, " is from an authority that is unknown here: ");
		put_name(X509_get_issuer_name(bad ? bad : leaf), &out);
		break;
	default:
		buf_printf(&out, " cannot be verified: %s", X509_verify_cert_error_string(verdict));
	}
	if (verdict != X509_V_ERR_HOSTNAME_MISMATCH && verdict != X509_V_ERR_IP_ADDRESS_MISMATCH &&
	    !names_host(tls, leaf)) {
		buf_append_text(&out, "; and it");
		put_mismatch(tls, leaf, &out);
	}
	snprintf(tls->unverified, sizeof tls->unverified, "%s", buf_text(&out));
	buf_free(&out);
}

/* "sha256:…", or "" */
static void format_fingerprint(const X509 *certificate, char out[FINGERPRINT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	*out = '\0';
	if (!X509_digest(certificate, EVP_sha256(), digest, &len))
		return;
	out += sprintf(out, "sha256:");
	for (unsigned i = 0; i < len && i < 32; i++)
		out += sprintf(out, "%02x", digest[i]);
}

/* The one that a person has named needs no authority, no name and no dates. */
static int compare_pin(struct tls *tls, const X509 *leaf)
{
	char mark[FINGERPRINT];
	format_fingerprint(leaf, mark);
	bool same = strcasecmp(mark, tls->context->pin) == 0;
	tls->verdict = same ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION;
	if (!same)
		snprintf(tls->unverified, sizeof tls->unverified,
		         "the certificate is not the pinned one: it has %s", mark);
	return same;
}

/* In place of X509_verify_cert(), whose verdict is kept: after a failed handshake the library has none
 * of the peer's certificates any more. */
static int verify(X509_STORE_CTX *store, void *context)
{
	(void)context;
	SSL *library = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *tls = SSL_get_app_data(library);
	if (*tls->context->pin) {
		int same = compare_pin(tls, X509_STORE_CTX_get0_cert(store));
		X509_STORE_CTX_set_error(store, (int)tls->verdict);
		return same;
	}
	find_authorities(tls->context->authorities, library, store);
	bool good = X509_verify_cert(store) > 0;
	tls->verdict = good ? X509_V_OK : X509_STORE_CTX_get_error(store);
	if (!good)
		explain_verdict(tls, tls->verdict, X509_STORE_CTX_get_current_cert(store),
		                X509_STORE_CTX_get0_cert(store));
	return good || !tls->context->verifies;
}

/* ---- records in memory ---- */

/* A BIO of two buffers. The library's own one clears its memory for every record. */
static int read_record(BIO *bio, char *place, size_t most, size_t *got)
{
	struct tls *tls = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	*got = most < tls->in.len ? most : tls->in.len;
	memcpy(place, buf_data(&tls->in), *got);
	buf_consume(&tls->in, *got);
	if (!*got)
		BIO_set_retry_read(bio);
	return *got > 0;
}

static int write_record(BIO *bio, const char *data, size_t len, size_t *written)
{
	struct tls *tls = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	buf_append(&tls->out, data, len);
	*written = len;
	return 1;
}

static long control_memory(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *make_memory(void)
{
	BIO_METHOD *memory = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "records");
	if (!memory || !BIO_meth_set_read_ex(memory, read_record) ||
	    !BIO_meth_set_write_ex(memory, write_record) ||
	    !BIO_meth_set_ctrl(memory, control_memory))
		abort();
	return memory;
}

/* What much has passed through is not kept by a connection that is idle. */
static void shrink(struct buf *buf)
{
	if (!buf->len && buf->cap > KEPT)
		buf_free(buf);
}

/* The server has asked for our certificate: notes of whom it takes one. */
static int meet_question(SSL *library, void *context)
{
	struct tls *tls = SSL_get_app_data(library);
	struct buf out = { .max = SIZE_MAX };
	const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(library);
	int count = names ? sk_X509_NAME_num(names) : 0;
	(void)context;
	for (int i = 0; i < count && i < NAMES_MOST; i++) {
		buf_append_text(&out, i ? " or " : "");
		put_name(sk_X509_NAME_value(names, i), &out);
	}
	if (count > NAMES_MOST)
		buf_printf(&out, " or one of %d more", count - NAMES_MOST);
	tls->asked = true;
	snprintf(tls->asked_of, sizeof tls->asked_of, "%s", out.len ? buf_text(&out) : "");
	buf_free(&out);
	return 1;
}

/* A client: the server has sent a ticket, or, in TLS 1.2, the handshake is over. The newest is kept. */
static int keep_ticket(SSL *library, SSL_SESSION *ticket)
{
	const struct tls *tls = SSL_get_app_data(library);
	struct tls_context *context = tls->context;
	SSL_SESSION_free(context->ticket);
	context->ticket = ticket;
	context->verdict = tls->verdict;
	memcpy(context->unverified, tls->unverified, sizeof context->unverified);
	return 1; /* it is ours now */
}

/* A ticket of TLS 1.3 is for one connection, RFC 8446 appendix C.4. The server shows no certificate
 * again: what was found of it holds. */
static void offer_ticket(struct tls *tls)
{
	struct tls_context *context = tls->context;
	SSL_SESSION *ticket = context->ticket;
	if (!ticket || !SSL_SESSION_is_resumable(ticket) || !SSL_set_session(tls->library, ticket))
		return;
	tls->offered = true;
	tls->verdict = context->verdict;
	memcpy(tls->unverified, context->unverified, sizeof tls->unverified);
	if (SSL_SESSION_get_protocol_version(ticket) < TLS1_3_VERSION)
		return;
	SSL_SESSION_free(ticket);
	context->ticket = NULL;
}

/* ---- the context ---- */

/* "certificate verify failed": the last thing that the library has met. */
static const char *last_reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	return reason ? reason : "no reason is known";
}

static bool is_directory(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool found_nothing(unsigned long code)
{
	int reason = ERR_GET_REASON(code);
	return (ERR_GET_LIB(code) == ERR_LIB_PEM && reason == PEM_R_NO_START_LINE) ||
	       (ERR_GET_LIB(code) == ERR_LIB_X509 &&
	        reason == X509_R_NO_CERTIFICATE_OR_CRL_FOUND) ||
	       reason == ERR_R_UNSUPPORTED;
}

/* Why a file cannot be read, in which `what` was to be: what the library has met first says more than what
 * it has made of that. */
static bool refuse_file(const char *path, const char *what, struct error *error)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	if (is_directory(path))
		error_set(error, "%.150s: %s", path, error_why(EISDIR));
	else if (ERR_SYSTEM_ERROR(code))
		error_set(error, "%.150s: %s", path, error_why(ERR_GET_REASON(code)));
	else if (ERR_GET_REASON(code) == ERR_R_INTERRUPTED_OR_CANCELLED)
		error_set(error,
		          "%.150s: the %s has a passphrase, and none is asked for: openssl pkey "
		          "takes "
		          "it off",
		          path, what);
	else if (found_nothing(code))
		error_set(error, "%.150s: there is no %s in PEM in it", path, what);
	else
		error_set(error, "%.150s: the %s cannot be used: %s", path, what,
		          reason ? reason : "no reason is known");
	return false;
}

static bool is_mismatch(void)
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);
	return ERR_GET_LIB(code) == ERR_LIB_X509 &&
	       (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH);
}

/* Errors of the library by themselves would ask on the terminal. */
static int no_passphrase(char *out, int size, int writing, void *context)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

/* A server takes the first of its own that the client offers, else none: RFC 7301 section 3.2. */
static int select_alpn(SSL *library, const unsigned char **out, unsigned char *len,
                       const unsigned char *offered, unsigned offered_len, void *context)
{
	const struct tls_context *own = context;
	unsigned char *chosen;
	(void)library;
	int found =
	        SSL_select_next_proto(&chosen, len, own->alpn, own->alpn_len, offered, offered_len);
	*out = chosen;
	return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* "h2,http/1.1", as tls_check_settings() has found it right. */
static void set_alpn(struct tls_context *context, const char *words)
{
	for (const char *word = words; word && *word;) {
		size_t len = strcspn(word, ",");
		context->alpn[context->alpn_len++] = (unsigned char)len;
		memcpy(context->alpn + context->alpn_len, word, len);
		context->alpn_len += (unsigned)len;
		word += len + (word[len] == ',');
	}
	if (context->server && context->alpn_len)
		SSL_CTX_set_alpn_select_cb(context->library, select_alpn, context);
}

static bool load(struct tls_context *context, const struct tls_settings *settings,
                 struct error *error)
{
	SSL_CTX *library = context->library;
	if (SSL_CTX_use_certificate_chain_file(library, settings->cert) != 1)
		return refuse_file(settings->cert, "certificate", error);
	bool read = SSL_CTX_use_PrivateKey_file(library, settings->key, SSL_FILETYPE_PEM) == 1;
	if (!read && !is_mismatch())
		return refuse_file(settings->key, "private key", error);
	/* one of another kind is read, and without a certificate */
	if (read && SSL_CTX_check_private_key(library) == 1)
		return true;
	error_set(error, "%.120s is not the key of the certificate in %.120s", settings->key,
	          settings->cert);
	return false;
}

static bool add_extension(X509 *certificate, int kind, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	bool added = extension && X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	return added;
}

/* For this machine, signed by itself. The key is in memory alone. */
static bool make_certificate(struct tls_context *context)
{
	unsigned char serial[8];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *made = X509_new();
	X509_NAME *name = made ? X509_get_subject_name(made) : NULL;
	BIGNUM *number = RAND_bytes(serial, sizeof serial) == 1
	                         ? BN_bin2bn(serial, sizeof serial, NULL)
	                         : NULL;
	bool good =
	        key && name && number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made)) &&
	        X509_set_version(made, X509_VERSION_3) &&
	        X509_gmtime_adj(X509_getm_notBefore(made), -60) &&
	        X509_time_adj_ex(X509_getm_notAfter(made), DAYS, 0, NULL) &&
	        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	                                   (const unsigned char *)"sockpit", -1, -1, 0) &&
	        X509_set_issuer_name(made, name) && X509_set_pubkey(made, key) &&
	        add_extension(made, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
	        X509_sign(made, key, EVP_sha256()) &&
	        SSL_CTX_use_certificate(context->library, made) == 1 &&
	        SSL_CTX_use_PrivateKey(context->library, key) == 1;
	BN_free(number);
	X509_free(made);
	EVP_PKEY_free(key);
	return good;
}

static void note_fingerprint(struct tls_context *context)
{
	const X509 *certificate = SSL_CTX_get0_certificate(context->library);
	if (!certificate)
		return;
	format_fingerprint(certificate, context->fingerprint);
	snprintf(context->facts, sizeof context->facts, "%s%s%s", FACT, context->fingerprint,
	         context->asks ? ASKS : "");
}

static bool set_certificate(struct tls_context *context, const struct tls_settings *settings,
                            struct error *error)
{
	if (settings->cert || settings->key) {
		if (!load(context, settings, error))
			return false;
	} else if (settings->server && !make_certificate(context)) {
		error_set(error, "no certificate could be made: %s", last_reason());
		return false;
	}
	note_fingerprint(context);
	return true;
}

static char *copy_of(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* Of a server that asks: its clients are told of whom it takes a certificate. */
static bool read_ca(struct tls_context *context, struct error *error)
{
	const char *path = context->ca;
	if (!path || !context->authorities)
		return true;
	context->authorities->has_directory = context->authorities->has_file = true;
	if (X509_STORE_load_file(context->authorities->store, path) != 1)
		return refuse_file(path, "certificate", error);
	if (context->server)
		SSL_CTX_set_client_CA_list(context->library, SSL_load_client_CA_file(path));
	return true;
}

/* What is the same in every context; `authorities`: NULL = nothing is verified. */
static SSL_CTX *make_library(bool server, const struct tls_authorities *authorities)
{
	static const unsigned char id[] = "sockpit";
	SSL_CTX *library = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	if (!library)
		return NULL;
	SSL_CTX_set_min_proto_version(library, TLS1_2_VERSION);
	SSL_CTX_set_options(library, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_clear_mode(library,
	                   SSL_MODE_AUTO_RETRY); /* tickets without end are no end of a read */
	SSL_CTX_set_session_cache_mode(library, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(library, SSL_MODE_RELEASE_BUFFERS); /* 32 KiB of each that is idle */
	SSL_CTX_set_default_passwd_cb(library, no_passphrase);
	SSL_CTX_set_session_id_context(library, id, sizeof id - 1);
	if (!server) {
		SSL_CTX_set_cert_cb(library, meet_question, NULL);
		SSL_CTX_set_session_cache_mode(library,
		                               SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(library, keep_ticket);
	}
	if (authorities) {
		SSL_CTX_set1_cert_store(library, authorities->store);
		SSL_CTX_set_cert_verify_callback(library, verify, NULL);
		SSL_CTX_set_verify(library, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
		                   NULL);
	}
	return library;
}

/* What differs between clients without files is in their contexts and connections, as is each one's
 * ticket. */
static SSL_CTX *library_for(const struct tls_settings *settings,
                            struct tls_authorities *authorities)
{
	bool common = !settings->server && authorities == settings->authorities && !settings->cert;
	if (!common)
		return make_library(settings->server, authorities);
	if (!authorities->clients)
		authorities->clients = make_library(false, authorities);
	if (authorities->clients)
		SSL_CTX_up_ref(authorities->clients);
	return authorities->clients;
}

struct tls_context *tls_context_new(const struct tls_settings *settings, struct error *error)
{
	if (!tls_check_settings(settings, error))
		return NULL;
	ERR_clear_error();
	struct tls_context *context = xcalloc(1, sizeof *context);
	context->shares = 1;
	context->memory = make_memory();
	context->server = settings->server;
	context->verifies = !settings->unverified || settings->pin;
	snprintf(context->pin, sizeof context->pin, "%s", settings->pin ? settings->pin : "");
	context->server_name = copy_of(settings->server_name);
	context->alpn_words = copy_of(settings->alpn);
	context->ca = copy_of(settings->ca);
	context->cert = copy_of(settings->cert);
	context->key = copy_of(settings->key);
	context->asks = settings->server && (settings->asks || settings->ca);
	if (!settings->server || context->asks)
		context->authorities = settings->authorities && !settings->ca
		                               ? share_authorities(settings->authorities)
		                               : tls_authorities_renew(NULL);
	context->library = library_for(settings, context->authorities);
	if (!context->library)
		error_set(error, "TLS: %s", last_reason());
	else if (read_ca(context, error) && set_certificate(context, settings, error)) {
		set_alpn(context, settings->alpn);
		return context;
	}
	tls_context_release(context);
	return NULL;
}

const char *tls_context_fingerprint(const struct tls_context *context)
{
	return context->fingerprint;
}

const char *tls_context_facts(const struct tls_context *context)
{
	return context->facts;
}

struct tls_context *tls_context_share(struct tls_context *context)
{
	if (context)
		context->shares++;
	return context;
}

void tls_context_release(struct tls_context *context)
{
	if (!context || --context->shares)
		return;
	SSL_SESSION_free(context->ticket);
	SSL_CTX_free(context->library);
	BIO_meth_free(context->memory);
	tls_authorities_release(context->authorities);
	free(context->server_name);
	free(context->alpn_words);
	free(context->ca);
	free(context->cert);
	free(context->key);
	free(context);
}

bool tls_context_verifies(const struct tls_context *context)
{
	return context->verifies;
}

/* ---- one connection ---- */

static void notice(const SSL *library, int where, int value)
{
	struct tls *tls = SSL_get_app_data(library);
	if (where & SSL_CB_ALERT && (value & 0xff) == SSL_AD_NO_RENEGOTIATION)
		tls->refused = true;
	if (where & SSL_CB_ALERT && value >> 8 == SSL3_AL_FATAL)
		*(where & SSL_CB_READ ? &tls->alert_in : &tls->alert_out) = value & 0xff;
}

/* Counts the messages that change keys, RFC 8446 section 4.6.3. */
static void meet_message(int written, int version, int kind, const void *data, size_t len,
                         SSL *library, void *context)
{
	struct tls *tls = context;
	(void)version;
	(void)library;
	if (kind == SSL3_RT_HANDSHAKE && len && *(const unsigned char *)data == SSL3_MT_KEY_UPDATE)
		++*(written ? &tls->updates_out : &tls->updates_in);
}

/* SNI is for names alone, RFC 6066 section 3. A root's dot at the end is no part of either. */
static void set_host(struct tls *tls, const char *host)
{
	size_t len = strcspn(host, "%"); /* "fe80::1%eth0" */
	tls->host = xstrndup(host, len);
	if (len > 1 && tls->host[len - 1] == '.')
		tls->host[len - 1] = '\0';
	X509_VERIFY_PARAM *param = SSL_get0_param(tls->library);
	X509_VERIFY_PARAM_set_hostflags(param, NAMES_COUNT);
	if (is_address(tls->host)) {
		X509_VERIFY_PARAM_set1_ip_asc(param, tls->host);
	} else if (*tls->host) {
		SSL_set_tlsext_host_name(tls->library, tls->host);
		X509_VERIFY_PARAM_set1_host(param, tls->host, 0);
	}
}

struct tls *tls_new(struct tls_context *context, const char *host)
{
	struct tls *tls = xcalloc(1, sizeof *tls);
	tls->context = tls_context_share(context);
	buf_init(&tls->facts, SIZE_MAX);
	tls->alert_in = tls->alert_out = NOT_SEEN;
	tls->verdict = NOT_SEEN;
	tls->library = SSL_new(context->library);
	buf_init(&tls->in, SIZE_MAX);
	buf_init(&tls->out, SIZE_MAX);
	BIO *memory = BIO_new(context->memory);
	if (!tls->library || !memory)
		abort();
	BIO_set_data(memory, tls);
	BIO_set_init(memory, 1);
	SSL_set_bio(tls->library, memory, memory); /* which owns it */
	SSL_set_app_data(tls->library, tls);
	SSL_set_info_callback(tls->library, notice);
	SSL_set_msg_callback(tls->library, meet_message);
	SSL_set_msg_callback_arg(tls->library, tls);
	if (context->server) {
		tls->host = xstrdup("");
		SSL_set_accept_state(tls->library);
	} else {
		set_host(tls, context->server_name ? context->server_name : host);
		if (context->alpn_len)
			SSL_set_alpn_protos(tls->library, context->alpn, context->alpn_len);
		offer_ticket(tls);
		SSL_set_connect_state(tls->library);
	}
	return tls;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_set_shutdown(tls->library, SSL_SENT_SHUTDOWN); /* else its ticket is of no use */
	SSL_free(tls->library);
	tls_context_release(tls->context);
	free(tls->host);
	buf_free(&tls->facts);
	buf_free(&tls->in);
	buf_free(&tls->out);
	free(tls);
}

static void give_key(const SSL *library, const char *line)
{
	const struct tls *tls = SSL_get_app_data(library);
	if (tls->take_key)
		tls->take_key(tls->key_context, line);
}

void tls_watch_keys(struct tls *tls, void (*take)(void *context, const char *line), void *context)
{
	tls->take_key = take;
	tls->key_context = context;
	SSL_CTX_set_keylog_callback(tls->context->library, give_key);
}

enum tls_state tls_state(const struct tls *tls)
{
	return tls->state;
}

const char *tls_why(const struct tls *tls)
{
	return tls->why;
}

bool tls_peer_closed(const struct tls *tls)
{
	return tls->peer_closed;
}

/* The first byte of a record is its type, RFC 8446 section 5.1; the first record is of a handshake, or an
 * alert. */
static bool speaks_tls(const struct tls *tls)
{
	return !tls->first_len || tls->first[0] == TLS_RECORD_ALERT ||
	       tls->first[0] == TLS_RECORD_HANDSHAKE;
}

/* ", signed by CN=root or CN=other" */
static void put_question(const struct tls *tls, const char *words, struct buf *out)
{
	buf_printf(out, "%s%s%s", words, tls->asked_of[0] ? ", signed by " : "", tls->asked_of);
}

/* A client that is asked for its certificate has sent none. */
static bool lacks_certificate(const struct tls *tls)
{
	return tls->context->asks &&
	       ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
}

/* In TLS 1.3 every alert but close_notify is fatal, also one that says that it is a warning. */
static void notice_alert(struct tls *tls)
{
	unsigned long code = ERR_peek_last_error();
	int reason = ERR_GET_REASON(code);
	if (tls->alert_in == NOT_SEEN && ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    reason > SSL_AD_REASON_OFFSET)
		tls->alert_in = reason - SSL_AD_REASON_OFFSET;
}

static void explain_failure(struct tls *tls)
{
	struct buf out = { .max = SIZE_MAX };
	notice_alert(tls);
	if (tls->state == TLS_HANDSHAKE && !speaks_tls(tls)) {
		buf_append_text(&out, "the peer speaks no TLS here: it sent \"");
		escape_encode(tls->first, tls->first_len, &out);
		buf_append_text(&out, "\"");
	} else if (tls->alert_in != NOT_SEEN) {
		buf_append_text(&out, "the peer reports ");
		put_alert(tls->alert_in, &out);
		if (tls->asked)
			put_question(tls, "; it asks for one", &out);
	} else if (tls->context->verifies && tls->unverified[0]) {
		buf_append_text(&out, tls->unverified);
	} else if (lacks_certificate(tls)) {
		tls->no_certificate = true;
		buf_append_text(&out, "the client has sent no certificate, and is asked for one");
	} else {
		buf_append_text(&out, last_reason());
		if (tls->alert_out != NOT_SEEN) {
			buf_append_text(&out, "; the peer was sent ");
			put_alert(tls->alert_out, &out);
		}
	}
	snprintf(tls->why, sizeof tls->why, "%s", buf_text(&out));
	buf_free(&out);
	tls->state = TLS_FAILED;
}

/* ---- what was agreed on ---- */

static void put_version(const struct tls *tls, struct buf *out)
{
	const char *version = SSL_get_version(tls->library);
	buf_printf(out, "TLS %s", strncmp(version, "TLSv", 4) == 0 ? version + 4 : version);
}

/* NULL where the key exchange has no group, or, in TLS 1.2, there was none. */
static const char *group_of(const struct tls *tls)
{
	if (SSL_session_reused(tls->library) && SSL_version(tls->library) < TLS1_3_VERSION)
		return NULL;
	return SSL_group_to_name(tls->library, (int)SSL_get_negotiated_group(tls->library));
}

/* The protocol that both ends have, after a word; nothing where none was agreed on. */
static void put_alpn(const struct tls *tls, const char *word, struct buf *out)
{
	unsigned len;
	const unsigned char *protocol;
	SSL_get0_alpn_selected(tls->library, &protocol, &len);
	if (!len)
		return;
	buf_append_text(out, word);
	escape_encode((const char *)protocol, len, out);
}

static void print_client(const struct tls *tls, struct buf *out)
{
	const X509 *certificate = SSL_get0_peer_certificate(tls->library);
	if (!certificate)
		return;
	buf_append_text(out, "; certificate of ");
	put_subject(certificate, out);
	buf_append_text(out, " verified");
}

void tls_print(const struct tls *tls, struct buf *out)
{
	const char *group = group_of(tls);
	bool pinned = *tls->context->pin;
	put_version(tls, out);
	buf_printf(out, ", %s%s%s", SSL_get_cipher_name(tls->library), group ? ", " : "",
	           group ? group : "");
	put_alpn(tls, ", ALPN ", out);
	if (SSL_session_reused(tls->library))
		buf_append_text(out, ", resumed");
	if (tls->context->server) {
		print_client(tls, out);
		return;
	}
	if (tls->asked && !SSL_get_certificate(tls->library))
		put_question(tls, "; the server asks for a certificate", out);
	buf_append_text(out, "; ");
	if (tls->verdict == X509_V_OK)
		buf_printf(out, "certificate %s%s%s", pinned ? "is the pinned one" : "of ",
		           pinned ? "" : tls->host, pinned ? "" : " verified");
	else
		buf_printf(out, "certificate not verified (verify off)%s%s",
		           tls->unverified[0] ? ": " : "", tls->unverified);
}

static void put_asked(const char *name, const char *value, struct buf *out)
{
	if (!value || !*value)
		return;
	buf_printf(out, "%s\t", name);
	escape_encode(value, strlen(value), out);
	buf_append_text(out, "\n");
}

void tls_context_print_asked(const struct tls_context *context, struct buf *out)
{
	put_asked(TLS_ASKED_ALPN, context->alpn_words, out);
	put_asked(TLS_ASKED_VERIFY, context->verifies ? NULL : "off", out);
	put_asked(TLS_ASKED_PIN, context->pin, out);
	put_asked(TLS_ASKED_CA, context->ca, out);
	put_asked(TLS_ASKED_CERT, context->cert, out);
	put_asked(TLS_ASKED_KEY, context->key, out);
	put_asked(TLS_ASKED_CLIENTS, context->asks && !context->ca ? "verified" : NULL, out);
}

void tls_print_asked(const struct tls *tls, struct buf *out)
{
	put_asked(TLS_ASKED_NAME, tls->host, out);
	tls_context_print_asked(tls->context, out);
}

/* One line: its name, and what was written after that. */
static void begin_fact(struct buf *out, const char *name)
{
	buf_printf(out, "%s%s\t", out->len ? "\n" : "", name);
}

static void describe_certificate(const X509 *certificate, const char *label, bool whole,
                                 struct buf *out)
{
	begin_fact(out, label);
	put_subject(certificate, out);
	if (whole) {
		begin_fact(out, "issued by");
		put_name(X509_get_issuer_name(certificate), out);
		begin_fact(out, "its names");
		put_hosts(certificate, out);
	}
	begin_fact(out, "valid");
	put_time(X509_get0_notBefore(certificate), out);
	buf_append_text(out, " to ");
	put_time(X509_get0_notAfter(certificate), out);
}

static void describe_verdict(const struct tls *tls, struct buf *out)
{
	bool pinned = *tls->context->pin;
	begin_fact(out, "verified");
	if (tls->verdict == X509_V_OK)
		buf_printf(out, "%s%s", pinned ? "it is the pinned one" : "authority, dates, name ",
		           pinned ? "" : tls->host);
	else
		buf_printf(out, "no (verify off)%s%s", tls->unverified[0] ? ": " : "",
		           tls->unverified);
}

/* Where the server asks for a certificate, or one is there: what became of it. */
static void describe_own(const struct tls *tls, struct buf *out)
{
	const X509 *certificate = SSL_get_certificate(tls->library);
	if (!certificate && !tls->asked)
		return;
	begin_fact(out, "ours");
	if (certificate)
		put_subject(certificate, out);
	buf_append_text(out, !certificate ? "none: the server asks for one"
	                     : tls->asked ? ", sent"
	                                  : ", not asked for");
	if (!certificate)
		put_question(tls, "", out);
}

/* The certificate of a client, which the handshake has verified. */
static void describe_client(const struct tls *tls, struct buf *out)
{
	const X509 *certificate = SSL_get0_peer_certificate(tls->library);
	if (!tls->context->asks)
		return;
	if (!certificate) {
		begin_fact(out, "client's");
		buf_append_text(out, "none");
		return;
	}
	describe_certificate(certificate, "client's", true, out);
	begin_fact(out, "verified");
	buf_append_text(out, "authority, dates");
}

/* What holds for as long as the connection does. */
static void describe(struct tls *tls)
{
	struct buf *out = &tls->facts;
	SSL *library = tls->library;
	const char *group = group_of(tls),
	           *sni = SSL_get_servername(library, TLSEXT_NAMETYPE_host_name);
	begin_fact(out, "TLS");
	put_version(tls, out);
	begin_fact(out, "cipher");
	buf_append_text(out, SSL_get_cipher_name(library));
	if (group) {
		begin_fact(out, "group");
		buf_append_text(out, group);
	}
	put_alpn(tls, "\nALPN\t", out);
	begin_fact(out, "resumed");
	buf_append_text(out, SSL_session_reused(library)
	                             ? "yes: with the keys of an earlier handshake"
	                     : tls->offered ? "no: the server did not take our ticket"
	                                    : "no: full handshake");
	if (tls->updates_in || tls->updates_out) {
		begin_fact(out, "key updates");
		buf_printf(out, "%u sent, %u received", tls->updates_out, tls->updates_in);
	}
	begin_fact(out, "SNI");
	if (sni)
		escape_encode(sni, strlen(sni), out);
	else
		buf_append_text(out,
		                tls->context->server ? "none was sent" : "none: it is for names");
	if (tls->context->server) {
		begin_fact(out, "certificate");
		buf_printf(out, "ours, %s", tls_context_fingerprint(tls->context));
		describe_client(tls, out);
		buf_text(out);
		return;
	}
	describe_verdict(tls, out);
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(library);
	for (int i = 0; chain && i < sk_X509_num(chain) && i < CHAIN_MOST; i++)
		describe_certificate(sk_X509_value(chain, i), i ? "authority" : "certificate",
		                     i == 0, out);
	describe_own(tls, out);
	buf_text(out); /* ends it with a NUL */
}

/* ---- records and clear text ---- */

void tls_receive(struct tls *tls, const void *data, size_t len)
{
	size_t room = sizeof tls->first - tls->first_len;
	size_t more = len < room ? len : room;
	memcpy(tls->first + tls->first_len, data, more);
	tls->first_len += more;
	buf_append(&tls->in, data, len);
}

/* What a call of the library means that has not done what it was asked for. */
static void meet(struct tls *tls, int result)
{
	int code = SSL_get_error(tls->library, result);
	if (code == SSL_ERROR_ZERO_RETURN)
		tls->peer_closed = true;
	else if (code != SSL_ERROR_WANT_READ && code != SSL_ERROR_WANT_WRITE)
		explain_failure(tls);
}

enum tls_state tls_step(struct tls *tls)
{
	if (tls->state != TLS_HANDSHAKE)
		return tls->state;
	ERR_clear_error();
	int result = speaks_tls(tls) ? SSL_do_handshake(tls->library) : -1;
	if (result > 0) {
		tls->state = TLS_OPEN;
		describe(tls);
	} else if (speaks_tls(tls))
		meet(tls, result);
	else
		explain_failure(tls);
	return tls->state;
}

size_t tls_read(struct tls *tls, void *place, size_t most)
{
	size_t got = 0;
	if (tls->state != TLS_OPEN || tls->peer_closed)
		return 0;
	ERR_clear_error();
	int result = SSL_read_ex(tls->library, place, most, &got);
	if (result > 0)
		return got;
	shrink(&tls->in);
	meet(tls, result);
	return 0;
}

bool tls_has_unread(const struct tls *tls)
{
	return tls->state == TLS_OPEN && !tls->peer_closed && tls->in.len;
}

bool tls_write(struct tls *tls, const void *data, size_t len)
{
	size_t written;
	if (tls->state != TLS_OPEN || tls->closed)
		return false;
	buf_reserve(&tls->out, len + tls_overhead(len));
	ERR_clear_error();
	if (!len || SSL_write_ex(tls->library, data, len, &written) > 0)
		return true;
	explain_failure(tls);
	return false;
}

bool tls_update_keys(struct tls *tls, struct error *error)
{
	ERR_clear_error();
	if (tls->state != TLS_OPEN)
		error_set(error, "its handshake is not over");
	else if (tls->closed)
		error_set(error, "we have sent close_notify: nothing comes after it");
	else if (SSL_version(tls->library) < TLS1_3_VERSION)
		error_set(error,
		          "a key update is of TLS 1.3, and this is TLS 1.2, where a renegotiation "
		          "was for that, which is refused as a danger");
	else if (SSL_key_update(tls->library, SSL_KEY_UPDATE_REQUESTED) != 1 ||
	         SSL_do_handshake(tls->library) != 1)
		error_set(error, "key update: %s", last_reason());
	else
		return true;
	return false;
}

bool tls_take_news(struct tls *tls, struct buf *out)
{
	if (tls->refused && !tls->reported_refused) {
		tls->reported_refused = true;
		buf_append_text(
		        out,
		        "a new handshake within the connection (renegotiation) was asked for, and "
		        "refused: no_renegotiation (alert 100)");
	} else if (tls->updates_in != tls->reported_in) {
		buf_append_text(out, tls->updates_out != tls->reported_out
		                             ? "both ends have changed their keys: KeyUpdate"
		                             : "the peer has changed its keys: KeyUpdate");
	} else if (tls->updates_out != tls->reported_out) {
		buf_append_text(
		        out, "we have changed our keys, and ask the peer to change its: KeyUpdate");
	} else {
		return false;
	}
	bool updated = tls->updates_in != tls->reported_in || tls->updates_out != tls->reported_out;
	tls->reported_in = tls->updates_in;
	tls->reported_out = tls->updates_out;
	if (updated && tls->state == TLS_OPEN) {
		buf_clear(&tls->facts);
		describe(tls);
	}
	return true;
}

bool tls_close(struct tls *tls)
{
	if (tls->state != TLS_OPEN || tls->closed)
		return false;
	ERR_clear_error();
	SSL_shutdown(tls->library);
	tls->closed = true;
	return true;
}

const char *tls_records(const struct tls *tls, size_t *len)
{
	*len = tls->out.len;
	return buf_data(&tls->out);
}

void tls_sent(struct tls *tls)
{
	buf_clear(&tls->out);
	shrink(&tls->out);
}

const char *tls_facts(const struct tls *tls)
{
	return tls->facts.len ? buf_data(&tls->facts) : "";
}

/* ---- what it means ---- */

static const char no_tls[] =
        "Its first bytes are no TLS record. Either the port is for plain text: open it without "
        "tls; "
        "or the protocol begins in clear, and TLS is asked for by a command of its own (STARTTLS).";
static const char no_close_notify[] = "TLS ends a direction by the alert close_notify. FIN alone "
                                      "can come from anybody on the way, who so "
                                      "could pass a part for the whole. Some programs leave "
                                      "close_notify out: then only a length or an "
                                      "end within the data itself shows that all of it is there.";

static const struct {
	long verdict;
	const char *advice;
} verdicts[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED,
	  "It must be renewed, or this machine's clock is wrong: date shows "
	  "it." },
	{ X509_V_ERR_CERT_NOT_YET_VALID,
	  "The certificate is for later, or this machine's clock is wrong: "
	  "date shows it." },
	{ X509_V_ERR_HOSTNAME_MISMATCH,
	  "Call the server by one of the names in its certificate, if that "
	  "is the server that was meant." },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH,
	  "Call the server by one of the names in its certificate, if that "
	  "is the server that was meant." },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
	  "No authority has signed it, so anybody can have made it. A test server often has such a "
	  "one: "
	  "ca FILE, or SSL_CERT_FILE, names a file of certificates to trust." },
};

const char *tls_advice_cut_short(void)
{
	return no_close_notify;
}

static const char not_in_names[] =
        "Names and addresses count where they are in the certificate's subjectAltName. It must be "
        "made again with one: openssl req has -addext subjectAltName=DNS:NAME, or IP:ADDRESS.";
static const char retired[] = "Here TLS 1.2 and 1.3 are spoken, and the other end has neither, or "
                              "is set so. TLS 1.0 and 1.1 "
                              "are retired (RFC 8996).";
static const char any_alert[] =
        "The other end has sent this alert and given the connection up: its own log may say more.";

/* What an alert means that the peer has sent of our certificate, or of one that it misses. */
static const char *advise_alert(const struct tls *tls)
{
	int alert = tls->alert_in;
	bool has_certificate = *tls->context->fingerprint;
	if (alert == SSL_AD_CERTIFICATE_REQUIRED ||
	    (alert == SSL_AD_HANDSHAKE_FAILURE && tls->asked && !has_certificate))
		return "The server takes clients that have a certificate, and none was sent: cert "
		       "FILE "
		       "key FILE name one, on the command line --ssl-cert and --ssl-key.";
	if (alert < SSL_AD_BAD_CERTIFICATE || alert > SSL_AD_UNKNOWN_CA || !has_certificate)
		return any_alert;
	if (!tls->context->server)
		return "This is about our certificate: the server does not take it. It must be "
		       "from an "
		       "authority that the server trusts, of today, and for clients.";
	return "This is about our certificate: the client does not take it. Its authority, or, "
	       "where "
	       "it was made here, the certificate itself must be trusted there.";
}

const char *tls_advice(const struct tls *tls)
{
	if (tls->state == TLS_OPEN && !tls->peer_closed)
		return no_close_notify;
	if (tls->state != TLS_FAILED)
		return "";
	if (!speaks_tls(tls))
		return no_tls;
	if (tls->alert_in == SSL_AD_PROTOCOL_VERSION || tls->alert_out == SSL_AD_PROTOCOL_VERSION)
		return retired;
	if (tls->alert_in != NOT_SEEN)
		return advise_alert(tls);
	if (tls->no_certificate)
		return "Clients are taken that have a certificate from one of the authorities of "
		       "ca "
		       "FILE: the client must be given such a one, with its key.";
	if (tls->in_common_name && (tls->verdict == X509_V_ERR_HOSTNAME_MISMATCH ||
	                            tls->verdict == X509_V_ERR_IP_ADDRESS_MISMATCH))
		return not_in_names;
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
		if (verdicts[i].verdict == tls->verdict)
			return verdicts[i].advice;
	if (tls->verdict != X509_V_OK && tls->verdict != NOT_SEEN)
		return "Its chain does not end at an authority that this machine trusts. The "
		       "peer may have left out a certificate of its chain; ca FILE, or "
		       "SSL_CERT_FILE, names a file of certificates to trust.";
	return "The two ends do not understand each other, or something on the way has changed "
	       "records.";
}

bool tls_is_server(const struct tls *tls)
{
	return tls->context->server;
}

bool tls_verifies(const struct tls *tls)
{
	return tls->context->verifies;
}
