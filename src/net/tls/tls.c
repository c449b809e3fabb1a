// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/tls/tls_internal.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

enum { KEPT = 4096 }; /* bytes that a buffer of records keeps while it is empty */

bool tls_is_available(struct error *error)
{
	(void)error;
	return true;
}

/* ---- verification ---- */

/* A pinned certificate needs no authority, no name and no dates. */
static int compare_pin(struct tls *tls, const X509 *leaf)
{
	char mark[CERTIFICATE_FINGERPRINT];
	certificate_fingerprint(leaf, mark);
	bool same = strcasecmp(mark, tls->context->pin) == 0;
	tls->verdict.code = same ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION;
	if (!same)
		snprintf(tls->verdict.why, sizeof tls->verdict.why,
		         "the certificate is not the pinned one: it has %s", mark);
	return same;
}

int tls_verify(X509_STORE_CTX *store, void *context)
{
	(void)context;
	SSL *library = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *tls = SSL_get_app_data(library);
	if (*tls->context->pin) {
		int same = compare_pin(tls, X509_STORE_CTX_get0_cert(store));
		X509_STORE_CTX_set_error(store, (int)tls->verdict.code);
		return same;
	}
	tls_authorities_find(tls->context->authorities, library, store);
	bool good = X509_verify_cert(store) > 0;
	tls->verdict.code = good ? X509_V_OK : X509_STORE_CTX_get_error(store);
	if (!good)
		tls_explain_verdict(tls, X509_STORE_CTX_get_current_cert(store),
		                    X509_STORE_CTX_get0_cert(store));
	return good || !tls->context->verifies;
}

/* ---- records in memory ---- */

/* Follows where records begin in what the library reads, so that a failure can name what it met there. It
 * reads a header by itself, and nothing after one that it refuses. */
static void follow_records(struct tls *tls, const uint8_t *data, size_t len)
{
	while (len) {
		size_t part = tls->body_left < len ? tls->body_left : len;
		tls->body_left -= part;
		data += part;
		len -= part;
		if (!len)
			return;
		if (tls->header_len == TLS_RECORD_HEADER)
			tls->header_len = 0;
		tls->header[tls->header_len++] = *data++;
		len--;
		if (tls->header_len < TLS_RECORD_HEADER)
			continue;
		tls->headers++;
		tls->body_left = (size_t)(tls->header[3] << 8 | tls->header[4]);
	}
}

static int read_record(BIO *bio, char *place, size_t most, size_t *got)
{
	struct tls *tls = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	*got = most < tls->in.len ? most : tls->in.len;
	memcpy(place, buf_data(&tls->in), *got);
	follow_records(tls, (const uint8_t *)place, *got);
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

BIO_METHOD *tls_make_bio_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "records");
	if (!method || !BIO_meth_set_read_ex(method, read_record) ||
	    !BIO_meth_set_write_ex(method, write_record) ||
	    !BIO_meth_set_ctrl(method, control_memory))
		abort();
	return method;
}

/* An idle connection does not keep the memory of a large transfer. */
static void shrink(struct buf *buf)
{
	if (!buf->len && buf->cap > KEPT)
		buf_free(buf);
}

int tls_take_request(SSL *library, void *context)
{
	struct tls *tls = SSL_get_app_data(library);
	struct buf out = { .max = SIZE_MAX };
	const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(library);
	int count = names ? sk_X509_NAME_num(names) : 0;
	(void)context;
	for (int i = 0; i < count && i < CERTIFICATE_NAMES_MOST; i++) {
		buf_append_text(&out, i ? " or " : "");
		certificate_put_name(sk_X509_NAME_value(names, i), &out);
	}
	if (count > CERTIFICATE_NAMES_MOST)
		buf_printf(&out, " or one of %d more", count - CERTIFICATE_NAMES_MOST);
	tls->certificate_requested = true;
	snprintf(tls->request_names, sizeof tls->request_names, "%s",
	         out.len ? buf_text(&out) : "");
	buf_free(&out);
	return 1;
}

int tls_keep_ticket(SSL *library, SSL_SESSION *ticket)
{
	const struct tls *tls = SSL_get_app_data(library);
	struct tls_context *context = tls->context;
	SSL_SESSION_free(context->ticket);
	context->ticket = ticket;
	context->ticket_verdict = tls->verdict;
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
	tls->verdict = context->ticket_verdict;
	if (SSL_SESSION_get_protocol_version(ticket) < TLS1_3_VERSION)
		return;
	SSL_SESSION_free(ticket);
	context->ticket = NULL;
}

/* ---- one connection ---- */

static void note_alert(const SSL *library, int where, int value)
{
	struct tls *tls = SSL_get_app_data(library);
	if (where & SSL_CB_ALERT && (value & 0xff) == SSL_AD_NO_RENEGOTIATION)
		tls->renegotiation_refused = true;
	if (where & SSL_CB_ALERT && value >> 8 == SSL3_AL_FATAL)
		*(where & SSL_CB_READ ? &tls->alert_in : &tls->alert_out) = value & 0xff;
}

/* Counts the messages that change keys, RFC 8446 section 4.6.3. */
static void count_key_updates(int written, int version, int kind, const void *data, size_t len,
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
	X509_VERIFY_PARAM_set_hostflags(param, CERTIFICATE_NAMES);
	if (certificate_host_is_address(tls->host)) {
		if (!X509_VERIFY_PARAM_set1_ip_asc(param, tls->host))
			abort();
	} else if (*tls->host) {
		SSL_set_tlsext_host_name(tls->library, tls->host);
		if (!X509_VERIFY_PARAM_set1_host(param, tls->host, 0))
			abort();
	}
}

struct tls *tls_new(struct tls_context *context, const char *host)
{
	struct tls *tls = xcalloc(1, sizeof *tls);
	tls->context = tls_context_share(context);
	buf_init(&tls->facts, SIZE_MAX);
	tls->alert_in = tls->alert_out = TLS_NOT_SEEN;
	tls->verdict.code = TLS_NOT_SEEN;
	tls->library = SSL_new(context->library);
	buf_init(&tls->in, SIZE_MAX);
	buf_init(&tls->out, SIZE_MAX);
	BIO *memory = BIO_new(context->bio_method);
	if (!tls->library || !memory)
		abort();
	BIO_set_data(memory, tls);
	BIO_set_init(memory, 1);
	SSL_set_bio(tls->library, memory, memory); /* which owns it */
	SSL_set_app_data(tls->library, tls);
	SSL_set_info_callback(tls->library, note_alert);
	SSL_set_msg_callback(tls->library, count_key_updates);
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

/* Whether a client that was asked for its certificate has sent none. */
static bool lacks_certificate(const struct tls *tls)
{
	return tls->context->verifies_clients &&
	       ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
}

/* In TLS 1.3 every alert but close_notify is fatal, also one that says that it is a warning. */
static void note_fatal_alert(struct tls *tls)
{
	unsigned long code = tls_last_error();
	int reason = ERR_GET_REASON(code);
	if (tls->alert_in == TLS_NOT_SEEN && ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    reason > SSL_AD_REASON_OFFSET)
		tls->alert_in = reason - SSL_AD_REASON_OFFSET;
}

static void fail(struct tls *tls)
{
	note_fatal_alert(tls);
	tls->no_certificate = lacks_certificate(tls);
	tls_explain_failure(tls);
	tls->state = TLS_FAILED;
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

/* A call of the library has not succeeded: ended, failed, or more records are needed. */
static void check_result(struct tls *tls, int result)
{
	int code = SSL_get_error(tls->library, result);
	if (code == SSL_ERROR_ZERO_RETURN)
		tls->peer_closed = true;
	else if (code != SSL_ERROR_WANT_READ && code != SSL_ERROR_WANT_WRITE)
		fail(tls);
}

enum tls_state tls_step(struct tls *tls)
{
	if (tls->state != TLS_HANDSHAKE)
		return tls->state;
	ERR_clear_error();
	if (!tls_peer_speaks_tls(tls)) {
		fail(tls);
		return tls->state;
	}
	int result = SSL_do_handshake(tls->library);
	if (result > 0) {
		tls->state = TLS_OPEN;
		tls_describe(tls);
	} else {
		check_result(tls, result);
	}
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
	check_result(tls, result);
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
	fail(tls);
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
		error_set(error, "key update: %s", tls_last_reason());
	else
		return true;
	return false;
}

bool tls_take_news(struct tls *tls, struct buf *out)
{
	if (tls->renegotiation_refused && !tls->renegotiation_reported) {
		tls->renegotiation_reported = true;
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
	if (updated && tls->state == TLS_OPEN)
		tls_describe(tls);
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

bool tls_is_server(const struct tls *tls)
{
	return tls->context->server;
}

bool tls_verifies(const struct tls *tls)
{
	return tls->context->verifies;
}
